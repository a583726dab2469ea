"""Indexes that are closed at the end of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from memory_fabric.config import DenseConfig
from memory_fabric.index.dense.base import VectorIndex
from memory_fabric.index.dense.factory import open_vector_index
from tests.contracts.vector_index import DIMENSION

Opener = Callable[[Path], VectorIndex]


@pytest.fixture
def opener() -> Iterator[Callable[[DenseConfig], Opener]]:
    """Return a maker of functions that open an index, and close all at the end."""
    with ExitStack() as stack:

        def make(config: DenseConfig) -> Opener:
            return lambda folder: stack.enter_context(closing(open_vector_index(config, folder, DIMENSION)))

        yield make
