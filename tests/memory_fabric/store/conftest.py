"""A store for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.clock import VirtualClock
from memory_fabric.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty store on a hand-moved clock."""
    opened = Store.open(tmp_path / "store", clock=VirtualClock())
    yield opened
    opened.close()
