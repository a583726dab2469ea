"""Shortening the journal without changing what a replay gives."""

from __future__ import annotations

import sqlite3

from memory_fabric.store.rows import pack_ids, unpack_ids

__all__ = ["compact", "floor"]

_FLOOR = "journal_floor"


def compact(connection: sqlite3.Connection, upto: int) -> int:
    """Drop what no replay needs from the lines up to `upto`: chunks that are gone, and repeated puts.

    Args:
        connection: Inside a transaction.
        upto: The last line to look at.

    Returns:
        How many lines were deleted.
    """
    # backwards: of several puts the last is kept, so that an index half-way sees the latest state as early as before
    lines = connection.execute("SELECT seq, op, ids FROM journal WHERE seq <= ? ORDER BY seq DESC", (upto,)).fetchall()
    live = {row[0] for row in connection.execute("SELECT id FROM chunks INDEXED BY chunks_item")}
    empty: list[tuple[int]] = []
    shorter: list[tuple[bytes, int]] = []
    for seq, op, blob in lines:
        ids = unpack_ids(blob)
        kept = [i for i in ids if i in live] if op == "put" else []
        live.difference_update(kept)
        if not kept:
            empty.append((seq,))
        elif len(kept) < len(ids):
            shorter.append((pack_ids(kept), seq))
    connection.executemany("DELETE FROM journal WHERE seq = ?", empty)
    connection.executemany("UPDATE journal SET ids = ? WHERE seq = ?", shorter)
    if lines:
        value = str(max(lines[0][0], floor(connection)))
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_FLOOR, value))
    return len(empty)


def floor(connection: sqlite3.Connection) -> int:
    """Return the last position that was compacted; 0 when none was."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_FLOOR,)).fetchone()
    return int(row[0]) if row else 0
