"""Indexes that are closed at the end of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from memory_fabric.config import SparseConfig
from memory_fabric.index.sparse.base import TermIndex
from memory_fabric.index.sparse.factory import open_term_index

Opener = Callable[[Path], TermIndex]


@pytest.fixture
def opener() -> Iterator[Callable[[SparseConfig], Opener]]:
    """Return a maker of functions that open an index, and close all at the end."""
    with ExitStack() as stack:

        def make(config: SparseConfig) -> Opener:
            return lambda folder: stack.enter_context(closing(open_term_index(config, folder)))

        yield make
