"""The server's index under the contract, served by the client's local mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from memory_fabric.config import DenseConfig
from memory_fabric.index.dense.base import VectorIndex
from memory_fabric.index.dense.qdrant_server import QdrantServerIndex
from tests.contracts.vector_index import DIMENSION, VectorIndexContract


# what a server does with them, the local mode ignores and says so
@pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")
@pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning")
class TestQdrantServerContract(VectorIndexContract):
    """The shared suite; an index in memory has no folder to reopen."""

    @pytest.fixture
    def open_index(self) -> Iterator[Callable[[Path], VectorIndex]]:
        """Return a function that opens an index."""
        config = DenseConfig(backend="qdrant_server")
        with ExitStack() as stack:
            yield lambda _: stack.enter_context(closing(QdrantServerIndex(config, DIMENSION, location=":memory:")))

    def test_reading_beside_writing(self, index: VectorIndex) -> None:
        """A server is safe to share between threads; its local mode is not, so there is nothing to test here."""
        pytest.skip("the client's local mode is not safe to share between threads")
