"""Asking an index what it must know: a file can pass its checksum and the search over it still find nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from foundation.ids import ChunkId
from memory_fabric.index.dense.base import VectorIndex
from memory_fabric.index.sparse.base import TermIndex
from memory_fabric.operations import Check
from memory_fabric.records import ChunkRow

__all__ = ["Rows", "unanswered_terms", "unanswered_vectors"]

Rows = Callable[[Sequence[ChunkId]], Mapping[ChunkId, ChunkRow]]
"""Returns what the truth holds of some chunks now."""

_QUESTIONS = 32
"""Chunks that are asked for, spread evenly over all; each costs a search of a few milliseconds."""

_CHARS = 2_000
"""Of a chunk's text so much is the question."""

_SURE_WORD = re.compile(r"(?<![\w.+#-])[a-z]{4,20}(?=[\s,;:!?])")
"""A word that every analyzer takes as it is; a text without one may have no terms at all."""

_WORTHLESS = 0.01
"""Scores below are rounding: in a memory of nothing but copies no word tells a chunk from another."""

_SAME = 0.99
"""Quantised and half-precision stores differ from the vector that was written by rounding."""

_MISSED = 0.25
"""Share of vectors that a search may miss: a graph is approximate, and a few misses are no damage."""


def unanswered_terms(index: TermIndex, ids: Sequence[ChunkId], rows: Rows, check: Check) -> list[str]:
    """Ask a term index for chunks by their own words; returns which it does not know by these."""
    asked = [row for row in rows(_spread(ids)).values() if _SURE_WORD.search(row.text[:_CHARS])]
    lost = []
    for row in asked:
        check()
        question = row.text[:_CHARS]
        if index.score(question, [row.id]).get(row.id, 0.0) > 0.0:
            continue
        best = index.search(question, 1)
        if not best or best[0].score > _WORTHLESS:
            lost.append(row.id)
    # INVARIANT: the truth is read last; what is forgotten leaves it before it leaves the index
    return [f"chunk {chunk_id} is not found by its own words" for chunk_id in rows(lost)]


def unanswered_vectors(index: VectorIndex, ids: Sequence[ChunkId], rows: Rows, check: Check) -> list[str]:
    """Ask a vector index for chunks by their own vectors; returns a problem when it misses more than a graph may."""
    asked = index.vectors(_spread(ids))
    missed = []
    for chunk_id, vector in asked.items():
        check()
        best = index.search(vector, 1)
        if not best or not best[0].score > _SAME:
            missed.append(chunk_id)
    lost = rows(missed)
    if len(lost) <= _MISSED * len(asked):
        return []
    return [f"{len(lost)} of {len(asked)} chunks are not found by their own vectors"]


def _spread(ids: Sequence[ChunkId]) -> Sequence[ChunkId]:
    return ids[:: -(-len(ids) // _QUESTIONS) or 1]
