"""Connections are lent, kept and closed."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from foundation.errors import ConflictError
from memory_fabric.store.read_pool import ReadPool
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import database, item


@pytest.fixture
def pool(store: Store, tmp_path: Path) -> ReadPool:
    """Give a pool over a store with one item."""
    store.write(put=[item("/a", "one")])
    return ReadPool(database(tmp_path / "store"))


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts files the way Linux shows them")
def test_threads_that_come_and_go_leave_nothing_open(pool: ReadPool) -> None:
    """Fifty short threads, one after another, share one connection."""
    pool.rows("SELECT 1")
    before = _open_files()
    for _ in range(50):
        thread = threading.Thread(target=pool.rows, args=("SELECT count(*) FROM chunks",))
        thread.start()
        thread.join()
    assert _open_files() == before
    pool.close()


def test_a_snapshot_does_not_see_later_writes(pool: ReadPool, store: Store) -> None:
    """All queries on it answer for the moment of the first."""
    with pool.snapshot() as connection:
        before = connection.execute("SELECT count(*) FROM chunks").fetchone()
        store.write(put=[item("/b", "two")])
        assert connection.execute("SELECT count(*) FROM chunks").fetchone() == before
    assert pool.rows("SELECT count(*) FROM chunks") == [(2,)]
    pool.close()


def test_a_connection_that_is_out_is_closed_when_it_comes_back(pool: ReadPool) -> None:
    """Closing does not wait for a long read, and nothing is lent afterwards."""
    with pool.borrowed() as connection:
        pool.close()
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(ConflictError), pool.borrowed():
        pass
