"""Qdrant Edge under the contract, and what is its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from memory_fabric.config import DenseConfig
from memory_fabric.index.dense.base import VectorIndex
from tests.contracts.durable_vector_index import DurableVectorIndexContract
from tests.contracts.vector_index import GRAPH_FROM


class TestQdrantEdgeContract(DurableVectorIndexContract):
    """The shared suite."""

    @pytest.fixture
    def config(self) -> DenseConfig:
        """Return the configuration under test."""
        return DenseConfig(backend="qdrant_edge", hnsw_from_points=GRAPH_FROM)

    @pytest.fixture
    def open_index(
        self, config: DenseConfig, opener: Callable[[DenseConfig], Callable[[Path], VectorIndex]]
    ) -> Callable[[Path], VectorIndex]:
        """Return a function that opens an index."""
        return opener(config)
