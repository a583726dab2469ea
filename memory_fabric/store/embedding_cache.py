"""Vectors by model and content: what was embedded once is never embedded again."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import structlog

from foundation.errors import ConflictError
from memory_fabric.embed.base import Vectors
from memory_fabric.errors import StoreCorruptError
from memory_fabric.store.connection import connect, rewrite, translated

__all__ = ["EmbeddingCache"]

T = TypeVar("T")

log = structlog.get_logger(__name__)

_STEP = 500
"""Parameters of one statement."""

_TABLE = (
    "CREATE TABLE IF NOT EXISTS vectors (model TEXT, hash BLOB, vector BLOB, PRIMARY KEY (model, hash)) WITHOUT ROWID"
)


_MODELS = """
WITH RECURSIVE found (model) AS (
    SELECT min(model) FROM vectors
    UNION ALL SELECT (SELECT min(model) FROM vectors WHERE model > found.model) FROM found WHERE model IS NOT NULL
) SELECT model FROM found WHERE model IS NOT NULL
"""
"""The models, by one look into the tree for each: `DISTINCT` would read every vector."""


class EmbeddingCache:
    """A database of its own beside the truth: losing it costs time only, so it need not wait for the disk.

    A damaged file is replaced by an empty one. Vectors are kept as half precision, half the size: over 10,000 pairs of
    unit vectors a cosine moved by at most 1e-4 at 128 dimensions and 6e-5 at 384.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._is_closed = False
        with self._lock:
            self._run(lambda _: None)

    def get(self, model: str, hashes: Sequence[bytes]) -> dict[bytes, Vectors]:
        """Return the known vectors, each (d,) float32; what cannot be read is left out."""
        found: dict[bytes, Vectors] = {}
        for start in range(0, len(hashes), _STEP):
            part = hashes[start : start + _STEP]
            with self._lock:
                rows = self._run(partial(_select, model=model, hashes=part))
            for key, blob in rows:
                if (vector := _vector(blob)) is not None:
                    found[key] = vector
        return found

    def put(self, model: str, vectors: Mapping[bytes, Vectors]) -> None:
        """Keep vectors, each (d,) float32; known ones are replaced.

        Raises:
            StoreFullError: The disk is full; nothing of this call remains.
        """
        rows = [(model, key, vector.astype(np.float16).tobytes()) for key, vector in vectors.items()]

        def insert(db: sqlite3.Connection) -> None:
            with _transaction(db):
                db.executemany("INSERT OR REPLACE INTO vectors (model, hash, vector) VALUES (?, ?, ?)", rows)

        with self._lock:
            self._run(insert)

    def keep_only(self, store: Path) -> int:
        """Delete the vectors of contents that `store` holds no more; returns how many.

        Raises:
            StoreCorruptError: One of the two databases is damaged.
        """

        def delete(db: sqlite3.Connection) -> int:
            db.execute("ATTACH DATABASE ? AS truth", (str(store),))
            try:
                return db.execute(
                    "DELETE FROM vectors WHERE hash NOT IN (SELECT content_hash FROM truth.chunks)"
                ).rowcount
            finally:
                db.execute("DETACH DATABASE truth")

        with self._lock:
            # not `_run`: it is perhaps the truth that is damaged, and then the cache must stay
            return self._attempt(delete)

    def drop(self, hashes: Sequence[bytes]) -> int:
        """Delete the vectors of some contents, of every model; returns how many. Others are not looked at.

        Raises:
            StoreFullError: The disk is full; nothing is deleted.
        """
        dropped = 0
        with self._lock:
            for start in range(0, len(hashes), _STEP):
                dropped += self._run(partial(_delete, hashes=hashes[start : start + _STEP]))
        return dropped

    def models(self) -> list[str]:
        """Return the models whose vectors are kept."""
        with self._lock:
            return self._run(lambda db: [row[0] for row in db.execute(_MODELS)])

    def rewrite(self) -> None:
        """Write the file anew, so that no page holds what was moved away from it."""
        with self._lock:
            self._run(lambda db: rewrite(db, self._path))
        self.checkpoint()

    def checkpoint(self) -> None:
        """Move the log into the database file and empty it."""
        with self._lock:
            self._run(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())

    def close(self) -> None:
        """Release the file; closing twice is harmless."""
        with self._lock:
            self._close()
            self._is_closed = True

    def _run(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Run `action`; on a damaged file once more, on a new one.

        Raises:
            ConflictError: The cache is closed.
        """
        if self._is_closed:
            raise ConflictError(f"the vector cache `{self._path}` is closed")
        try:
            return self._attempt(action)
        except StoreCorruptError as error:
            log.warning("embedding_cache_replaced", reason=error.message)
            self._close()
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            return self._attempt(action)

    def _attempt(self, action: Callable[[sqlite3.Connection], T]) -> T:
        if self._db is None:
            self._db = self._connect()
        with translated(self._path):
            return action(self._db)

    def _connect(self) -> sqlite3.Connection:
        db = connect(self._path, synchronous="NORMAL")
        try:
            with translated(self._path):
                db.execute(_TABLE)
        except BaseException:
            db.close()
            raise
        return db

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _select(db: sqlite3.Connection, *, model: str, hashes: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    marks = ",".join("?" * len(hashes))
    sql = f"SELECT hash, vector FROM vectors WHERE model = ? AND hash IN ({marks})"  # noqa: S608 (marks only)
    return db.execute(sql, (model, *hashes)).fetchall()


def _delete(db: sqlite3.Connection, *, hashes: Sequence[bytes]) -> int:
    marks = ",".join("?" * len(hashes))
    sql = f"DELETE FROM vectors WHERE model = ? AND hash IN ({marks})"  # noqa: S608 (marks only)
    with _transaction(db):
        models = [row[0] for row in db.execute(_MODELS)]
        return sum(db.execute(sql, (model, *hashes)).rowcount for model in models)


def _vector(blob: bytes) -> Vectors | None:
    if len(blob) % 2:
        return None
    vector = np.frombuffer(blob, dtype=np.float16).astype(np.float32)
    # a flipped bit may make a number infinite, and one such number spoils every score it meets
    return vector if np.isfinite(vector).all() else None


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
