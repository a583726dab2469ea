"""What a ranker may know of a candidate within microseconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from memory_fabric.answer.terms import content_terms, terms_in
from memory_fabric.recall.fusion import Ranked

__all__ = ["FEATURES", "features_of"]

_PLAIN = ("score", "rank", "dense", "sparse", "boost", "text", "names", "near", "early", "first", "length", "unknown")
_BY_KIND = ("score", "dense", "sparse", "text", "near", "early")

FEATURES = (*_PLAIN, *(f"code_{name}" for name in _BY_KIND), *(f"talk_{name}" for name in _BY_KIND))
"""Names of the features, in order; those of one kind of item are 0 for others: what tells in prose may not in code."""

_NEAR = 4
_LONG = 1_600
_EARLY = 200
"""Characters at the beginning of a fragment: a signature with its docstring, or the first sentences."""


def features_of(question: str, candidates: Sequence[Ranked]) -> Iterator[tuple[float, ...]]:
    """Yield the features of each candidate, 0..1 each.

    Args:
        question: Its words.
        candidates: In the order of the first stage.
    """
    asked = frozenset(content_terms(question))
    top = max((candidate.score for candidate in candidates), default=0.0) or 1.0
    return (_features(asked, one, one.score / top, 1.0 / (rank + 1)) for rank, one in enumerate(candidates))


def _features(asked: frozenset[str], candidate: Ranked, score: float, rank: float) -> tuple[float, ...]:
    row, parts = candidate.row, candidate.parts
    terms = terms_in(row.text)
    names = frozenset(terms_in(f"{row.symbol} {row.context}"))
    size = len(asked) or 1
    plain = (
        score,
        rank,
        parts.dense or 0.0,
        parts.sparse or 0.0,
        parts.boost,
        len(asked.intersection(terms)) / size,
        len(asked & names) / size,
        _near(asked, terms) / size,
        len(asked.intersection(terms_in(row.text[:_EARLY]))) / size,
        float(row.ordinal == 0),
        min(len(row.text), _LONG) / _LONG,
        float(parts.dense is None),
    )
    of = dict(zip(_PLAIN, plain, strict=True))
    kinds = (float(row.modality == "code"), float(row.modality == "conversation"))
    return (*plain, *(is_kind * of[name] for is_kind in kinds for name in _BY_KIND))


def _near(asked: frozenset[str], terms: Sequence[str]) -> int:
    places = [place for place, term in enumerate(terms) if term in asked]
    return sum(right - left <= _NEAR for left, right in pairwise(places))
