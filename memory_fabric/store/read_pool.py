"""Read connections that threads borrow, so that readers never wait for the writer or for each other."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foundation.errors import ConflictError
from memory_fabric.store.connection import connect, translated

__all__ = ["ReadPool"]

_KEPT = 8
"""Idle connections; a burst may open more and closes them when it is over."""


class ReadPool:
    """Lends connections instead of binding them to threads: threads of a pool come and go, files would stay open.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._is_closed = False

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return the rows of one query."""
        with self.borrowed() as connection:
            return connection.execute(sql, values).fetchall()

    @contextmanager
    def borrowed(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; SQLite's errors come out as the memory's own.

        Raises:
            ConflictError: The store is closed.
        """
        with self._lock:
            if self._is_closed:
                raise ConflictError(f"the store `{self._path}` is closed")
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = connect(self._path, is_reader=True)
        try:
            with translated(self._path):
                yield connection
        finally:
            self._give_back(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection on which all queries see the same moment."""
        with self.borrowed() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._is_closed and len(self._idle) < _KEPT:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close idle connections now and borrowed ones when they come back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
