"""The server's index under the contract, served by the client's local mode; and a server that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from foundation.errors import ConflictError, ResourceError
from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.index.dense import qdrant_server
from memory_fabric.index.dense.base import VectorIndex
from memory_fabric.index.dense.qdrant_server import QdrantServerIndex, drop_collection
from tests.contracts.vector_index import DIMENSION, VectorIndexContract, filled, point, units
from tests.memory_fabric.index.dense.qdrant_parts import WARNINGS, LocalServer, refusing_server

pytestmark = WARNINGS
CONFIG = DenseConfig(backend="qdrant_server", url="http://127.0.0.1:1")


class TestQdrantServerContract(VectorIndexContract):
    """The shared suite; an index in memory has no folder to reopen."""

    @pytest.fixture
    def open_index(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], VectorIndex]]:
        """Return a function that opens an index."""

        def opened(_: Path) -> VectorIndex:
            LocalServer().serve(monkeypatch)
            return stack.enter_context(closing(QdrantServerIndex(CONFIG, DIMENSION)))

        with ExitStack() as stack:
            yield opened

    def test_reading_beside_writing(self, index: VectorIndex) -> None:
        """A server is safe to share between threads; its local mode is not, so there is nothing to test here."""
        pytest.skip("the client's local mode is not safe to share between threads")


def test_two_stores_share_a_server_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of both begin at 1: neither sees, overwrites or throws away what is the other's."""
    LocalServer().serve(monkeypatch)
    one, two = units(2)
    mine = filled(QdrantServerIndex(CONFIG, DIMENSION, name="a"), [point(1, one)])
    theirs = filled(QdrantServerIndex(CONFIG, DIMENSION, name="b"), [point(1, two), point(2, two)])
    assert (list(mine.ids()), sorted(theirs.ids())) == ([1], [1, 2])
    assert mine.score(one, [ChunkId(1)])[ChunkId(1)] == pytest.approx(1.0)
    drop_collection(CONFIG, "a")
    assert list(QdrantServerIndex(CONFIG, DIMENSION, name="a").ids()) == []
    assert sorted(QdrantServerIndex(CONFIG, DIMENSION, name="b").ids()) == [1, 2]


def test_a_dropped_collection_may_have_vectors_of_another_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another model: dropping is what makes room for it, and what is not there is ignored."""
    LocalServer().serve(monkeypatch)
    QdrantServerIndex(CONFIG, DIMENSION, name="a").close()
    for _ in range(2):
        drop_collection(CONFIG, "a")
    assert QdrantServerIndex(CONFIG, DIMENSION * 2, name="a").dimension == DIMENSION * 2


CALLS: dict[str, Callable[[VectorIndex], object]] = {
    "upsert": lambda index: index.upsert([point(1, units(1)[0])]),
    "delete": lambda index: index.delete([ChunkId(1)]),
    "search": lambda index: index.search(units(1)[0], 5),
    "score": lambda index: index.score(units(1)[0], [ChunkId(1)]),
    "ids": lambda index: list(index.ids()),
    "vectors": lambda index: index.vectors([ChunkId(1)]),
    "stats": lambda index: index.stats(),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("is_there", [True, False])
def test_a_server_that_fails_is_named(monkeypatch: pytest.MonkeyPatch, name: str, is_there: bool) -> None:
    """Every call says so in our words, whether the server refuses or is gone; a closed index says that it is closed."""
    connect = qdrant_server.connect
    LocalServer().serve(monkeypatch)
    index = QdrantServerIndex(CONFIG, DIMENSION, name="a")
    with refusing_server() as url:
        config = DenseConfig(backend="qdrant_server", url=url if is_there else CONFIG.url)
        index._connection = connect(config)
        with pytest.raises(ResourceError, match=r"the Qdrant server `http://127\.0\.0\.1:1` failed: "):
            CALLS[name](index)
        index.close()
    with pytest.raises(ConflictError, match="closed"):
        CALLS[name](index)


def test_a_server_that_fails_opens_nothing_and_drops_nothing() -> None:
    """It is no damaged index: nothing must be thrown away for it."""
    with refusing_server() as url:
        config = DenseConfig(backend="qdrant_server", url=url)
        with pytest.raises(ResourceError, match="out of order"):
            QdrantServerIndex(config, DIMENSION, name="a")
        with pytest.raises(ResourceError, match="out of order"):
            drop_collection(config, "a")
