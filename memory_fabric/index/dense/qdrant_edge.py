"""The default vector index: the Qdrant engine in this process, one shard in one folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.errors import DimensionError, IndexCorruptError
from memory_fabric.index.dense.base import DensePoint, Scored, VectorIndexStats
from memory_fabric.index.disk import folder_bytes
from memory_fabric.index.folders import ancestors
from memory_fabric.records import Filters

__all__ = ["QdrantEdgeIndex"]

_NAMES = ("text", "code")
_KEYWORDS = ("project", "modality", "language", "layer", "under")
_FLOAT_BYTES = 4
_SCROLL = 50_000


class QdrantEdgeIndex:
    """Named vectors `text` and `code` in a Qdrant shard; payloads hold filter fields only.

    The shard keeps no log of its own: the ingest journal is that log, and its watermark moves only after `flush`.

    Args:
        config: Graph, quantization, and the size from which a graph is built.
        folder: Created when missing.
        dimension: Length of a vector.

    Raises:
        IndexCorruptError: The folder cannot be opened.
        DimensionError: It was made for vectors of another length.
    """

    def __init__(self, config: DenseConfig, folder: Path, dimension: int) -> None:
        self._config = config
        self._folder = folder
        self._dimension = dimension
        self._lock = threading.Lock()
        self._shard = self._open()

    def _open(self) -> Any:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            if any(self._folder.iterdir()):
                shard = edge.EdgeShard.load(str(self._folder), self._shape())
            else:
                shard = edge.EdgeShard.create(str(self._folder), self._shape())
                self._index_fields(shard)
        except BaseException as error:  # the engine's panics derive from BaseException
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise IndexCorruptError(f"the vector index `{self._folder}` cannot be opened: {error}") from error
        return shard

    def _shape(self) -> Any:
        config = self._config
        quantization = None
        if config.quantization == "scalar":
            quantization = edge.ScalarQuantizationConfig(edge.ScalarType.Int8, quantile=0.99, always_ram=True)
        params = edge.EdgeVectorParams(self._dimension, edge.Distance.Dot, quantization_config=quantization)
        return edge.EdgeConfig(
            vectors=dict.fromkeys(_NAMES, params),
            hnsw_config=edge.HnswIndexConfig(config.hnsw_m, config.hnsw_ef_construct, full_scan_threshold=10_000),
            optimizers=edge.EdgeOptimizersConfig(
                # what is forgotten must leave the files with the next `optimize`, however little it is
                deleted_threshold=0.000_001,
                vacuum_min_vector_number=1,
                # one segment: a second one costs every search a scan of its own
                default_segment_number=1,
                indexing_threshold=config.hnsw_from_points * self._dimension * _FLOAT_BYTES // 1024,
            ),
            wal_enabled=False,
        )

    @staticmethod
    def _index_fields(shard: Any) -> None:
        for name in _KEYWORDS:
            shard.update(edge.UpdateOperation.create_field_index(name, edge.PayloadSchemaType.Keyword))
        shard.update(edge.UpdateOperation.create_field_index("time", edge.PayloadSchemaType.Integer))

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    # ---- writing ----------------------------------------------------------------------------------------------

    def upsert(self, points: Sequence[DensePoint]) -> None:
        """Insert or replace points.

        Raises:
            DimensionError: A vector's length differs from the index.
        """
        if not points:
            return
        made = []
        for point in points:
            self._check(point.vector)
            made.append(edge.Point(int(point.id), {point.name: point.vector.tolist()}, _payload(point)))
        with self._lock:
            self._shard.update(edge.UpdateOperation.upsert_points(made))

    def delete(self, ids: Sequence[ChunkId]) -> None:
        """Remove points; unknown ids are ignored."""
        if ids:
            with self._lock:
                self._shard.update(edge.UpdateOperation.delete_points([int(i) for i in ids]))

    def flush(self) -> None:
        """Write everything to disk."""
        with self._lock:
            self._shard.flush()

    def optimize(self) -> bool:
        """Build the graph when the collection has earned one, and drop deleted points from the files."""
        changed = bool(self._shard.optimize())
        self.flush()
        return changed

    def close(self) -> None:
        """Flush and release files."""
        with self._lock:
            self._shard.flush()
            self._shard.close()

    # ---- reading ----------------------------------------------------------------------------------------------

    def _check(self, vector: Vectors) -> None:
        if vector.shape != (self._dimension,):
            raise DimensionError(f"a vector has shape {vector.shape}, the index holds ({self._dimension},)")

    def search(
        self, vector: Vectors, k: int, *, filters: Filters = Filters(), names: Sequence[str] = _NAMES
    ) -> list[Scored]:
        """Return the k nearest points over the named vectors, best first; ties by smaller id.

        Raises:
            DimensionError: The vector's length differs from the index.
        """
        self._check(vector)
        condition = _condition(filters)
        plain = vector.tolist()
        found = [hit for name in names for hit in self._nearest(plain, k, name, condition, is_exact=False)]
        return sorted(found, key=lambda hit: (-hit.score, hit.id))[:k]

    def _nearest(self, vector: list[float], k: int, name: str, condition: Any, *, is_exact: bool) -> list[Scored]:
        request = edge.QueryRequest(
            limit=k,
            query=edge.Query.Nearest(vector, using=name),
            filter=condition,
            params=edge.SearchParams(hnsw_ef=max(self._config.hnsw_ef, k), exact=is_exact),
        )
        return [Scored(ChunkId(int(point.id)), float(point.score)) for point in self._shard.query(request)]

    def score(self, vector: Vectors, ids: Sequence[ChunkId]) -> dict[ChunkId, float]:
        """Return the exact cosine of each known id; unknown ids are left out.

        Raises:
            DimensionError: The vector's length differs from the index.
        """
        self._check(vector)
        if not ids:
            return {}
        among = edge.Filter(must=[edge.HasIdCondition({int(i) for i in ids})])
        plain = vector.tolist()
        return {
            hit.id: hit.score for name in _NAMES for hit in self._nearest(plain, len(ids), name, among, is_exact=True)
        }

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id."""
        offset = None
        found: list[ChunkId] = []
        while True:
            request = edge.ScrollRequest(offset=offset, limit=_SCROLL, with_payload=False, with_vector=False)
            records, offset = self._shard.scroll(request)
            found += [ChunkId(int(record.id)) for record in records]
            if offset is None:
                return found

    def vectors(self, ids: Sequence[ChunkId]) -> dict[ChunkId, Vectors]:
        """Return the stored vectors of the known ids, as float32."""
        records = self._shard.retrieve([int(i) for i in ids], with_payload=False, with_vector=True)
        return {
            ChunkId(int(record.id)): np.asarray(next(iter(record.vector.values())), dtype=np.float32)
            for record in records
            if record.vector
        }

    def stats(self) -> VectorIndexStats:
        """Return the present state."""
        info = self._shard.info()
        return VectorIndexStats(
            info.points_count, info.indexed_vectors_count, info.segments_count, folder_bytes(self._folder)
        )


def _payload(point: DensePoint) -> dict[str, Any]:
    return {
        "project": point.project,
        "modality": point.modality,
        "language": point.language,
        "layer": point.layer,
        "under": ancestors(point.path),
        "time": int(point.timestamp_s),
    }


def _condition(filters: Filters) -> Any:
    if filters.is_empty:
        return None
    must: list[Any] = []
    for key, values in (
        ("project", filters.projects),
        ("modality", filters.modalities),
        ("language", filters.languages),
        ("layer", filters.layers),
    ):
        if values:
            must.append(edge.FieldCondition(key, match=edge.MatchAny(list(values))))
    if filters.path_prefix:
        folder = filters.path_prefix.rstrip("/") or os.sep
        must.append(edge.FieldCondition("under", match=edge.MatchValue(folder)))
    if filters.since_s is not None or filters.until_s is not None:
        low = None if filters.since_s is None else int(filters.since_s)
        high = None if filters.until_s is None else int(filters.until_s)
        must.append(edge.FieldCondition("time", range=edge.RangeFloat(gte=low, lt=high)))
    return edge.Filter(must=must)
