"""SQLite as the truth needs it: pragmas, and its errors in the memory's own words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memory_fabric.errors import StoreCorruptError, StoreFullError

__all__ = ["connect", "translated"]

_FULL = ("disk is full", "disk I/O error", "unable to open database file", "readonly database")
_CORRUPT = ("malformed", "not a database", "corrupt")


def connect(path: Path, *, synchronous: str = "FULL", is_reader: bool = False) -> sqlite3.Connection:
    """Open a connection with the pragmas that durability and erasure need.

    Args:
        path: The database file.
        synchronous: `FULL` for the truth, `NORMAL` for what can be computed again.
        is_reader: Whether writing is refused.

    Raises:
        StoreCorruptError: The file is not a sound database.
        StoreFullError: It cannot be opened for lack of space or permission.
    """
    with translated(path):
        connection = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
        # freed pages are overwritten: what is forgotten must not be readable in the file
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA mmap_size = 268435456")
        connection.execute("PRAGMA temp_store = MEMORY")
        if is_reader:
            connection.execute("PRAGMA query_only = ON")
        return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as the memory's own.

    Raises:
        StoreCorruptError: The database is damaged.
        StoreFullError: The disk is full or refuses the write.
        DatabaseError: Anything else: a mistake of ours, shown as it is.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if any(mark in text for mark in _CORRUPT):
            raise StoreCorruptError(
                f"the store `{path}` is damaged: {text}", fix="restore it from a backup, or index again"
            ) from error
        if any(mark in text for mark in _FULL):
            raise StoreFullError(
                f"cannot write to the store `{path}`: {text}", fix="free space and try again; nothing was lost"
            ) from error
        raise
