"""Brute force under the contract: the anchor must hold what it is the measure of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from memory_fabric.config import DenseConfig
from memory_fabric.index.dense.base import VectorIndex
from tests.contracts.durable_vector_index import DurableVectorIndexContract


class TestExactContract(DurableVectorIndexContract):
    """The shared suite."""

    @pytest.fixture
    def config(self) -> DenseConfig:
        """Return the configuration under test."""
        return DenseConfig(backend="exact")

    @pytest.fixture
    def open_index(
        self, config: DenseConfig, opener: Callable[[DenseConfig], Callable[[Path], VectorIndex]]
    ) -> Callable[[Path], VectorIndex]:
        """Return a function that opens an index."""
        return opener(config)
