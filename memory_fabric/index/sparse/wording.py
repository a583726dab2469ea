"""What both term indexes do to a text before their own tokenizers see it.

One field serves all languages: the tokenizer stems each word by its script (Latin as English, Cyrillic as Russian), so
a Russian sentence full of English names is analyzed right word by word. What differs by chunk is the kind: identifiers
are expanded, in code always and in prose where they occur.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePath

from memory_fabric.records import Signals

__all__ = ["ancestors", "expand", "fold", "identifier_parts", "name_text", "query_text"]

_COMPOUND = re.compile(
    r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+|[A-Za-z]+[a-z0-9]*[A-Z][A-Za-z0-9]*|[A-Za-z]{2,}\d+[A-Za-z0-9]*"
)
"""Words that may have parts: with an underscore, an inner capital, or digits after letters."""

_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_LONGEST = 100
"""Characters; longer compounds are data (base64, hashes), not names."""

_MAX_QUERY_CHARS = 4_000
"""A longer question is cut: its first words say what it is about."""


@lru_cache(maxsize=65_536)
def identifier_parts(word: str) -> tuple[str, ...]:
    """Return the lower-case parts of an identifier; nothing when it has fewer than two.

    `HTTPServer2Go` gives `http server 2 go`, `parse_config` gives `parse config`.
    """
    parts = tuple(part.lower() for part in _PART.findall(word))
    return parts if len(parts) > 1 else ()


def expand(text: str) -> str:
    """Return the parts of all identifiers of a text, to be indexed after it."""
    parts: list[str] = []
    for word in _COMPOUND.findall(text):
        if len(word) <= _LONGEST:
            parts.extend(identifier_parts(word))
    return " ".join(parts)


def fold(text: str) -> str:
    """Return `text` with the letters that are written in two ways made one."""
    return text.replace("ё", "е").replace("Ё", "Е") if "ё" in text or "Ё" in text else text


def name_text(path: str, symbol: str) -> str:
    """Return the words of a path's last two parts and of a symbol: what a fragment is called."""
    place = PurePath(path)
    names = f"{place.parent.name} {place.stem} {place.name} {symbol}".replace(".", " ").replace("-", " ")
    return f"{names} {expand(names)}"


def query_text(text: str, signals: Signals) -> str:
    """Return the words of a question with its signals, identifiers expanded."""
    whole = " ".join([text[:_MAX_QUERY_CHARS], *signals.terms, *signals.code_symbols])
    return f"{whole} {expand(whole)}"


def ancestors(path: str) -> list[str]:
    """Return a path and every folder above it, for filters by folder; an archive counts as a folder."""
    if not path:
        return []
    file, mark, inner = path.partition("!/")
    found = [path]
    if mark:
        found += [f"{file}!/{parent}" for parent in PurePath(inner).parents if str(parent) != "."]
        found.append(file)
    found += [str(parent) for parent in PurePath(file).parents]
    return found
