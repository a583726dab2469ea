"""Bringing an older database to the present schema, one numbered step at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from foundation.errors import ConflictError

__all__ = ["APPLICATION_ID", "SCHEMA", "migrate"]

APPLICATION_ID = 0x43414952
"""`CAIR`: marks the file as ours for `file` and for a wrong path."""

SCHEMA = (Path(__file__).parent / "schema.sql",)
"""The steps; step n brings version n-1 to n."""


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Path] = SCHEMA) -> None:
    """Apply the missing steps, each whole or not at all.

    Raises:
        ConflictError: The database was written by a newer Cairn, or is another program's.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if owner != APPLICATION_ID and not is_empty:
        raise ConflictError(f"`{path}` is not a store of Cairn", fix="choose another profile folder")
    if version > len(steps):
        raise ConflictError(
            f"the store `{path}` has schema {version}, this Cairn knows {len(steps)}", fix="install a newer Cairn"
        )
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for number, step in enumerate(steps[version:], version + 1):
        _apply(connection, step.read_text(encoding="utf-8"), number)


def _apply(connection: sqlite3.Connection, script: str, number: int) -> None:
    try:
        # executescript commits first, so the transaction must be part of the script
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
