"""Which folders and files were asked to be indexed, and which of them the daemon follows by itself.

They are few, so they live in the table of single facts, under their path.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

__all__ = ["KnownRoot", "drop_roots", "nearest_root", "put_root", "read_roots"]

_PREFIX = "root:"
_AFTER = "root;"
"""`;` is the character after `:`."""


class KnownRoot(msgspec.Struct, frozen=True):
    """A folder or file that somebody asked to index."""

    path: str
    """Resolved."""
    project: str = ""
    """As asked for; empty is the repository's or folder's name."""
    is_followed: bool = False
    """Whether the daemon keeps it level for as long as it runs."""


def read_roots(connection: sqlite3.Connection) -> list[KnownRoot]:
    """Return all, by path.

    Raises:
        MsgspecError: A row is not what was written.
    """
    rows = connection.execute("SELECT value FROM meta WHERE key >= ? AND key < ? ORDER BY key", (_PREFIX, _AFTER))
    return [msgspec.json.decode(row[0], type=KnownRoot) for row in rows]


def put_root(connection: sqlite3.Connection, root: KnownRoot) -> None:
    """Insert or replace one."""
    value = msgspec.json.encode(root).decode()
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"{_PREFIX}{root.path}", value))


def drop_roots(connection: sqlite3.Connection, paths: Sequence[str]) -> None:
    """Delete some; unknown ones are ignored."""
    connection.executemany("DELETE FROM meta WHERE key = ?", [(f"{_PREFIX}{path}",) for path in paths])


def nearest_root(roots: Iterable[KnownRoot], path: str) -> KnownRoot | None:
    """Return the innermost root that `path` lies in, or is; None when it lies in none."""
    around = (root for root in roots if path == root.path or path.startswith(f"{root.path.rstrip('/')}/"))
    return max(around, key=lambda root: len(root.path), default=None)
