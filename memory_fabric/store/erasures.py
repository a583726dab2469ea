"""Rows of `meta` that say which audited erasures were begun and how far each came; none of them holds content."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from foundation.ids import ItemId
from memory_fabric.operations import Erasure

__all__ = ["LIST", "Intent", "decode_intents", "save_intent"]

_PREFIX = "erasure/"

LIST = f"SELECT value FROM meta WHERE key >= '{_PREFIX}' AND key < 'erasure0' ORDER BY key"  # noqa: S608 (constant)


class Intent(msgspec.Struct, frozen=True):
    """An erasure that was begun."""

    erasure: Erasure
    item_ids: tuple[ItemId, ...] = ()
    """What is to go; empty once it has left the truth."""


def save_intent(connection: sqlite3.Connection, intent: Intent) -> None:
    """Insert or replace the row of an erasure; to be called inside a transaction."""
    row = (f"{_PREFIX}{intent.erasure.id}", msgspec.json.encode(intent).decode())
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", row)


def decode_intents(rows: Sequence[tuple[str]]) -> list[Intent]:
    """Return what the rows of `LIST` say, oldest first."""
    return [msgspec.json.decode(row[0], type=Intent) for row in rows]
