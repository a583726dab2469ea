"""What every term index offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from foundation.ids import ChunkId
from memory_fabric.index.dense.base import Scored
from memory_fabric.operations import Check, Evidence
from memory_fabric.records import Filters, Signals

__all__ = [
    "MAX_TERMS",
    "NAME_WEIGHT",
    "Reread",
    "SparseDoc",
    "SparseIndexStats",
    "TermCounts",
    "TermIndex",
    "Traces",
]

NAME_WEIGHT = 0.2
"""Weight of a word of the path or symbol against one of the text; flat from .15 to .3 on the development sets."""

MAX_TERMS = 64
"""Distinct terms of a query that are looked up, rarest first."""


class SparseDoc(msgspec.Struct, frozen=True):
    """What a term index needs of a chunk."""

    id: ChunkId
    text: str
    context: str
    symbol: str
    path: str
    project: str
    modality: str
    language: str
    """`en`, `ru`, `und` or a programming language: chooses the analyzer."""
    timestamp_s: float | None
    """None when it has no date: then no condition on time is met."""
    layer: str = "document"


Reread = Callable[[Sequence[ChunkId]], Sequence[SparseDoc]]
"""Gives documents from the truth by their ids; those that are gone are left out."""


class Traces(msgspec.Struct, frozen=True):
    """What documents leave in the files of an index, for who looks whether anything is left."""

    terms: dict[str, set[str]]
    """By field: what stands in its dictionary."""
    texts: tuple[str, ...] = ()
    """What stands there letter by letter."""


class SparseIndexStats(msgspec.Struct, frozen=True):
    """State of an index."""

    docs: int
    segments: int
    disk_bytes: int


class TermCounts(msgspec.Struct, frozen=True):
    """How common terms are."""

    documents: int
    holders: dict[str, int]
    """Documents that hold each term."""


class TermIndex(Protocol):
    """BM25 search. Thread-safe: many readers, one writer at a time. Upsert and delete are idempotent."""

    def upsert(self, docs: Sequence[SparseDoc]) -> None:
        """Insert or replace documents; visible after `flush`."""

    def delete(self, ids: Sequence[ChunkId]) -> None:
        """Remove documents; unknown ids are ignored; visible after `flush`."""

    def erase(self, ids: Sequence[ChunkId], reread: Reread, check: Check = lambda: None) -> Evidence:
        """Remove documents and leave nothing of them, nor of what was deleted before, in any file.

        Searches go on meanwhile; nobody may write. Durable and visible when this returns.

        Args:
            ids: What to erase; unknown ids are ignored.
            reread: Asked for documents that stay and must be written anew, because they share a file with others.
            check: Called again and again; what it raises ends the work, and then it is to be called again.
        """

    def traces(self, docs: Sequence[SparseDoc]) -> Traces:
        """Return what documents leave in the files."""

    def search(self, text: str, k: int, *, filters: Filters = Filters(), signals: Signals = Signals()) -> list[Scored]:
        """Return the k best documents by BM25, best first; ties by smaller id.

        Any text is legal: it is analyzed, never parsed as a query language. Text without a single term gives [].
        """

    def score(self, text: str, ids: Sequence[ChunkId], *, signals: Signals = Signals()) -> dict[ChunkId, float]:
        """Return the BM25 score of each id as `search` would give it; ids that match no term get 0.0."""

    def frequencies(self, text: str) -> TermCounts:
        """Return in how many documents each distinct term of `text` occurs, in text or names; 0 for unknown ones.

        What was deleted may still be counted until segments are merged.
        """

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id, in no order."""

    def stats(self) -> SparseIndexStats:
        """Return the present state."""

    def optimize(self) -> bool:
        """Merge segments and reclaim deleted space; safe to call beside searches. Returns whether anything changed."""

    def flush(self) -> None:
        """Commit: make everything written so far durable and visible to searches."""

    def close(self) -> None:
        """Flush and release files; further calls fail."""
