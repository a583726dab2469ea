"""A Qdrant server or cluster as the vector index: for who has outgrown one machine.

Each store has a collection of its own, named after it: several profiles may share a server. The client's local mode
has the same interface and serves the contract tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import numpy as np

from foundation.errors import ConflictError, InputError, ResourceError
from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.errors import DimensionError
from memory_fabric.index.dense.base import NARROW_FILTER, DensePoint, Scored, VectorIndexStats
from memory_fabric.index.dense.payload import TAGS, TIME, payload_of, wanted_tags, wanted_times
from memory_fabric.index.dense.ties import best
from memory_fabric.operations import Check, Evidence
from memory_fabric.records import Filters

__all__ = ["QdrantServerIndex", "collection_of", "connect", "drop_collection"]

_COLLECTION = "cairn_text_code"
_NAMES = ("text", "code")
_BATCH = 500


def _client_module() -> Any:
    try:
        import qdrant_client
    except ImportError as error:
        raise ResourceError("the Qdrant client is not installed", fix="pip install 'cairn-daemon[qdrant]'") from error
    return qdrant_client


def connect(config: DenseConfig) -> Any:
    """Return a client of the server; nothing is asked of it yet.

    Raises:
        ResourceError: The client is not installed.
        InputError: The address is none.
    """
    module = _client_module()
    try:
        # the version is not asked for: that would warn on standard error where no server answers
        return module.QdrantClient(location=config.url, check_compatibility=False)
    except ValueError as error:
        raise InputError("memory.dense.url", f"`{config.url}` is no address of a server: {error}") from error


def drop_collection(config: DenseConfig, name: str) -> None:
    """Delete a store's collection; one that is not there is ignored.

    Raises:
        ResourceError: The server cannot be reached or refuses.
    """
    with closing(connect(config)) as client, server_errors(config.url):
        client.delete_collection(collection_of(name))


def collection_of(name: str) -> str:
    """Return the name of a store's collection."""
    return f"{_COLLECTION}_{name}" if name else _COLLECTION


@contextmanager
def server_errors(url: str) -> Iterator[None]:
    """Turn what the client raises into our error: the network may fail at every call.

    Not a damaged index: a server that does not answer must not have its collection thrown away.

    Raises:
        ResourceError: The server cannot be reached or refuses.
    """
    from qdrant_client.common.client_exceptions import QdrantException
    from qdrant_client.http.exceptions import ApiException

    try:
        yield
    # ValueError: what answers is no Qdrant server, or its collection has gone
    except (ApiException, QdrantException, OSError, ValueError) as error:
        raise ResourceError(
            f"the Qdrant server `{url}` failed: {_first_line(error)}", fix="see that it runs, and `memory.dense.url`"
        ) from error


def _first_line(error: BaseException) -> str:
    # a wrapper of the client has no text of its own
    cause = getattr(error, "source", error)
    return next((line for line in str(cause).splitlines() if line), type(cause).__name__)


class QdrantServerIndex:
    """Named vectors `text` and `code` in one collection.

    Args:
        config: Graph, quantization, and the address of the server.
        dimension: Length of a vector.
        name: The store's id: the collection bears it.

    Raises:
        ResourceError: The client is not installed, or the server cannot be reached.
        DimensionError: The collection was made for vectors of another length.
    """

    def __init__(self, config: DenseConfig, dimension: int, *, name: str = "") -> None:
        self._models = _client_module().models
        self._config = config
        self._dimension = dimension
        self._collection = collection_of(name)
        self._connection = connect(config)
        self._is_closed = False
        try:
            with self._server() as client:
                if not client.collection_exists(self._collection):
                    self._create()
                known = client.get_collection(self._collection).config.params.vectors["text"].size
            if known != dimension:
                raise DimensionError(f"the collection holds vectors of {known}, the model gives {dimension}")
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def _server(self) -> Iterator[Any]:
        """Give the client, and turn what it raises into our errors.

        Raises:
            ConflictError: The index is closed.
            ResourceError: The server cannot be reached or refuses.
        """
        if self._is_closed:
            raise ConflictError("the vector index is closed")
        with server_errors(self._config.url):
            yield self._connection

    def _create(self) -> None:
        models = self._models
        hnsw = models.HnswConfigDiff(m=self._config.hnsw_m, ef_construct=self._config.hnsw_ef_construct)
        params = models.VectorParams(size=self._dimension, distance=models.Distance.DOT, hnsw_config=hnsw)
        quantization = None
        if self._config.quantization == "scalar":
            scalar = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
            quantization = models.ScalarQuantization(scalar=scalar)
        with self._server() as client:
            client.create_collection(
                self._collection, vectors_config=dict.fromkeys(_NAMES, params), quantization_config=quantization
            )
            client.create_payload_index(self._collection, TAGS, models.PayloadSchemaType.KEYWORD)
            client.create_payload_index(self._collection, TIME, models.PayloadSchemaType.FLOAT)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def _check(self, vector: Vectors) -> None:
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
        with self._server() as client:
            for start in range(0, len(made), _BATCH):
                client.upsert(self._collection, made[start : start + _BATCH], wait=True)

    def delete(self, ids: Sequence[ChunkId]) -> None:
        """Remove points; unknown ids are ignored."""
        if ids:
            selector = self._models.PointIdsList(points=[int(i) for i in ids])
            with self._server() as client:
                client.delete(self._collection, points_selector=selector, wait=True)

    def erase(self, ids: Sequence[ChunkId], check: Check = lambda: None) -> Evidence:
        """Remove points and have the server vacuum its segments; what lies on its disks cannot be seen from here."""
        check()
        gone = len(self.vectors(ids)) if ids else 0
        self.delete(ids)
        vacuum = self._models.OptimizersConfigDiff(deleted_threshold=0.000_001, vacuum_min_vector_number=100)
        with self._server() as client:
            client.update_collection(self._collection, optimizers_config=vacuum)
        return Evidence(gone, 0, f"the disks of the Qdrant server `{self._config.url}` cannot be looked at from here")

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
        acorn = self._models.AcornSearchParams(enable=condition is not None, max_selectivity=NARROW_FILTER)
        effort = self._models.SearchParams(hnsw_ef=max(self._config.hnsw_ef, k), exact=is_exact, acorn=acorn)
        with self._server() as client:
            answer = client.query_points(
                self._collection,
                query=vector.tolist(),
                using=name,
                limit=k,
                query_filter=condition,
                search_params=effort,
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
            with self._server() as client:
                records, offset = client.scroll(self._collection, limit=10_000, offset=offset, with_payload=False)
            found += [ChunkId(int(record.id)) for record in records]
            if offset is None:
                return found

    def vectors(self, ids: Sequence[ChunkId]) -> dict[ChunkId, Vectors]:
        """Return the stored vectors of the known ids, as float32."""
        with self._server() as client:
            records = client.retrieve(self._collection, [int(i) for i in ids], with_payload=False, with_vectors=True)
        return {
            ChunkId(int(record.id)): np.asarray(next(iter(record.vector.values())), dtype=np.float32)
            for record in records
            if record.vector
        }

    def stats(self) -> VectorIndexStats:
        """Return the present state; the size on disk is the server's business and 0 here."""
        with self._server() as client:
            info = client.get_collection(self._collection)
        return VectorIndexStats(info.points_count or 0, info.indexed_vectors_count or 0, info.segments_count, 0)

    def optimize(self, check: Check = lambda: None) -> bool:
        """A server optimises itself."""
        return False

    def flush(self) -> None:
        """Every write waited for the server's own durability."""

    def close(self) -> None:
        """Close the connection; may be called again."""
        self._is_closed = True
        self._connection.close()

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
