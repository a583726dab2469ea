"""From a text to the terms that it is found by; every term index uses these terms and nothing else.

One field serves all languages and code: BM25 normalises by the average length of a field, which is far off in a field
that only some documents fill. The stemmer is chosen word by word by script (Cyrillic as Russian, all else as
English), so that a Russian sentence full of English names is right in both. Identifiers are cut wherever they occur.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import PurePath

import msgspec

from memory_fabric.index.sparse.base import SparseDoc
from memory_fabric.index.sparse.identifiers import cut_word
from memory_fabric.records import Signals

__all__ = ["Analyzer", "QueryTerms", "ancestors", "fold"]

_WORD = re.compile(r"\w+(?:\.\d+|['’-](?=[^\W\d_])\w+)*")
"""Words, with what holds parts of one together: the dot of a number, a hyphen, an apostrophe."""

_ODD_MARKS = ("+", "#", ".NET", ".Net", ".net", ".js", ".JS")
_ODD = re.compile(r"\b([CcFf])(\+\+|#)|(?<![\w.])\.(NET|Net|net)\b|\b(\w+)\.(js|JS|NET|Net|net)\b")
"""Names of languages and platforms that plain cutting would destroy."""

_SHORT_FORMS = frozenset("s t d m re ve ll".split())
"""What follows the apostrophe of `it's` or `we've`; says nothing by itself."""

_LONGEST = 64
"""Characters of a term; the rest is cut off."""

_CACHED_WORDS = 32_768
"""Words whose terms are kept, about 8 MB; most words of a text are among them."""

_CACHED_LONGEST = 40
_MAX_QUERY_CHARS = 20_000
"""A longer question is cut: its first words say what it is about."""

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"})
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")

_NAME_SHARE = 1.0
"""What a symbol of `signals` adds to the weight of its terms in names; in the text it adds half."""


class QueryTerms(msgspec.Struct, frozen=True):
    """The terms of a question with their weights, in the text and in the names of a document."""

    body: dict[str, float]
    names: dict[str, float]


class Analyzer:
    """Turns texts into terms; thread-safe.

    Args:
        stem: Maps a folded word to its stem.
    """

    def __init__(self, stem: Callable[[str], str]) -> None:
        self._words = _WordTerms(stem)

    def text(self, text: str) -> str:
        """Return the terms of `text`, joined by spaces."""
        return " ".join(map(self._words.__getitem__, _WORD.findall(_prepare(text))))

    def terms(self, text: str) -> list[str]:
        """Return the distinct terms of `text` in order of appearance."""
        return list(dict.fromkeys(self.text(text).split()))

    def body(self, doc: SparseDoc) -> str:
        """Return the terms of a document's text and context."""
        return self.text(f"{doc.context}\n{doc.text}" if doc.context else doc.text)

    def names(self, doc: SparseDoc) -> str:
        """Return the terms of a document's path and symbol: what it is called."""
        return self.text(f"{_path_words(doc.path)} {doc.symbol}")

    def query(self, text: str, signals: Signals) -> QueryTerms:
        """Return the terms of a question; signals add to the weight of what they name."""
        body = dict.fromkeys(self.terms(text[:_MAX_QUERY_CHARS]), 1.0)
        names = dict(body)
        _add(body, self.terms(" ".join(signals.terms)), 1.0)
        symbols = self.terms(" ".join(signals.code_symbols))
        _add(body, symbols, _NAME_SHARE / 2)
        _add(names, symbols, _NAME_SHARE)
        _add(names, self.terms(" ".join(map(_path_words, signals.file_hints))), _NAME_SHARE)
        return QueryTerms(body, names)

    def forget(self) -> None:
        """Drop the cache."""
        self._words.clear()


class _WordTerms(dict[str, str]):
    """From a word as written to its terms, joined by spaces; computed once."""

    def __init__(self, stem: Callable[[str], str]) -> None:
        super().__init__()
        self._stem = stem

    def __missing__(self, word: str) -> str:
        terms = " ".join(self._terms(word))
        if len(word) <= _CACHED_LONGEST:
            if len(self) >= _CACHED_WORDS:
                self.clear()
            # most plain words are their own terms: one string serves as both
            self[word] = word if terms == word else terms
        return terms

    def _terms(self, word: str) -> Iterable[str]:
        found: dict[str, None] = {}
        for part in cut_word(word):
            folded = fold(part)[:_LONGEST]
            if _CJK.search(folded):
                found.update(dict.fromkeys(_pairs(folded)))
            elif folded and not (folded in _SHORT_FORMS and ("'" in word or "’" in word)):
                found[self._stem(folded)] = None
        return found


def fold(word: str) -> str:
    """Return `word` without case, accents of Latin letters and stress marks; `ё` becomes `е`, `й` stays."""
    word = word.casefold()
    if word.isascii():
        return word
    letters: list[str] = []
    for letter in unicodedata.normalize("NFKD", word):
        if unicodedata.combining(letter) and letters and not _is_letter_mark(letters[-1], letter):
            continue
        letters.append(letter)
    return unicodedata.normalize("NFKC", "".join(letters)).casefold().translate(_LETTERS)


def _is_letter_mark(base: str, mark: str) -> bool:
    """Whether a mark makes another letter rather than an accent: `й` and `ї`, and all that is not European."""
    if "а" <= base <= "ё" or base == "і":
        return mark == "\u0306" or (mark == "\u0308" and base == "і")
    return base > "\u052f"


def _pairs(run: str) -> list[str]:
    """Return overlapping pairs of characters: scripts without spaces are searched by these."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _prepare(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("\u0301", "").replace("\u00ad", "")
    if any(mark in text for mark in _ODD_MARKS):
        text = _ODD.sub(_spell, text)
    return text


def _spell(match: re.Match[str]) -> str:
    """Spell an odd name in letters, beside its plain parts: `C++` as `cplusplus c`, `node.js` as `nodejs node js`."""
    letter, marks, alone, name, tail = match.groups()
    if letter:
        return f" {letter}{'plusplus' if marks == '++' else 'sharp'} {letter} "
    if alone:
        return " dotnet net "
    return f" {name}{tail} {name} {tail} "


def _path_words(path: str) -> str:
    """Return the last folder, the stem and the ending of a path."""
    place = PurePath(path)
    return f"{place.parent.name} {place.stem} {place.suffix[1:]}"


def _add(weights: dict[str, float], terms: Iterable[str], weight: float) -> None:
    for term in terms:
        weights[term] = weights.get(term, 0.0) + weight


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
