"""Bringing an older database to the present schema, one numbered step at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from foundation.errors import ConflictError
from memory_fabric.errors import StoreCorruptError

__all__ = ["APPLICATION_ID", "SCHEMA", "migrate"]

APPLICATION_ID = 0x43414952
"""`CAIR`: marks the file as ours for `file` and for a wrong path."""

SCHEMA = tuple(
    Path(__file__).parent / name
    for name in ("schema.sql", "schema_2.sql", "schema_3.sql", "schema_4.sql", "schema_5.sql")
)
"""The steps; step n brings version n-1 to n."""

_OWN_TABLES = {"meta", "items", "chunks", "journal", "files", "links"}


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Path] = SCHEMA) -> None:
    """Apply the missing steps, each whole or not at all.

    Raises:
        ConflictError: The database was written by a newer Cairn, or is another program's.
        StoreCorruptError: The header and the tables contradict each other.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    is_ours = tables >= _OWN_TABLES
    if owner != APPLICATION_ID and tables and not is_ours:
        raise ConflictError(f"`{path}` is not a store of Cairn", fix="choose another profile folder")
    if version > len(steps):
        raise ConflictError(
            f"the store `{path}` has schema {version}, this Cairn knows {len(steps)}", fix="install a newer Cairn"
        )
    if is_ours != (version > 0) or (is_ours and owner != APPLICATION_ID):
        raise StoreCorruptError(path, "its header does not fit its tables")
    for number, step in enumerate(steps[version:], version + 1):
        _apply(connection, step.read_text(encoding="utf-8"), number)


def _apply(connection: sqlite3.Connection, script: str, number: int) -> None:
    marks = f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {number};"
    try:
        # executescript commits first, so the transaction must be part of the script
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n{marks}\nCOMMIT;")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
