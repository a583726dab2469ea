"""Writers share commits, and each answers for itself alone."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foundation.errors import ConflictError, InputError
from memory_fabric.errors import StoreFullError
from memory_fabric.store.connection import connect
from memory_fabric.store.group_commit import GroupCommit


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection with one table."""
    opened = connect(tmp_path / "x.db")
    opened.execute("CREATE TABLE t (x)")
    yield opened
    opened.close()


@pytest.fixture
def commits(connection: sqlite3.Connection, tmp_path: Path) -> GroupCommit:
    """Give a group commit on it."""
    return GroupCommit(connection, tmp_path / "x.db")


def _values(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT x FROM t ORDER BY x")]


def test_writers_that_wait_share_one_transaction(connection: sqlite3.Connection, commits: GroupCommit) -> None:
    """While the first is under way, eight more line up and need one commit together."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    is_under_way, may_go_on = threading.Event(), threading.Event()

    def first(db: sqlite3.Connection) -> None:
        is_under_way.set()
        assert may_go_on.wait(10)
        db.execute("INSERT INTO t VALUES (0)")

    threads = [threading.Thread(target=commits.run, args=(first,))]
    threads[0].start()
    assert is_under_way.wait(10)
    for n in range(1, 9):
        threads.append(threading.Thread(target=commits.run, args=(_insert(n),)))
        threads[-1].start()
    while len(commits._waiting) < 8:
        os.sched_yield()
    may_go_on.set()
    for thread in threads:
        thread.join()
    connection.set_trace_callback(None)
    assert _values(connection) == list(range(9))
    assert statements.count("COMMIT") == 2


def _insert(value: int) -> Callable[[sqlite3.Connection], int]:
    def run(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO t VALUES (?)", (value,))
        return value

    return run


def test_one_that_fails_is_undone_alone(connection: sqlite3.Connection, commits: GroupCommit) -> None:
    """Its caller gets the error as it was raised, the others their results."""

    def fail(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO t VALUES (99)")
        raise InputError("x", "is wrong")

    results: list[object] = []

    def good(value: int) -> None:
        results.append(commits.run(_insert(value)))

    def bad() -> None:
        with pytest.raises(InputError, match="is wrong"):
            commits.run(fail)
        results.append("refused")

    threads = [threading.Thread(target=good, args=(n,)) for n in range(5)]
    threads.insert(2, threading.Thread(target=bad))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) == ["0", "1", "2", "3", "4", "refused"]
    assert _values(connection) == [0, 1, 2, 3, 4]


def test_a_full_disk_is_told_to_whoever_met_it(connection: sqlite3.Connection, commits: GroupCommit) -> None:
    """Nothing of the failed write remains, and the next one that fits works."""
    commits.run(_insert(1))
    connection.execute("PRAGMA max_page_count = 10")
    with pytest.raises(StoreFullError):
        commits.run(lambda db: db.execute("INSERT INTO t VALUES (zeroblob(1000000))"))
    commits.run(_insert(2))
    assert not connection.in_transaction
    assert _values(connection) == [1, 2]


def test_an_interrupt_reaches_the_caller_and_leaves_nothing(
    connection: sqlite3.Connection, commits: GroupCommit
) -> None:
    """Even what is no ordinary error ends the transaction."""

    def interrupt(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO t VALUES (1)")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        commits.run(interrupt)
    commits.run(_insert(2))
    assert _values(connection) == [2]


def test_after_closing_writes_are_refused(commits: GroupCommit) -> None:
    """In the memory's own words, for writes and for upkeep."""
    commits.close()
    commits.close()
    with pytest.raises(ConflictError):
        commits.run(_insert(1))
    with pytest.raises(ConflictError):
        commits.alone(lambda db: db.execute("SELECT 1"))
