"""Several writers, one transaction: whoever comes first commits for all who wait."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from memory_fabric.store.connection import translated

__all__ = ["GroupCommit"]

T = TypeVar("T")


class GroupCommit:
    """Runs write functions on the one write connection.

    Each function is a savepoint of a shared transaction: one that fails is undone alone, the others are kept, and all
    of them share one fsync.

    Args:
        connection: Used by nobody else.
        path: Named in errors.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._waiting: deque[tuple[Callable[[sqlite3.Connection], Any], Future[Any]]] = deque()
        self._lock = threading.Lock()

    def run(self, write: Callable[[sqlite3.Connection], T]) -> T:
        """Run `write` and return its result once it is durable.

        Raises:
            StoreFullError: The disk is full; nothing of this write remains.
            StoreCorruptError: The database is damaged.
        """
        future: Future[T] = Future()
        self._waiting.append((write, future))
        with self._lock:
            # a leader before us may have done our work while we waited for the lock
            if not future.done():
                self._commit([self._waiting.popleft() for _ in range(len(self._waiting))])
        return future.result()

    def _commit(self, batch: list[tuple[Callable[[sqlite3.Connection], Any], Future[Any]]]) -> None:
        results: list[tuple[Future[Any], Any]] = []
        try:
            with translated(self._path):
                self._connection.execute("BEGIN IMMEDIATE")
                for write, future in batch:
                    self._attempt(write, future, results)
                self._connection.execute("COMMIT")
        except BaseException as error:  # every waiter must learn of it, whatever it is
            self._rollback()
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in results:
            future.set_result(result)

    def _attempt(
        self, write: Callable[[sqlite3.Connection], Any], future: Future[Any], results: list[tuple[Future[Any], Any]]
    ) -> None:
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
            return
        self._connection.execute("RELEASE one")
        results.append((future, result))

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
