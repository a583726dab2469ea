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


class TestQdrantServerContract(VectorIndexContract):
    """The shared suite; an index in memory has no folder to reopen."""

    @pytest.fixture
    def open_index(self) -> Iterator[Callable[[Path], VectorIndex]]:
        """Return a function that opens an index."""
        config = DenseConfig(backend="qdrant_server")
        with ExitStack() as stack:
            yield lambda _: stack.enter_context(closing(QdrantServerIndex(config, DIMENSION, location=":memory:")))
