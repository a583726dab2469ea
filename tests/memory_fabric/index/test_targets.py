"""What a chunk becomes in each index, and what is said when an index differs from the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from foundation.ids import ChunkId
from memory_fabric.embed.base import Vectors
from memory_fabric.embed.onnx_text import OnnxTextEmbedder
from memory_fabric.index.dense.base import DensePoint
from memory_fabric.index.dense.exact import ExactIndex
from memory_fabric.index.sparse.factory import open_term_index, verify_term_files
from memory_fabric.index.targets import DenseTarget, SparseTarget, embedding_text
from memory_fabric.records import ChunkRow, Filters
from memory_fabric.store.embedding_cache import EmbeddingCache
from tests.memory_fabric.embed.tiny_model import HIDDEN, write_model
from tests.memory_fabric.index.follower_parts import CONFIG
from tests.memory_fabric.rows import make_row

ROWS = [
    make_row(1, "the file reads a line", path="/w/a.txt"),
    make_row(2, "memory and cache", path="/w/b.txt"),
    make_row(3, "def opens(socket): pass", path="/w/c.py", modality="code", language="python", symbol="opens"),
]


class Counted(OnnxTextEmbedder):
    """The tiny model, that notes what it was given."""

    asked: list[str]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed, and remember the texts."""
        self.asked += texts
        return super().embed(texts)


@pytest.fixture
def model(tmp_path: Path) -> Counted:
    """A real model of 64 dimensions."""
    made = Counted(write_model(tmp_path / "tiny"), tmp_path / "tiny")
    made.asked = []
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[EmbeddingCache]:
    """An empty cache of vectors."""
    opened = EmbeddingCache(tmp_path / "embeddings.db")
    yield opened
    opened.close()


def truth(ids: Sequence[ChunkId]) -> dict[ChunkId, ChunkRow]:
    """Return rows as the store would."""
    return {row.id: row for row in ROWS if row.id in ids}


@pytest.fixture
def dense(model: Counted, cache: EmbeddingCache) -> DenseTarget:
    """A target over the exact index."""
    return DenseTarget(ExactIndex(HIDDEN), model, cache, lambda: None)


def test_context_stands_before_the_words() -> None:
    """The model reads the place first; without one, the words alone."""
    row = make_row(1, "words")
    assert embedding_text(row) == "words"
    assert embedding_text(msgspec.structs.replace(row, context="T > H")) == "T > H\nwords"


def test_the_model_is_asked_once_for_a_content(dense: DenseTarget, model: Counted) -> None:
    """Applying again, or the same words under another id, takes the vector from the cache."""
    dense.apply([], ROWS)
    twin = make_row(9, ROWS[0].text)
    dense.apply([], [*ROWS, twin])
    assert model.asked == [row.text for row in ROWS]
    assert dense.points() == 4


def test_applying_twice_is_applying_once(dense: DenseTarget) -> None:
    """Puts and drops alike, and drops of what is not there."""
    for _ in range(2):
        dense.apply([ChunkId(77)], ROWS)
    dense.apply([ChunkId(2)], [])
    dense.apply([ChunkId(2)], [])
    assert sorted(dense.ids()) == [1, 3]


def test_fields_of_a_vector_are_the_rows_own(dense: DenseTarget) -> None:
    """Code fills its own named vector; filters see path, language and modality."""
    dense.apply([], ROWS)
    vector = dense.index.vectors([ChunkId(3)])[ChunkId(3)]
    assert [hit.id for hit in dense.index.search(vector, 5, names=("code",))] == [3]
    assert [hit.id for hit in dense.index.search(vector, 5, filters=Filters(path_prefix="/w/a.txt"))] == [1]
    assert [hit.id for hit in dense.index.search(vector, 5, filters=Filters(languages=("python",)))] == [3]


def test_a_row_without_a_date_has_none_in_either_index(dense: DenseTarget, tmp_path: Path) -> None:
    """The zero that stands for it in a row is no moment."""
    rows = [make_row(1, "harbour"), msgspec.structs.replace(make_row(2, "harbour"), is_dated=False)]
    dense.apply([], rows)
    vector = dense.index.vectors([ChunkId(1)])[ChunkId(1)]
    assert [hit.id for hit in dense.index.search(vector, 5, filters=Filters(until_s=1e9))] == [1]
    target = SparseTarget(open_term_index(CONFIG, tmp_path / "sparse"))
    target.apply([], rows)
    target.flush()
    assert [hit.id for hit in target.index.search("harbour", 5, filters=Filters(until_s=1e9))] == [1]
    target.close()


def test_a_vector_that_differs_is_told(dense: DenseTarget) -> None:
    """Another direction, nothing, and what is not a number; a content that the cache does not know is believed."""
    dense.apply([], ROWS)
    assert dense.verify(truth) == []
    sound = dense.index.vectors([ChunkId(1)])[ChunkId(1)]
    for wrong in (np.zeros(HIDDEN), np.full(HIDDEN, np.nan), -sound):
        dense.index.upsert(
            [DensePoint(ChunkId(1), wrong.astype(np.float32), "text", "p", "text", "en", "/w/a.txt", 0.0)]
        )
        [problem] = dense.verify(truth)
        assert "vector of chunk 1" in problem
    dense.index.upsert([DensePoint(ChunkId(50), -sound, "text", "p", "text", "en", "/w/z.txt", 0.0)])
    assert len(dense.verify(truth)) == 1


def test_what_is_forgotten_while_vectors_are_compared_is_no_damage(model: Counted, cache: EmbeddingCache) -> None:
    """Gone from the truth and then from the index, between any two looks of the comparison."""
    live = {row.id for row in ROWS}

    class Forgetting(ExactIndex):
        """Loses a chunk after each look, once the truth has lost it."""

        def vectors(self, ids: Sequence[ChunkId]) -> dict[ChunkId, Vectors]:
            found = super().vectors(ids)
            self._forget(ChunkId(1))
            return found

        def score(self, vector: Vectors, ids: Sequence[ChunkId]) -> dict[ChunkId, float]:
            found = super().score(vector, ids)
            self._forget(ChunkId(2))
            return found

        def _forget(self, chunk_id: ChunkId) -> None:
            live.discard(chunk_id)
            self.delete([chunk_id])

    index = Forgetting(HIDDEN)
    target = DenseTarget(index, model, cache, lambda: None)
    target.apply([], ROWS)
    assert target.verify(lambda ids: truth([i for i in ids if i in live])) == []
    assert live == {ChunkId(3)}
    index.delete([ChunkId(3)])
    index.ids = lambda: [ChunkId(3)]  # type: ignore[method-assign]  # a list of ids that has lost its vectors
    assert "chunk 3 cannot be found by its vector" in target.verify(truth)


def test_the_user_goes_first(model: Counted, cache: EmbeddingCache) -> None:
    """Before the model is asked, and only then, a target waits for a quiet moment."""
    waits: list[int] = []
    target = DenseTarget(ExactIndex(HIDDEN), model, cache, lambda: waits.append(len(model.asked)))
    target.apply([], ROWS)
    target.apply([], ROWS)
    assert waits == [0]


def test_terms_are_put_and_dropped(tmp_path: Path) -> None:
    """Idempotent, visible after a flush, found by word and by symbol."""
    target = SparseTarget(open_term_index(CONFIG, tmp_path / "sparse"))
    for _ in range(2):
        target.apply([ChunkId(77)], ROWS)
        target.flush()
    assert sorted(target.ids()) == [1, 2, 3]
    assert [hit.id for hit in target.index.search("opens", 5)] == [3]
    target.apply([ChunkId(3)], [])
    target.flush()
    assert (target.points(), target.index.search("opens", 5)) == (2, [])
    target.close()


def test_damaged_term_files_are_told(tmp_path: Path) -> None:
    """Checksums of the files as they lie on disk now, also while the index is open."""
    folder = tmp_path / "sparse"
    target = SparseTarget(open_term_index(CONFIG, folder), lambda: verify_term_files(CONFIG, folder))
    target.apply([], ROWS)
    target.flush()
    assert target.verify(truth) == []
    victim = next(folder.glob("*.term"))
    data = bytearray(victim.read_bytes())
    data[3] ^= 0x10
    with victim.open("r+b") as file:
        file.write(data)
    assert target.verify(truth) == [f"`{victim.name}` has another checksum than was written"]
    target.close()
