"""From a text to the terms that it is found by; every term index uses these terms and nothing else.

One field serves all languages and code: BM25 normalises by the average length of a field, which is far off in a field
that only some documents fill. The stemmer is chosen word by word by script (Cyrillic as Russian, all else as
English), so that a Russian sentence full of English names is right in both. Identifiers are cut wherever they occur;
what a chunk's kind changes is its language's name (code) and its least length (turns of a conversation).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import PurePath

import msgspec

from memory_fabric.index.sparse.base import SparseDoc
from memory_fabric.index.sparse.function_words import FUNCTION_WORDS
from memory_fabric.index.sparse.identifiers import POINT, cut_word
from memory_fabric.records import Signals

__all__ = ["FILLER", "Analyzer", "QueryTerms", "fold", "storable"]

FILLER = POINT
"""A term that no text gives: it only lengthens a document."""

_WORD = re.compile(rf"[\w{POINT}-]+")
_TO_SPACES = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) in "_-")}
"""Cuts plain ASCII at the same places as `_WORD`, five times as fast."""

_POINT_HINT = re.compile(r"\.(?=\d)")
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_ODD_HINTS = ("++", "C#", "c#", "F#", "f#", ".js", ".JS", ".NET", ".Net", ".net")
_ODD = re.compile(r"\b([CcFf])(\+\+|#)|(?<![\w.])\.(NET|Net|net)\b|\b(\w+)\.(js|JS|NET|Net|net)\b")
"""Names of languages and platforms that plain cutting would destroy."""

_LANGUAGE_NAMES = {
    "bash": "bash shell sh",
    "cpp": "C++ cpp",
    "c_sharp": "C# csharp",
    "csharp": "C# csharp",
    "javascript": "javascript js",
    "typescript": "typescript ts",
    "go": "go golang",
    "code": "",
}
"""What people call a programming language; its own name where it is not listed."""

_LONGEST = 64
"""Characters of a term; the rest is cut off."""

_CACHED_WORDS = 65_536
"""Words whose terms are kept, about 15 MB until `forget`; most words of a text are among them."""

_CACHED_LONGEST = 40
_MAX_QUERY_CHARS = 20_000
"""A longer question is cut: its first words say what it is about."""

_LEAST_TURN = 64
"""Terms that a turn of a conversation counts as at least.

How short a turn is says nothing about how well it answers, but BM25 prefers short documents.
Source: measured, nDCG@10 of turns .45 → .50; code and documentation only lose by it.
"""

_FUNCTION_WEIGHT = 0.4
"""Weight of a function word in a question. Source: measured, turns .493 → .531, code .429 → .431, Russian +.002."""

_SIGNAL_WEIGHT = 1.0
"""What a symbol or file of the signals adds to its terms in names; a quarter of it to the whole symbol in the text."""

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"})
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


class QueryTerms(msgspec.Struct, frozen=True):
    """The terms of a question with their weights."""

    body: dict[str, float]
    """In the text of a document."""
    names: dict[str, float]
    """In its names; holds every term of `body`, and those that only names can have."""


class Analyzer:
    """Turns texts into terms; thread-safe.

    Args:
        stem: Maps a folded word to its stem.
    """

    def __init__(self, stem: Callable[[str], str]) -> None:
        self._words = _WordTerms(stem)
        self._function_terms = frozenset(self.text(FUNCTION_WORDS).split())

    def text(self, text: str) -> str:
        """Return the terms of `text`, joined by spaces."""
        return " ".join(map(self._words.__getitem__, _cut(text)))

    def terms(self, text: str) -> list[str]:
        """Return the distinct terms of `text` in order of appearance."""
        return list(dict.fromkeys(self.text(text).split()))

    def body(self, doc: SparseDoc) -> str:
        """Return the terms of a document's context, text and programming language."""
        text = f"{doc.context}\n{doc.text}"
        if doc.modality == "code":
            return self.text(f"{text}\n{_LANGUAGE_NAMES.get(doc.language, doc.language)}")
        terms = self.text(text)
        if doc.modality == "conversation":
            terms += f" {FILLER}" * max(_LEAST_TURN - terms.count(" ") - 1, 0)
        return terms

    def names(self, doc: SparseDoc) -> str:
        """Return the terms of a document's path and symbol: what it is called."""
        return self.text(f"{_path_words(doc.path)} {doc.symbol}") if doc.path or doc.symbol else ""

    def query(self, text: str, signals: Signals) -> QueryTerms:
        """Return the terms of a question; signals add to the weight of what they name."""
        body = dict.fromkeys(self.terms(text[:_MAX_QUERY_CHARS]), 1.0)
        for term in self._function_terms & body.keys():
            body[term] = _FUNCTION_WEIGHT
        _add(body, self.terms(" ".join(signals.terms)), 1.0)
        names = dict(body)
        symbols = " ".join(signals.code_symbols)
        _add(body, self._wholes(symbols), _SIGNAL_WEIGHT / 4)
        _add(names, self.terms(symbols), _SIGNAL_WEIGHT)
        _add(names, self.terms(" ".join(map(_path_words, signals.file_hints))), _SIGNAL_WEIGHT)
        return QueryTerms(body, names)

    def _wholes(self, text: str) -> list[str]:
        """Return the first term of each word: the identifier itself, without its parts."""
        found = (self._words[word].split() for word in _cut(text))
        return list(dict.fromkeys(terms[0] for terms in found if terms))

    def forget(self) -> None:
        """Drop the cache of words."""
        self._words.clear()


class _WordTerms(dict[str, str]):
    """From a word as written to its terms, joined by spaces; computed once."""

    def __init__(self, stem: Callable[[str], str]) -> None:
        super().__init__()
        self._stem = stem

    def __missing__(self, word: str) -> str:
        terms = self._stem(word.lower()[:_LONGEST]) if _is_plain(word) else " ".join(self._terms(word))
        if len(word) <= _CACHED_LONGEST:
            if len(self) >= _CACHED_WORDS:
                self.clear()
            # most plain words are their own terms: one string serves as both
            self[word] = word if terms == word else terms
        return terms

    def _terms(self, word: str) -> Iterable[str]:
        found: dict[str, None] = {}
        for part in cut_word(word):
            if _is_plain(part):
                found[self[part]] = None
                continue
            folded = part.lower() if part.isascii() else fold(part)
            if not folded.isascii() and _CJK.search(folded):
                found.update(dict.fromkeys(_pairs(folded)))
            elif folded:
                found[self._stem(folded[:_LONGEST])] = None
        return found


def _is_plain(word: str) -> bool:
    """Whether a word has no parts and nothing to fold but a capital."""
    return word.isalpha() and word[1:].islower() and word.isascii()


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


def _cut(text: str) -> list[str]:
    """Return the words of a text as written, `POINT` in numbers."""
    is_ascii = text.isascii()
    if not is_ascii:
        text = unicodedata.normalize("NFKC", text).replace("\u0301", "").replace("\u00ad", "").replace(POINT, " ")
    for hint in _ODD_HINTS:
        if hint in text:
            text = _ODD.sub(_spell, text)
            break
    if _POINT_HINT.search(text):
        return _WORD.findall(_POINT.sub(POINT, text))
    return text.translate(_TO_SPACES).split() if is_ascii else _WORD.findall(text)


def _spell(match: re.Match[str]) -> str:
    """Spell an odd name in letters, beside its plain parts: `C++` as `cplusplus c`, `node.js` as `nodejs node js`."""
    letter, marks, alone, name, tail = match.groups()
    if letter:
        return f" {letter}{'plusplus' if marks == '++' else 'sharp'} {letter} "
    if alone:
        return " dotnet net "
    return f" {name}{tail} {name} {tail} "


@lru_cache(maxsize=1_024)
def _path_words(path: str) -> str:
    """Return the last folder, the stem and the ending of a path."""
    place = PurePath(path)
    return f"{place.parent.name} {place.stem} {place.suffix[1:]}"


def _add(weights: dict[str, float], terms: Iterable[str], weight: float) -> None:
    for term in terms:
        weights[term] = weights.get(term, 0.0) + weight


def storable(text: str) -> str:
    """Return `text` without what UTF-8 cannot hold: names of files may carry half characters."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
