"""Several writers, one transaction: whoever comes first commits for all who wait."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from foundation.errors import ConflictError
from memory_fabric.store.connection import translated

__all__ = ["GroupCommit"]

T = TypeVar("T")

_Work = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]


class GroupCommit:
    """Runs write functions on the one write connection.

    Each function is a savepoint of a shared transaction: one that fails is undone alone, the others are kept, and all
    of them share one fsync.

    Args:
        connection: Used by nobody else; closed by `close`.
        path: Named in errors.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self.on_commit: Callable[[], None] = lambda: None
        """Called after every commit, on the thread that made it."""
        self._waiting: deque[_Work] = deque()
        self._lock = threading.Lock()
        self._is_closed = False

    def run(self, write: Callable[[sqlite3.Connection], T]) -> T:
        """Run `write` and return its result once it is durable.

        Raises:
            StoreFullError: The disk is full; nothing of this write remains.
            StoreCorruptError: The database is damaged.
            ConflictError: The store is closed.
        """
        future: Future[T] = Future()
        self._waiting.append((write, future))
        with self._lock:
            # a leader before us may have done our work while we waited for the lock
            if not future.done():
                self._commit([self._waiting.popleft() for _ in range(len(self._waiting))])
        return future.result()

    def alone(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Run what must be outside a transaction, between commits."""
        with self._lock:
            self._refuse_when_closed()
            with translated(self._path):
                return action(self._connection)

    def close(self) -> None:
        """Close the connection when the commit under way is done; closing twice is harmless."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                with translated(self._path):
                    self._connection.close()

    def _refuse_when_closed(self) -> None:
        if self._is_closed:
            raise ConflictError(f"the store `{self._path}` is closed")

    def _commit(self, batch: list[_Work]) -> None:
        try:
            self._refuse_when_closed()
            with translated(self._path):
                self._connection.execute("BEGIN IMMEDIATE")
                results = [(future, self._attempt(write, future)) for write, future in batch]
                self._connection.execute("COMMIT")
        except BaseException as error:  # every waiter must learn of it, whatever it is
            self._rollback()
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in results:
            if not future.done():
                future.set_result(result)
        self.on_commit()

    def _attempt(self, write: Callable[[sqlite3.Connection], Any], future: Future[Any]) -> Any:
        self._connection.execute("SAVEPOINT one")
        try:
            with translated(self._path):
                result = write(self._connection)
        except Exception as error:
            # a full disk may already have rolled the whole transaction back: then every one of the batch has failed
            if not self._connection.in_transaction:
                raise
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")
            future.set_exception(error)
            return None
        self._connection.execute("RELEASE one")
        return result

    def _rollback(self) -> None:
        # the waiters are owed the first error, not what a broken disk makes of the rollback
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
