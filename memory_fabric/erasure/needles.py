"""From items that are about to be erased to what an auditor looks for. Held in memory for one audit, never written.

A shingle is a window of 16 bytes of a text, one every few bytes. Ordinary words need no list: windows that also stand
in memory that stays are left out before the scan, and what is left is distinctive by definition.
Names too short for that are looked for by 8 bytes; what is shorter still cannot be told from chance.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from foundation.ids import ChunkId
from memory_fabric.embed.base import Vectors
from memory_fabric.erasure.job import Job, Place, Stays, VectorNeedle
from memory_fabric.erasure.windows import SHORT, windows_of
from memory_fabric.index.sparse.base import Traces
from memory_fabric.records import ChunkRow, MemoryItem

__all__ = ["Needles"]

_NAME_STRIDE = 4
_LEAST_STRIDE = 8
_MOST_WINDOWS = 400_000
"""A larger erasure takes windows further apart: 100,000 fragments of 1,000 characters one every 250 bytes."""

_MEAN_BYTES = 1_000


class Needles:
    """Collects what is to be looked for.

    Args:
        chunks: How many fragments are to be erased, about.
    """

    def __init__(self, chunks: int) -> None:
        self.stride = max(_LEAST_STRIDE, chunks * _MEAN_BYTES // _MOST_WINDOWS)
        self._windows: dict[bytes, int] = {}
        self._vectors: list[VectorNeedle] = []
        self._terms: dict[str, set[str]] = {}
        self._owners: dict[str, int] = {}
        self.chunk_ids: list[ChunkId] = []
        self.hashes: set[bytes] = set()
        self.short = 0
        """Names that are too short to be looked for."""

    @property
    def items(self) -> int:
        """How many items were added."""
        return len(self._owners)

    def add_item(self, item: MemoryItem, rows: Sequence[ChunkRow]) -> None:
        """Add what an item and its fragments say, and what they are called."""
        owner = self._owners.setdefault(item.id, len(self._owners))
        source, meta = item.source, item.meta
        names = [meta.project, source.path, source.uri, source.repo, source.commit, meta.title]
        names += [*meta.tags, *meta.fields.values()]
        names += itertools.chain.from_iterable((row.context, row.symbol) for row in rows)
        for name in dict.fromkeys(filter(None, names)):
            self._add(owner, name, _NAME_STRIDE if len(name) < _MEAN_BYTES else self.stride)
        for row in rows:
            self._add(owner, row.text, self.stride)
            self.chunk_ids.append(row.id)
            self.hashes.add(row.content_hash)

    def _add(self, owner: int, text: str, stride: int) -> None:
        content = text.encode("utf-8", "surrogatepass")
        self.short += len(content) < SHORT
        for window in windows_of(content, stride):
            self._windows.setdefault(window, owner)

    def add_traces(self, traces: Traces) -> None:
        """Add what fragments leave in the files of a term index."""
        for field, terms in traces.terms.items():
            self._terms.setdefault(field, set()).update(terms)
        for text in traces.texts:
            self._add(-1, text, self.stride)

    def add_vectors(self, rows: Iterable[tuple[ChunkRow, Vectors]]) -> None:
        """Add vectors of fragments, (d,) float32 each."""
        for row, vector in rows:
            owner = self._owners.get(row.item_id, -1)
            self._vectors.append(VectorNeedle(owner, vector.astype("<f4").tobytes()))

    def job(
        self,
        places: Sequence[Place],
        stays: Sequence[Stays],
        texts: Sequence[bytes],
        *,
        databases: tuple[str, str],
        since_s: float,
    ) -> Job:
        """Return the work of the auditor's process.

        Args:
            places: What to look through.
            stays: Where texts stand that are rightly there.
            texts: More of these.
            databases: Of the truth and of the cached vectors.
            since_s: When the erasure began.
        """
        return Job(
            places=tuple(places),
            patterns=tuple(self._windows),
            owners=tuple(self._windows.values()),
            vectors=tuple({needle.numbers: needle for needle in self._vectors}.values()),
            terms={field: sorted(terms) for field, terms in self._terms.items()},
            stays=tuple(stays),
            texts=tuple(texts),
            store=databases[0],
            cache=databases[1],
            since_s=since_s,
        )
