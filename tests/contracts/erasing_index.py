"""What `erase` must do in every index; both contracts inherit it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from foundation.errors import ConflictError
from foundation.ids import ChunkId
from memory_fabric.index.dense.base import DensePoint, VectorIndex
from memory_fabric.index.sparse.base import SparseDoc, TermIndex

__all__ = ["ErasingTermIndexContract", "ErasingVectorIndexContract"]

COUNT = 60
GONE = [ChunkId(n) for n in range(1, COUNT + 1, 7)]
UNKNOWN = [ChunkId(10**9), ChunkId(10**9 + 1)]


class ErasingVectorIndexContract:
    """Tests over `index`, an empty one."""

    def _points(self, index: VectorIndex) -> list[DensePoint]:
        rows = np.random.default_rng(41).normal(size=(COUNT, index.dimension)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return [
            DensePoint(ChunkId(n + 1), rows[n], ("text", "code")[n % 2], "p", "text", "en", f"/a/{n}.md", float(n))
            for n in range(COUNT)
        ]

    @pytest.mark.slow
    def test_erase_keeps_the_rest(self, index: VectorIndex) -> None:
        """Erased points are gone from every answer; the others keep vectors and scores, again and again."""
        points = self._points(index)
        index.upsert(points)
        index.flush()
        stay = [point.id for point in points if point.id not in GONE]
        before = index.score(points[1].vector, stay)
        assert index.erase([*GONE, *UNKNOWN]).gone == len(GONE)
        assert index.erase(GONE).gone == 0
        assert sorted(index.ids()) == stay
        assert index.stats().points == len(stay)
        assert index.vectors(GONE) == {}
        assert [hit.id for hit in index.search(points[1].vector, COUNT)] == sorted(
            stay, key=lambda chunk_id: (-before[chunk_id], chunk_id)
        )
        assert index.score(points[1].vector, stay) == pytest.approx(before, abs=1e-6)

    @pytest.mark.slow
    def test_erase_what_was_deleted_before(self, index: VectorIndex) -> None:
        """A deletion that nobody vacuumed goes with the next erasure, and writing goes on after it."""
        points = self._points(index)
        index.upsert(points)
        index.delete(GONE)
        assert index.erase([]).gone == 0
        index.upsert(points[:1])
        index.flush()
        assert index.stats().points == COUNT - len(GONE) + 1

    @pytest.mark.slow
    def test_erase_all_and_nothing(self, index: VectorIndex) -> None:
        """An empty index stays one; a full one becomes one."""
        assert index.erase(UNKNOWN).gone == 0
        points = self._points(index)
        index.upsert(points)
        assert index.erase([point.id for point in points]).gone == COUNT
        assert list(index.ids()) == []
        assert index.search(points[0].vector, 5) == []

    @pytest.mark.slow
    def test_erase_can_be_stopped(self, index: VectorIndex) -> None:
        """What `check` raises comes out; the index answers as before, and the next try does it."""
        points = self._points(index)
        index.upsert(points)
        index.flush()

        def leave() -> None:
            raise ConflictError("the client has left")

        with pytest.raises(ConflictError, match="has left"):
            index.erase(GONE, leave)
        assert {point.id for point in points} - set(index.ids()) <= set(GONE)
        index.erase(GONE)
        assert set(index.ids()).isdisjoint(GONE)


class ErasingTermIndexContract:
    """Tests over `index`, an empty one."""

    def _docs(self) -> list[SparseDoc]:
        return [
            SparseDoc(
                ChunkId(n), f"kanarie{n}vogel sings in tree {n}", "", "", f"/a/{n}.md", "p", "text", "en", float(n)
            )
            for n in range(1, COUNT + 1)
        ]

    def _reread(self, ids: Sequence[ChunkId]) -> list[SparseDoc]:
        return [doc for doc in self._docs() if doc.id in ids and doc.id not in GONE]

    def _fill(self, index: TermIndex) -> None:
        for start in range(0, COUNT, 20):
            index.upsert(self._docs()[start : start + 20])
            index.flush()

    def test_erase_keeps_the_rest(self, index: TermIndex) -> None:
        """Erased documents and their words are gone; the others are found as before."""
        self._fill(index)
        assert index.erase([*GONE, *UNKNOWN], self._reread).gone == len(GONE)
        assert index.erase(GONE, self._reread).gone == 0
        stay = [doc.id for doc in self._docs() if doc.id not in GONE]
        assert sorted(index.ids()) == stay
        assert index.stats().docs == len(stay)
        for number in range(1, COUNT + 1):
            # a word is found by its parts, too: the right document is the first one
            first = [hit.id for hit in index.search(f"kanarie{number}vogel", 5)][:1]
            assert (first == [number]) == (number not in GONE)

    def test_erase_leaves_no_word_in_a_file(self, index: TermIndex, tmp_path: Path) -> None:
        """Letter by letter, after it was closed; the dictionaries have a test of their own."""
        self._fill(index)
        index.erase(GONE, self._reread)
        index.close()
        words = [f"kanarie{number}vogel".encode() for number in GONE]
        contents = [path.read_bytes() for path in (tmp_path / "index").rglob("*") if path.is_file()]
        assert not any(word in content for word in words for content in contents)

    def test_what_is_gone_from_the_truth_goes(self, index: TermIndex) -> None:
        """A document that cannot be read again is dropped, and not kept half."""
        self._fill(index)
        index.delete([ChunkId(2)])
        index.flush()
        index.erase([], self._reread)
        index.delete(GONE)
        index.flush()
        assert set(index.ids()).isdisjoint([*GONE, 2])

    def test_erase_and_write_again(self, index: TermIndex) -> None:
        """An index that was emptied takes documents as before."""
        self._fill(index)
        index.erase([doc.id for doc in self._docs()], lambda _: [])
        assert list(index.ids()) == []
        self._fill(index)
        assert index.stats().docs == COUNT
