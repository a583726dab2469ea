"""What a question says beside its words: identifiers, files, language, and whether the model can read it."""

from __future__ import annotations

import re

import msgspec

from memory_fabric.ingest.language import natural_language
from memory_fabric.recall.literals import literals_of
from memory_fabric.records import Filters, RecallQuery, Signals

__all__ = ["QueryPlan", "plan_query"]

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:(?:\.|::|#|->)[A-Za-z_][A-Za-z0-9_]*)*")
_FILE = re.compile(r"[\w./-]*\w\.[A-Za-z][A-Za-z0-9]{0,4}\b|[\w.-]+/[\w./-]+")
_PATH_LIKE = re.compile(r"[\w./-]+")
_LONGEST = 256
"""Characters of a name or path that is looked at: patterns that go back must not meet endless words."""

_SUFFIXES = frozenset(
    "py js jsx ts tsx rs go c h cc cpp hpp java cs rb php sh sql html css md rst txt toml yaml yml json".split()
)
_QUOTED = re.compile(r"[`\"«“]([^`\"»”]{2,80})[`\"»”]")


class QueryPlan(msgspec.Struct, frozen=True):
    """A query made ready for both legs."""

    text: str
    language: str
    filters: Filters
    signals: Signals
    quoted: tuple[str, ...]
    """Phrases that the user put in quotes or backticks: they should occur as they are."""
    literals: tuple[str, ...] = ()
    """Identifiers, error codes, flags, hashes."""


def plan_query(query: RecallQuery) -> QueryPlan:
    """Read the signals out of a query; those that the caller gave are kept."""
    text = query.text.strip()
    found = _symbols(text)
    signals = Signals(
        code_symbols=tuple(dict.fromkeys([*query.signals.code_symbols, *found])),
        file_hints=tuple(dict.fromkeys([*query.signals.file_hints, *_files(text)])),
        terms=query.signals.terms,
    )
    filters = Filters(
        projects=(query.project,) if query.project else (),
        modalities=query.modality,
        languages=(query.language,) if query.language else (),
        path_prefix=query.path_prefix,
        since_s=query.since,
        until_s=query.until,
        layers=query.layers,
    )
    return QueryPlan(
        text=text,
        language=natural_language(text),
        filters=filters,
        signals=signals,
        quoted=tuple(match.strip() for match in _QUOTED.findall(text)),
        literals=literals_of(text),
    )


def _symbols(text: str) -> list[str]:
    """Return words that only code has: inner capitals, underscores, scopes, or a call's brackets."""
    found = []
    for match in _IDENTIFIER.finditer(text):
        word = match[0]
        if word.rpartition(".")[2] in _SUFFIXES and "." in word:
            continue
        is_scoped = any(mark in word for mark in ("::", "#", "->")) or (
            "." in word and not _is_sentence_end(text, match)
        )
        is_joined = "_" in word.strip("_") or (any(c.isupper() for c in word[1:]) and any(c.islower() for c in word))
        is_called = text[match.end() : match.end() + 2] == "()"
        if is_scoped or is_joined or is_called:
            found.append(word)
    return found


def _is_sentence_end(text: str, match: re.Match[str]) -> bool:
    """`done.Then` is two sentences, `json.dumps` a name: a name goes on in lower case and is no file."""
    return any(part[:1].isupper() and i for i, part in enumerate(match[0].split("."))) and match[0][0].islower()


def _files(text: str) -> list[str]:
    words = (word for word in _PATH_LIKE.findall(text) if len(word) <= _LONGEST)
    hints = (match[0] for word in words for match in _FILE.finditer(word))
    return [hint for hint in hints if not hint.replace(".", "").isdigit()]
