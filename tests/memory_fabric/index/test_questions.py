"""A sound index knows every chunk by its own words and vector; one whose search has gone says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig, SparseConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.index.dense.base import DensePoint, Scored
from memory_fabric.index.dense.exact import ExactIndex
from memory_fabric.index.dense.factory import open_vector_index
from memory_fabric.index.questions import Rows, unanswered_terms, unanswered_vectors
from memory_fabric.index.sparse.base import SparseDoc, TermIndex
from memory_fabric.index.sparse.factory import open_term_index
from memory_fabric.records import ChunkRow, Filters
from tests.memory_fabric.rows import make_row

DIMENSION = 32
TEXTS = (
    "the harbour at night, and what the sea says",
    "--- *** ---",
    "",
    "порт ночью и что говорит море",
    "def openSocket(path): return connect_all(path)\n",
    "word " * 5_000,
    "node.js and C++ and the rest of it",
)


def doc(row: ChunkRow) -> SparseDoc:
    """Return a row as a term index takes it."""
    return SparseDoc(row.id, row.text, "", row.symbol, row.path, "p", row.modality, row.language, 0.0)


def truth(rows: Sequence[ChunkRow]) -> Rows:
    """Return a reader of rows."""
    return lambda ids: {row.id: row for row in rows if row.id in ids}


def go_on() -> None:
    """Nothing stops the work."""


@pytest.fixture(params=["tantivy", "fts5"])
def terms(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TermIndex]:
    """An empty term index of each backend."""
    with closing(open_term_index(SparseConfig(backend=request.param), tmp_path / "terms")) as index:
        yield index


def test_a_sound_term_index_knows_its_chunks(terms: TermIndex) -> None:
    """Texts without a word, in other scripts, of code, very long ones, and many copies of one text."""
    rows = [make_row(n, text) for n, text in enumerate([*TEXTS, *["copies of one text "] * 300], 1)]
    terms.upsert([doc(row) for row in rows])
    terms.flush()
    assert unanswered_terms(terms, [row.id for row in rows], truth(rows), go_on) == []


def test_nothing_but_copies_is_no_damage(terms: TermIndex) -> None:
    """Words that every chunk has are worth nothing, and what is worth nothing may round to nothing."""
    rows = [make_row(n, "copies of one text ") for n in range(1, 3_000)]
    terms.upsert([doc(row) for row in rows])
    terms.flush()
    assert unanswered_terms(terms, [row.id for row in rows], truth(rows), go_on) == []


def test_a_term_index_that_holds_other_words_is_told(terms: TermIndex) -> None:
    """The ids agree and the files are whole; what they say is of other texts."""
    rows = [make_row(n, "harbour lantern ") for n in range(1, 4)]
    terms.upsert([doc(make_row(n, "river stone ")) for n in range(1, 3)] + [doc(rows[2])])
    terms.flush()
    problems = unanswered_terms(terms, [row.id for row in rows], truth(rows), go_on)
    assert problems == [f"chunk {n} is not found by its own words" for n in (1, 2)]


def test_what_is_forgotten_meanwhile_is_not_judged(terms: TermIndex) -> None:
    """Gone from the truth between the two looks."""
    looks: list[Sequence[ChunkId]] = []

    def forgetting(ids: Sequence[ChunkId]) -> dict[ChunkId, ChunkRow]:
        looks.append(ids)
        return {} if len(looks) > 1 else {ChunkId(1): make_row(1, "harbour lantern ")}

    assert unanswered_terms(terms, [ChunkId(1)], forgetting, go_on) == []
    assert looks == [[1], [1]]


def points(count: int) -> list[DensePoint]:
    """Return points of random directions."""
    rows = np.random.default_rng(3).normal(size=(count, DIMENSION)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return [DensePoint(ChunkId(n), row, "text", "p", "text", "en", f"/{n}", 0.0) for n, row in enumerate(rows, 1)]


@pytest.mark.parametrize("backend", ["exact", "qdrant_edge"])
@pytest.mark.slow
def test_a_sound_vector_index_knows_its_chunks(tmp_path: Path, backend: str) -> None:
    """Scanned whole, and through a graph of quantised vectors."""
    config = DenseConfig(backend=backend, quantization="scalar", hnsw_from_points=500)  # type: ignore[arg-type]  # a parameter
    rows = [make_row(n, "x") for n in range(1, 2_001)]
    with closing(open_vector_index(config, tmp_path / "vectors", DIMENSION)) as index:
        assert unanswered_vectors(index, [], truth([]), go_on) == []
        index.upsert(points(2_000))
        index.flush()
        index.optimize()
        assert (index.stats().indexed > 0) == (backend == "qdrant_edge")
        assert unanswered_vectors(index, [row.id for row in rows], truth(rows), go_on) == []


def test_a_vector_index_whose_search_has_gone_is_told() -> None:
    """Every vector can be read by its id, and none is found."""

    class Lost(ExactIndex):
        """Its graph leads nowhere."""

        def search(
            self, vector: Vectors, k: int, *, filters: Filters = Filters(), names: Sequence[str] = ("text", "code")
        ) -> list[Scored]:
            return super().search(-vector, k, filters=filters, names=names)

    index = Lost(DIMENSION)
    index.upsert(points(40))
    rows = [make_row(n, "x") for n in range(1, 41)]
    ids = [row.id for row in rows]
    assert unanswered_vectors(index, ids, truth(rows), go_on) == ["20 of 20 chunks are not found by their own vectors"]
    assert unanswered_vectors(index, ids, truth([]), go_on) == []
