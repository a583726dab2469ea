"""Renaming on disk, followed in the truth: files, folders, archives, and two that change places."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence

import msgspec

from memory_fabric.store.conditions import below
from memory_fabric.store.rows import FILE_COLUMNS

__all__ = ["move_paths"]


class _Move(msgspec.Struct, frozen=True):
    """An item on its way."""

    key: int
    project: str
    path: str
    uri: str


def move_paths(
    connection: sqlite3.Connection,
    moves: Sequence[tuple[str, str]],
    drop_uris: Callable[[Iterable[tuple[str, str]]], None],
) -> list[int]:
    """Give items, and what the walker remembers, their new paths, all moves at once.

    Args:
        connection: Inside a transaction.
        moves: Old and new path of files or folders; an item goes with the first that it is at or below.
        drop_uris: Deletes items by project and uri: those that stood at a new address, and did not move away.

    Returns:
        The keys of the moved items.
    """
    moves = [(old.rstrip("/"), new.rstrip("/")) for old, new in moves if old.rstrip("/") != new.rstrip("/")]
    found: dict[int, _Move] = {}
    for old, new in moves:
        condition, values = below("path", [old])
        for key, project, path, uri in connection.execute(
            f"SELECT key, project, path, uri FROM items WHERE {condition} ORDER BY key",  # noqa: S608 (constant column)
            values,
        ).fetchall():
            new_uri = new + uri[len(old) :] if uri.startswith(old) else uri
            found.setdefault(key, _Move(key, project, new + path[len(old) :], new_uri))
    # first away from the old addresses, so that two items may change places; no uri begins with NUL
    connection.executemany("UPDATE items SET uri = char(0) || key WHERE key = ?", [(key,) for key in found])
    for move in found.values():
        drop_uris([(move.project, move.uri)])
        connection.execute("UPDATE items SET path = ?, uri = ? WHERE key = ?", (move.path, move.uri, move.key))
    _move_files(connection, moves)
    return list(found)


def _move_files(connection: sqlite3.Connection, moves: Sequence[tuple[str, str]]) -> None:
    rows: dict[str, tuple[str, tuple[object, ...]]] = {}
    for old, new in moves:
        condition, values = below("path", [old])
        for path, *rest in connection.execute(f"SELECT {FILE_COLUMNS} FROM files WHERE {condition}", values):  # noqa: S608 (constant column)
            rows.setdefault(path, (new + path[len(old) :], tuple(rest)))
    connection.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in rows])
    connection.executemany(
        f"INSERT OR REPLACE INTO files ({FILE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 (constant columns)
        [(new, *rest) for new, rest in rows.values()],
    )
