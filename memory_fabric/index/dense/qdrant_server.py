"""A Qdrant server or cluster as the vector index: for who has outgrown one machine.

The client's local mode (`:memory:`) has the same interface and serves the contract tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from foundation.errors import ConflictError, ResourceError
from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.errors import DimensionError
from memory_fabric.index.dense.base import DensePoint, Scored, VectorIndexStats
from memory_fabric.index.dense.payload import TAGS, TIME, payload_of, wanted_tags, wanted_times
from memory_fabric.index.dense.ties import best
from memory_fabric.operations import Check
from memory_fabric.records import Filters

__all__ = ["QdrantServerIndex"]

_COLLECTION = "cairn_text_code"
_NAMES = ("text", "code")
_BATCH = 500


def _client_module() -> Any:
    try:
        import qdrant_client
    except ImportError as error:
        raise ResourceError("the Qdrant client is not installed", fix="pip install 'cairn-daemon[qdrant]'") from error
    return qdrant_client


class QdrantServerIndex:
    """Named vectors `text` and `code` in one collection.

    Args:
        config: Graph, quantization, and the address of the server.
        dimension: Length of a vector.
        location: Overrides the address: `:memory:` for the client's own local mode.

    Raises:
        ResourceError: The client is not installed.
        DimensionError: The collection was made for vectors of another length.
    """

    def __init__(self, config: DenseConfig, dimension: int, *, location: str = "") -> None:
        module = _client_module()
        self._models = module.models
        self._config = config
        self._dimension = dimension
        self._client = module.QdrantClient(location=location or config.url)
        self._is_closed = False
        if not self._client.collection_exists(_COLLECTION):
            self._create()
        known = self._client.get_collection(_COLLECTION).config.params.vectors["text"].size
        if known != dimension:
            raise DimensionError(f"the collection holds vectors of {known}, the model gives {dimension}")

    def _create(self) -> None:
        models = self._models
        hnsw = models.HnswConfigDiff(m=self._config.hnsw_m, ef_construct=self._config.hnsw_ef_construct)
        params = models.VectorParams(size=self._dimension, distance=models.Distance.DOT, hnsw_config=hnsw)
        quantization = None
        if self._config.quantization == "scalar":
            scalar = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
            quantization = models.ScalarQuantization(scalar=scalar)
        self._client.create_collection(
            _COLLECTION, vectors_config=dict.fromkeys(_NAMES, params), quantization_config=quantization
        )
        self._client.create_payload_index(_COLLECTION, TAGS, models.PayloadSchemaType.KEYWORD)
        self._client.create_payload_index(_COLLECTION, TIME, models.PayloadSchemaType.FLOAT)

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
        made = [
            self._models.PointStruct(id=int(p.id), vector={p.name: p.vector.tolist()}, payload=payload_of(p))
            for p in points
        ]
        for start in range(0, len(made), _BATCH):
            self._client.upsert(_COLLECTION, made[start : start + _BATCH], wait=True)

    def delete(self, ids: Sequence[ChunkId]) -> None:
        """Remove points; unknown ids are ignored."""
        if ids:
            selector = self._models.PointIdsList(points=[int(i) for i in ids])
            self._client.delete(_COLLECTION, points_selector=selector, wait=True)

    def search(
        self, vector: Vectors, k: int, *, filters: Filters = Filters(), names: Sequence[str] = _NAMES
    ) -> list[Scored]:
        """Return the k nearest points over the named vectors, best first; ties by smaller id.

        Raises:
            DimensionError: The vector's length differs from the index.
        """
        self._check(vector)
        condition = self._condition(filters)
        found: list[Scored] = []
        for name in names:
            found += best(partial(self._nearest, vector, name=name, condition=condition, is_exact=False), k)
        return sorted(found, key=lambda hit: (-hit.score, hit.id))[:k]

    def _nearest(self, vector: Vectors, k: int, name: str, condition: Any, *, is_exact: bool) -> list[Scored]:
        answer = self._client.query_points(
            _COLLECTION,
            query=vector.tolist(),
            using=name,
            limit=k,
            query_filter=condition,
            search_params=self._models.SearchParams(hnsw_ef=max(self._config.hnsw_ef, k), exact=is_exact),
            with_payload=False,
        )
        return [Scored(ChunkId(int(point.id)), float(point.score)) for point in answer.points]

    def score(self, vector: Vectors, ids: Sequence[ChunkId]) -> dict[ChunkId, float]:
        """Return the exact cosine of each known id; unknown ids are left out.

        Raises:
            DimensionError: The vector's length differs from the index.
        """
        self._check(vector)
        if not ids:
            return {}
        among = self._models.Filter(must=[self._models.HasIdCondition(has_id=[int(i) for i in ids])])
        return {hit.id: hit.score for n in _NAMES for hit in self._nearest(vector, len(ids), n, among, is_exact=True)}

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id."""
        offset = None
        found: list[ChunkId] = []
        while True:
            records, offset = self._client.scroll(_COLLECTION, limit=10_000, offset=offset, with_payload=False)
            found += [ChunkId(int(record.id)) for record in records]
            if offset is None:
                return found

    def vectors(self, ids: Sequence[ChunkId]) -> dict[ChunkId, Vectors]:
        """Return the stored vectors of the known ids, as float32."""
        records = self._client.retrieve(_COLLECTION, [int(i) for i in ids], with_payload=False, with_vectors=True)
        return {
            ChunkId(int(record.id)): np.asarray(next(iter(record.vector.values())), dtype=np.float32)
            for record in records
            if record.vector
        }

    def stats(self) -> VectorIndexStats:
        """Return the present state; the size on disk is the server's business and 0 here."""
        info = self._client.get_collection(_COLLECTION)
        return VectorIndexStats(info.points_count or 0, info.indexed_vectors_count or 0, info.segments_count, 0)

    def optimize(self, check: Check = lambda: None) -> bool:
        """A server optimises itself."""
        return False

    def flush(self) -> None:
        """Every write waited for the server's own durability."""

    def close(self) -> None:
        """Close the connection; may be called again."""
        self._is_closed = True
        self._client.close()

    def _condition(self, filters: Filters) -> Any:
        if filters.is_empty:
            return None
        models = self._models
        must: list[Any] = [
            models.FieldCondition(key=TAGS, match=models.MatchAny(any=tags)) for tags in wanted_tags(filters)
        ]
        if (times := wanted_times(filters)) is not None:
            must.append(models.FieldCondition(key=TIME, range=models.Range(gte=times[0], lt=times[1])))
        return models.Filter(must=must)
