"""How much of a question stands together: words that a sentence or two hold prove more than scattered ones.

BM25 counts words wherever they are, and a long fragment has many; a mean vector blurs what one of its sentences says.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from foundation.ids import ChunkId
from memory_fabric.index.sparse.function_words import FUNCTION_WORDS
from memory_fabric.index.sparse.identifiers import identifier_parts
from memory_fabric.operations import Check
from memory_fabric.records import ChunkRow

__all__ = ["proofs"]

_WORD = re.compile(r"[^\W_]+")
_STEM_CHARS = 5
_WINDOW_CHARS = 140
"""A line of prose or two of code."""

_STRIDE = 16
"""Fragments between two looks at the deadline."""

_MOST_WORDS = 32
"""Of a question that are looked for: a pasted text has hundreds."""

_COMMON = frozenset(FUNCTION_WORDS.split())


def proofs(text: str, rows: Sequence[ChunkRow], check: Check) -> dict[ChunkId, float]:
    """Return for each fragment how much of the question it holds, 0..1: half in all, half within one window.

    A word counts by how few of `rows` hold it. Empty where the question has no word that could tell.

    Args:
        text: The question.
        rows: The best candidates.
        check: Raises to stop.
    """
    stems = _stems(text)
    if not stems:
        return {}
    found: dict[ChunkId, list[tuple[int, str]]] = {}
    held: dict[ChunkId, frozenset[str]] = {}
    for place, row in enumerate(rows):
        if place % _STRIDE == 0:
            check()
        found[row.id] = _matches(stems, row.text)
        held[row.id] = frozenset(stem for _, stem in [*found[row.id], *_matches(stems, row.context)])
    weights = _weights(stems, held.values())
    whole = sum(weights.values())
    return {
        row.id: (_sum(held[row.id], weights) + _densest(found[row.id], weights)) / (2.0 * whole) if whole else 0.0
        for row in rows
    }


def _stems(text: str) -> tuple[str, ...]:
    words = (part.casefold() for word in _WORD.findall(text) for part in identifier_parts(word) or (word,))
    stems = (word[:_STEM_CHARS] for word in words if len(word) > 1 and word not in _COMMON)
    return tuple(dict.fromkeys(stems))[:_MOST_WORDS]


def _matches(stems: Iterable[str], text: str) -> list[tuple[int, str]]:
    """Return where words of the text begin like one of the question; searching each is faster than one expression."""
    low = text.lower()
    if len(low) != len(text):
        # a few letters of other scripts grow when they are made small
        text = low
    found = []
    for stem in stems:
        place = low.find(stem)
        while place >= 0:
            if _begins(text, place) and (len(stem) == _STEM_CHARS or _ends(text, place + len(stem))):
                found.append((place, stem))
            place = low.find(stem, place + 1)
    return sorted(found)


def _begins(text: str, place: int) -> bool:
    before = text[place - 1 : place]
    return not before.isalnum() or (text[place].isupper() and not before.isupper())


def _ends(text: str, place: int) -> bool:
    """Whether a short word ends here, but for a plural: it begins many others."""
    after = text[place : place + 3]
    for ending in ("", "s", "es"):
        if after.startswith(ending):
            following = after[len(ending) : len(ending) + 1]
            if not following.isalnum() or following.isupper():
                return True
    return False


def _weights(stems: Sequence[str], held: Iterable[frozenset[str]]) -> dict[str, float]:
    """Return the rarity of each word among the candidates.

    Source: Robertson & Spärck Jones 1976, in the form that stays above 0.
    """
    sets = list(held)
    having = Counter(stem for stems_held in sets for stem in stems_held)
    return {stem: math.log(1.0 + (len(sets) - having[stem] + 0.5) / (having[stem] + 0.5)) for stem in stems}


def _sum(stems: Iterable[str], weights: Mapping[str, float]) -> float:
    return sum(weights.get(stem, 0.0) for stem in stems)


def _densest(matches: Sequence[tuple[int, str]], weights: Mapping[str, float]) -> float:
    """Return the greatest sum of different words within one window."""
    best = value = 0.0
    inside: Counter[str] = Counter()
    first = 0
    for place, stem in matches:
        while place - matches[first][0] > _WINDOW_CHARS:
            gone = matches[first][1]
            inside[gone] -= 1
            value -= 0.0 if inside[gone] else weights.get(gone, 0.0)
            first += 1
        value += 0.0 if inside[stem] else weights.get(stem, 0.0)
        inside[stem] += 1
        best = max(best, value)
    return best
