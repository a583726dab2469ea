"""The words of a question that say what it is about, each with how much it tells."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache

import msgspec

from memory_fabric.index.sparse.analyze import Analyzer
from memory_fabric.index.sparse.function_words import FUNCTION_WORDS
from memory_fabric.index.sparse.stem_english import stem_english
from memory_fabric.index.sparse.stem_russian import stem_russian

__all__ = ["AskedTerms", "asked_terms", "content_terms", "terms_in"]

_WANTS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|large|big|soon|fast|often|old|far)\b|\b(?:size|limit|maximum|minimum|number)\b"
    r"|\b(?:сколько|насколько|как (?:быстро|долго|часто)|размер|предел)\b",
    re.IGNORECASE,
)
_HOW = re.compile(r"\bhow (?:many|much|long|large|big|soon|fast|often|old|far)\b", re.IGNORECASE)
_WANTS_REASON = re.compile(r"\bwhy\b|\b(?:почему|зачем|отчего)\b", re.IGNORECASE)
_WANTS_DEFINITION = re.compile(
    r"\bwhat (?:is|are|does)\b|\bmeaning of\b|\bdefinition\b|\bчто (?:такое|значит|означает)\b", re.IGNORECASE
)
_FEW = 4
"""Terms of a question that asks what something is; a longer one asks for something about it."""

_MOST = 48
"""Terms of a question that are looked for in every sentence: a pasted log has thousands."""


class AskedTerms(msgspec.Struct, frozen=True):
    """What a question asks for."""

    weights: dict[str, float]
    """By term; they add up to 1, or there are none."""
    unknown: float
    """Share of the weights whose term occurs nowhere in the memory, 0..1."""
    wants_number: bool = False
    wants_reason: bool = False
    wants_definition: bool = False

    def covered(self, terms: frozenset[str]) -> float:
        """Return the share of the question that `terms` hold, 0..1."""
        return sum(weight for term, weight in self.weights.items() if term in terms)

    @property
    def rarest(self) -> str:
        """Return the term that tells most; empty without any."""
        return max(self.weights, key=lambda term: (self.weights[term], term), default="")


def _stem(word: str) -> str:
    return stem_russian(word) if "а" <= word[-1] <= "я" else stem_english(word)


@cache
def _analyzer() -> Analyzer:
    # both term indexes cut and stem like this one, so that their counts can be looked up by its terms
    return Analyzer(_stem)


@cache
def _function_terms() -> frozenset[str]:
    return frozenset(_analyzer().terms(FUNCTION_WORDS))


def terms_in(text: str) -> tuple[str, ...]:
    """Return the distinct terms of a text, in order."""
    return tuple(_analyzer().terms(text))


def content_terms(question: str) -> list[str]:
    """Return the terms of a question that say what it is about; all of them where none does."""
    terms = terms_in(question)
    # `many` and `long` of a question say what kind of answer is wanted; the answer has a number in their place
    empty = _function_terms().union(*(terms_in(phrase) for phrase in _HOW.findall(question)))
    return [term for term in terms if term not in empty] or list(terms)


def asked_terms(text: str, frequencies: Mapping[str, int], documents: int) -> AskedTerms:
    """Return the terms of a question; a rare one weighs more.

    Args:
        text: The question.
        frequencies: Documents that hold each term, from the term index; terms that are not listed are unknown.
        documents: How many there are.

    Source: Robertson & Spärck Jones 1976, the inverse document frequency of BM25.
    """
    content = content_terms(text)
    raw = {term: _rarity(min(frequencies.get(term, 0), documents), documents) for term in content[:_MOST]}
    total = sum(raw.values())
    if not total:
        return AskedTerms({}, 0.0)
    weights = {term: value / total for term, value in raw.items()}
    unknown = sum(weight for term, weight in weights.items() if not frequencies.get(term))
    return AskedTerms(
        weights,
        unknown,
        wants_number=_WANTS_NUMBER.search(text) is not None,
        wants_reason=_WANTS_REASON.search(text) is not None,
        wants_definition=_WANTS_DEFINITION.search(text) is not None and len(weights) <= _FEW,
    )


def _rarity(holders: int, documents: int) -> float:
    return math.log1p((documents - holders + 0.5) / (holders + 0.5))
