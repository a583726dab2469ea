"""The two derived indexes as followers of the journal: what a chunk becomes in each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from foundation.ids import ChunkId
from memory_fabric.embed.base import Embedder, Vectors
from memory_fabric.index.dense.base import DensePoint, VectorIndex
from memory_fabric.index.questions import unanswered_terms, unanswered_vectors
from memory_fabric.index.sparse.base import SparseDoc, TermIndex, Traces
from memory_fabric.operations import Check, Evidence
from memory_fabric.records import ChunkRow
from memory_fabric.store.embedding_cache import EmbeddingCache

__all__ = ["DenseTarget", "Rows", "SparseTarget", "Target", "embedding_text"]

Rows = Callable[[Sequence[ChunkId]], dict[ChunkId, ChunkRow]]
"""Reads chunks from the truth."""


class Target(Protocol):
    """A derived index as the applier sees it."""

    step: int
    """Chunks applied between two looks at the stop signal."""

    def apply(self, drops: Sequence[ChunkId], puts: Sequence[ChunkRow]) -> None:
        """Remove and insert; idempotent."""

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id."""

    def points(self) -> int:
        """Return how many chunks are stored."""

    def disk_bytes(self) -> int:
        """Return the real size on disk."""

    def flush(self) -> None:
        """Make everything applied durable and visible."""

    def optimize(self, check: Check) -> bool:
        """Rearrange for speed; returns whether anything changed. What `check` raises ends it half-way, harmlessly."""

    def verify(self, rows: Rows, check: Check = lambda: None) -> list[str]:
        """Compare stored content with the truth beyond ids; returns problems. What `check` raises ends it."""

    def erase(self, ids: Sequence[ChunkId], rows: Rows, check: Check) -> Evidence:
        """Leave nothing of some chunks in any file; nobody may write meanwhile. Durable when this returns."""

    def close(self) -> None:
        """Release files."""


def embedding_text(row: ChunkRow) -> str:
    """Return what the model reads of a chunk: its place in the document first, then its words."""
    return f"{row.context}\n{row.text}" if row.context else row.text


class SparseTarget:
    """Feeds the term index.

    Args:
        index: The index to keep current.
        verify_files: Checks the files that the index has on disk now; returns problems.
    """

    step = 2_000

    def __init__(self, index: TermIndex, verify_files: Callable[[], list[str]] = list) -> None:
        self.index = index
        self._verify_files = verify_files

    def apply(self, drops: Sequence[ChunkId], puts: Sequence[ChunkRow]) -> None:
        """Remove and insert; idempotent."""
        if drops:
            self.index.delete(drops)
        if puts:
            self.index.upsert([_sparse_doc(row) for row in puts])

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id."""
        return self.index.ids()

    def points(self) -> int:
        """Return how many chunks are stored."""
        return self.index.stats().docs

    def disk_bytes(self) -> int:
        """Return the real size on disk."""
        return self.index.stats().disk_bytes

    def flush(self) -> None:
        """Commit."""
        self.index.flush()

    def optimize(self, check: Check) -> bool:
        """Merge segments."""
        check()
        return self.index.optimize()

    def verify(self, rows: Rows, check: Check = lambda: None) -> list[str]:
        """Compare checksums and ask for chunks by their words: comparing all postings would be indexing again."""
        check()
        # files that a merge replaced meanwhile would look like lost ones: what is really wrong is so twice
        problems = self._verify_files() and self._verify_files()
        return problems or unanswered_terms(self.index, list(self.index.ids()), rows, check)

    def erase(self, ids: Sequence[ChunkId], rows: Rows, check: Check) -> Evidence:
        """Leave nothing of some chunks in any file; nobody may write meanwhile. Durable when this returns."""
        return self.index.erase(ids, lambda part: [_sparse_doc(row) for row in rows(part).values()], check)

    def traces(self, rows: Sequence[ChunkRow]) -> Traces:
        """Return what chunks leave in the files of the index."""
        return self.index.traces([_sparse_doc(row) for row in rows])

    def close(self) -> None:
        """Release files."""
        self.index.close()


class DenseTarget:
    """Feeds the vector index: takes vectors from the cache and asks the model only for new words.

    Args:
        index: The index to keep current.
        embedder: The model.
        cache: Vectors by model and content hash.
        yield_to_user: Called before each model call; returns when no recall is waiting for the processor.
        verify_files: Checks the files that the index has on disk now; returns problems.
    """

    step = 64

    def __init__(
        self,
        index: VectorIndex,
        embedder: Embedder,
        cache: EmbeddingCache,
        yield_to_user: Callable[[], None],
        verify_files: Callable[[], list[str]] = list,
    ) -> None:
        self.index = index
        self._embedder = embedder
        self._cache = cache
        self._yield_to_user = yield_to_user
        self._verify_files = verify_files

    def apply(self, drops: Sequence[ChunkId], puts: Sequence[ChunkRow]) -> None:
        """Remove and insert; idempotent."""
        if drops:
            self.index.delete(drops)
        if not puts:
            return
        model = self._embedder.model_id
        vectors = self._cache.get(model, [row.content_hash for row in puts])
        missing = {row.content_hash: row for row in puts if row.content_hash not in vectors}
        if missing:
            self._yield_to_user()
            made = self._embedder.embed([embedding_text(row) for row in missing.values()])
            fresh = dict(zip(missing, made, strict=True))
            self._cache.put(model, fresh)
            vectors.update(fresh)
        self.index.upsert([_dense_point(row, vectors[row.content_hash]) for row in puts])

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id."""
        return self.index.ids()

    def points(self) -> int:
        """Return how many chunks are stored."""
        return self.index.stats().points

    def disk_bytes(self) -> int:
        """Return the real size on disk."""
        return self.index.stats().disk_bytes

    def flush(self) -> None:
        """Write everything to disk."""
        self.index.flush()

    def optimize(self, check: Check) -> bool:
        """Build graphs, reclaim space."""
        return self.index.optimize(check)

    def verify(self, rows: Rows, check: Check = lambda: None) -> list[str]:
        """Compare every stored vector with the cached one of its chunk, then ask for chunks by their vectors.

        A chunk forgotten meanwhile is not judged.
        """
        # an index that never held anything may have no files yet
        problems = self._verify_files() if self.points() else []
        ids = list(self.index.ids())
        for start in range(0, len(ids), 1_000):
            check()
            part = ids[start : start + 1_000]
            stored = self.index.vectors(part)
            some = next(iter(stored.values()), None)
            reached = {} if some is None else self.index.score(some, part)
            # INVARIANT: the truth is read last. A chunk leaves it before it leaves the index, and its id never comes
            # back: what is still in the truth now was in the index at both looks above
            problems += self._differing(rows(part), stored, reached)
            if len(problems) > 20:
                break
        return problems or unanswered_vectors(self.index, ids, rows, check)

    def _differing(
        self, chunks: Mapping[ChunkId, ChunkRow], stored: Mapping[ChunkId, Vectors], reached: Mapping[ChunkId, float]
    ) -> list[str]:
        lost = [f"chunk {chunk_id} cannot be found by its vector" for chunk_id in chunks if chunk_id not in reached]
        cached = self._cache.get(self._embedder.model_id, [row.content_hash for row in chunks.values()])
        for chunk_id, row in chunks.items():
            want = cached.get(row.content_hash)
            have = stored.get(chunk_id)
            # 0.99: quantised and half-precision stores differ by rounding; damage shows as far less or nan
            if want is not None and (have is None or not float(want @ have) > 0.99):
                lost.append(f"vector of chunk {chunk_id} differs from the one that was stored")
        return lost

    def erase(self, ids: Sequence[ChunkId], rows: Rows, check: Check) -> Evidence:
        """Leave nothing of some chunks in any file; nobody may write meanwhile. Durable when this returns."""
        return self.index.erase(ids, check)

    def close(self) -> None:
        """Release files."""
        self.index.close()


def _sparse_doc(row: ChunkRow) -> SparseDoc:
    return SparseDoc(
        id=row.id,
        text=row.text,
        context=row.context,
        symbol=row.symbol,
        path=row.path,
        project=row.project,
        modality=row.modality,
        language=row.language,
        timestamp_s=row.timestamp_s if row.is_dated else None,
        layer=row.layer,
    )


def _dense_point(row: ChunkRow, vector: Vectors) -> DensePoint:
    return DensePoint(
        id=row.id,
        vector=vector,
        name="code" if row.modality == "code" else "text",
        project=row.project,
        modality=row.modality,
        language=row.language,
        path=row.path,
        timestamp_s=row.timestamp_s if row.is_dated else None,
        layer=row.layer,
    )
