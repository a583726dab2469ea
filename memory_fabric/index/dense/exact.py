"""Brute force over numpy arrays: what every other vector index is compared with."""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from foundation.errors import ConflictError
from foundation.ids import ChunkId
from memory_fabric.embed.base import Vectors
from memory_fabric.errors import DimensionError, IndexCorruptError
from memory_fabric.index.dense.base import DensePoint, Scored, VectorIndexStats
from memory_fabric.index.disk import folder_bytes
from memory_fabric.index.folders import ancestors
from memory_fabric.operations import Check, Evidence
from memory_fabric.records import Filters

__all__ = ["ExactIndex"]

_CRC_BYTES = 4


class ExactIndex:
    """Everything in memory; one file when a folder is given.

    Args:
        dimension: Length of a vector.
        folder: Where `flush` saves; None keeps nothing.

    Raises:
        IndexCorruptError: The saved file cannot be read.
        DimensionError: It was made for vectors of another length.
    """

    def __init__(self, dimension: int, folder: Path | None = None) -> None:
        self._dimension = dimension
        self._folder = folder
        self._points: dict[ChunkId, DensePoint] = {}
        self._lock = threading.RLock()
        self._is_closed = False
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._load(folder / "points.msgpack")

    def _load(self, path: Path) -> None:
        if not path.exists():
            return
        try:
            content = path.read_bytes()
            body = content[_CRC_BYTES:]
            if zlib.crc32(body) != int.from_bytes(content[:_CRC_BYTES], "big"):
                raise ValueError("another checksum")
            for fields, blob in msgspec.msgpack.decode(
                body, type=list[tuple[dict[str, bytes | int | float | None], bytes]]
            ):
                vector = np.frombuffer(blob, dtype=np.float32)
                self._check(vector)
                plain = {name: _text(value) if isinstance(value, bytes) else value for name, value in fields.items()}
                point = DensePoint(vector=vector, **plain)  # type: ignore[arg-type]  # written by `flush`
                self._points[point.id] = point
        except (OSError, msgspec.MsgspecError, TypeError, ValueError) as error:
            raise IndexCorruptError(f"the vector index `{path}` cannot be read: {error}") from error

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def _check(self, vector: Vectors) -> None:
        if self._is_closed:
            raise ConflictError("the vector index is closed")
        if vector.shape != (self._dimension,):
            raise DimensionError(f"a vector has shape {vector.shape}, the index holds ({self._dimension},)")

    def upsert(self, points: Sequence[DensePoint]) -> None:
        """Insert or replace points.

        Raises:
            DimensionError: A vector's length differs from the index.
        """
        for point in points:
            self._check(point.vector)
        # copies: the caller may use its array again, and a row must not keep the whole batch alive
        own = {p.id: msgspec.structs.replace(p, vector=p.vector.astype(np.float32, copy=True)) for p in points}
        with self._lock:
            self._points.update(own)

    def delete(self, ids: Sequence[ChunkId]) -> None:
        """Remove points; unknown ids are ignored."""
        with self._lock:
            for chunk_id in ids:
                self._points.pop(chunk_id, None)

    def erase(self, ids: Sequence[ChunkId], check: Check = lambda: None) -> Evidence:
        """Remove points; the file is written whole at every flush, so that nothing of them stays in it.

        Raises:
            ConflictError: The index is closed.
        """
        check()
        if self._is_closed:
            raise ConflictError("the vector index is closed")
        gone = len(self._points.keys() & set(ids))
        self.delete(ids)
        self.flush()
        return Evidence(gone, len(self._points) if self._folder else 0)

    def search(
        self, vector: Vectors, k: int, *, filters: Filters = Filters(), names: Sequence[str] = ("text", "code")
    ) -> list[Scored]:
        """Return the k nearest points over the named vectors, best first; ties by smaller id.

        Raises:
            DimensionError: The vector's length differs from the index.
        """
        self._check(vector)
        with self._lock:
            chosen = [p for p in self._points.values() if p.name in names and _passes(p, filters)]
        if not chosen:
            return []
        cosines = _cosines([point.vector for point in chosen], vector)
        found = [Scored(point.id, cosine) for point, cosine in zip(chosen, cosines, strict=True)]
        return sorted(found, key=lambda hit: (-hit.score, hit.id))[:k]

    def score(self, vector: Vectors, ids: Sequence[ChunkId]) -> dict[ChunkId, float]:
        """Return the exact cosine of each known id; unknown ids are left out.

        Raises:
            DimensionError: The vector's length differs from the index.
        """
        self._check(vector)
        known = self.vectors(ids)
        return dict(zip(known, _cosines(list(known.values()), vector), strict=True)) if known else {}

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id."""
        with self._lock:
            return list(self._points)

    def vectors(self, ids: Sequence[ChunkId]) -> dict[ChunkId, Vectors]:
        """Return the stored vectors of the known ids, as float32."""
        with self._lock:
            return {chunk_id: self._points[chunk_id].vector.copy() for chunk_id in ids if chunk_id in self._points}

    def stats(self) -> VectorIndexStats:
        """Return the present state."""
        disk = folder_bytes(self._folder) if self._folder else 0
        return VectorIndexStats(len(self._points), 0, 1, disk)

    def optimize(self, check: Check = lambda: None) -> bool:
        """Nothing can be made faster."""
        return False

    def flush(self) -> None:
        """Save everything, whole or not at all."""
        if self._folder is None:
            return
        with self._lock:
            rows = [(_fields(point), point.vector.astype(np.float32).tobytes()) for point in self._points.values()]
        body = msgspec.msgpack.encode(rows)
        path = self._folder / "points.msgpack"
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            file.write(zlib.crc32(body).to_bytes(_CRC_BYTES, "big") + body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def close(self) -> None:
        """Save; may be called again."""
        if not self._is_closed:
            self.flush()
            self._is_closed = True


def _cosines(rows: Sequence[Vectors], vector: Vectors) -> list[float]:
    # not `@`: its blocks round a row by where it stands, and equal rows must give equal cosines
    cosines: list[float] = np.einsum("ij,j->i", np.stack(rows), vector).tolist()
    return cosines


def _fields(point: DensePoint) -> dict[str, object]:
    """Return what is saved; texts as bytes, because names of files may hold half characters."""
    values = {name: getattr(point, name) for name in point.__struct_fields__ if name != "vector"}
    return {name: _bytes(value) if isinstance(value, str) else value for name, value in values.items()}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")


def _passes(point: DensePoint, filters: Filters) -> bool:
    pairs = (
        (point.project, filters.projects),
        (point.modality, filters.modalities),
        (point.language, filters.languages),
        (point.layer, filters.layers),
    )
    if any(wanted and value not in wanted for value, wanted in pairs):
        return False
    if filters.path_prefix and (filters.path_prefix.rstrip("/") or "/") not in ancestors(point.path):
        return False
    if filters.since_s is None and filters.until_s is None:
        return True
    moment = point.timestamp_s
    return (
        moment is not None
        and (filters.since_s is None or moment >= filters.since_s)
        and (filters.until_s is None or moment < filters.until_s)
    )
