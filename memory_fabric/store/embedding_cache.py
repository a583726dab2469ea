"""Vectors by model and content: what was embedded once is never embedded again."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from memory_fabric.embed.base import Vectors
from memory_fabric.store.connection import connect, translated

__all__ = ["EmbeddingCache"]

_STEP = 500
"""Parameters of one statement."""


class EmbeddingCache:
    """A database of its own beside the truth: losing it costs time only, so it need not wait for the disk.

    Vectors are kept as half precision: the cosine to the original stays above .9999 at half the size.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db = connect(path, synchronous="NORMAL")
        with translated(path):
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS vectors (model TEXT, hash BLOB, vector BLOB, PRIMARY KEY (model, hash))"
                " WITHOUT ROWID"
            )

    def get(self, model: str, hashes: Sequence[bytes]) -> dict[bytes, Vectors]:
        """Return the known vectors, each (d,) float32."""
        found: dict[bytes, Vectors] = {}
        for start in range(0, len(hashes), _STEP):
            part = hashes[start : start + _STEP]
            marks = ",".join("?" * len(part))
            with self._lock, translated(self._path):
                rows = self._db.execute(
                    f"SELECT hash, vector FROM vectors WHERE model = ? AND hash IN ({marks})",  # noqa: S608 (marks only)
                    (model, *part),
                ).fetchall()
            for key, blob in rows:
                found[key] = np.frombuffer(blob, dtype=np.float16).astype(np.float32)
        return found

    def put(self, model: str, vectors: Mapping[bytes, Vectors]) -> None:
        """Keep vectors; known ones are replaced."""
        rows = [(model, key, vector.astype(np.float16).tobytes()) for key, vector in vectors.items()]
        with self._lock, translated(self._path):
            self._db.execute("BEGIN")
            try:
                self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def keep_only(self, store: Path) -> int:
        """Delete the vectors of contents that `store` holds no more; returns how many."""
        with self._lock, translated(self._path):
            self._db.execute("ATTACH DATABASE ? AS truth", (str(store),))
            try:
                cursor = self._db.execute(
                    "DELETE FROM vectors WHERE hash NOT IN (SELECT content_hash FROM truth.chunks)"
                )
                return cursor.rowcount
            finally:
                self._db.execute("DETACH DATABASE truth")

    def checkpoint(self) -> None:
        """Move the log into the database file and empty it."""
        with self._lock, translated(self._path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()
