"""Identifiers: a two-letter prefix and a ULID, so that ids sort by the time they were made."""

from __future__ import annotations

import os
import threading
import time
from typing import NewType

__all__ = ["ChunkId", "ItemId", "JournalSeq", "new_item_id", "new_ulid"]

ItemId = NewType("ItemId", str)
"""`mi_` and a ULID: one thing that the memory keeps (a file, a note, a record)."""

ChunkId = NewType("ChunkId", int)
"""Positive 63-bit integer, never reused: one fragment of an item and the point id in every index."""

JournalSeq = NewType("JournalSeq", int)
"""Position in the ingest journal; 0 is before the first entry."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_lock = threading.Lock()
_last_ms = 0
_last_random = 0


def new_ulid() -> str:
    """Return a 26-character ULID, strictly increasing within this process.

    Source: the ULID specification (48-bit milliseconds, 80-bit randomness, Crockford base 32, monotonic form).
    """
    global _last_ms, _last_random
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        if now_ms > _last_ms:
            _last_ms, _last_random = now_ms, int.from_bytes(os.urandom(10)) >> 1
        else:
            _last_random += 1
        value = (_last_ms << 80) | _last_random
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))


def new_item_id() -> ItemId:
    """Return a fresh `mi_` id."""
    return ItemId(f"mi_{new_ulid()}")
