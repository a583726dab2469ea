"""The terms of a question with what the term index knows of them."""

from __future__ import annotations

from foundation.errors import CairnError
from memory_fabric.answer.terms import AskedTerms, asked_terms, terms_in
from memory_fabric.index.sparse.base import TermCounts
from memory_fabric.recall.retrieve import LegSource

__all__ = ["asked_of", "counts_of"]

_UNKNOWN_SIZE = 1_000
"""Documents where nobody counts: then every word tells the same, and none is unknown."""


def counts_of(legs: LegSource, text: str, degraded: list[str]) -> TermCounts:
    """Return how common the words of a text are; where the index cannot say, all are alike.

    Args:
        legs: The two indexes.
        text: Whose words.
        degraded: Told why not.
    """
    index = legs.sparse()
    try:
        if index is not None:
            return index.frequencies(text)
    except CairnError as error:
        degraded.append(f"how common words are is not known: {error.message}")
    return TermCounts(_UNKNOWN_SIZE, dict.fromkeys(terms_in(text), 1))


def asked_of(legs: LegSource, text: str, degraded: list[str]) -> AskedTerms:
    """Return the terms of a question; arguments are those of `counts_of`."""
    counts = counts_of(legs, text, degraded)
    return asked_terms(text, counts.holders, counts.documents)
