"""Qdrant Edge in our words: a shard's shape, its points, its conditions, its errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.errors import IndexCorruptError
from memory_fabric.index.dense.base import DensePoint
from memory_fabric.index.dense.payload import TAGS, TIME, payload_of, wanted_tags, wanted_times
from memory_fabric.index.disk import folder_bytes
from memory_fabric.records import Filters

__all__ = ["NAMES", "condition", "copy_points", "create_shard", "engine_errors", "load_shard", "point_of", "rehearse"]

NAMES = ("text", "code")

_FLOAT_BYTES = 4
_LARGE_BYTES = 64 * 1024 * 1024
_REHEARSALS = 200
_COPY_STEP = 1_000


@contextmanager
def engine_errors(folder: Path) -> Iterator[None]:
    """Turn what the engine raises into our error.

    The engine has no error classes of its own: it raises plain `Exception`, and panics of its Rust code come as a
    `BaseException` that cannot be imported.

    Raises:
        IndexCorruptError: The engine failed.
    """
    try:
        yield
    except BaseException as error:
        if type(error) is Exception or type(error).__name__ == "PanicException":
            raise IndexCorruptError(f"the vector index `{folder}` failed: {_first_line(error)}") from error
        raise


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _shape(config: DenseConfig, folder: Path, dimension: int) -> Any:
    quantization = None
    if config.quantization == "scalar":
        quantization = edge.ScalarQuantizationConfig(edge.ScalarType.Int8, quantile=0.99, memory=edge.Memory.Pinned)
    threshold_kb = max(1, config.hnsw_from_points * dimension * _FLOAT_BYTES // 1024)
    # `Cached` maps whole files when they are opened: 64 MB preallocated for an empty shard, and a page fault less for
    # every vector that a search of a large one meets
    memory = edge.Memory.Cached if folder_bytes(folder) > _LARGE_BYTES else edge.Memory.Cold
    params = edge.EdgeVectorParams(
        dimension,
        edge.Distance.Dot,
        quantization_config=quantization,
        memory=memory,
    )
    return edge.EdgeConfig(
        vectors=dict.fromkeys(NAMES, params),
        # what a filter leaves is scanned whole up to the size from which a collection earns a graph
        hnsw_config=edge.HnswIndexConfig(
            config.hnsw_m, config.hnsw_ef_construct, full_scan_threshold=threshold_kb, memory=memory
        ),
        optimizers=edge.EdgeOptimizersConfig(
            # what is forgotten must leave the files with the next `optimize`, however little it is
            deleted_threshold=0.000_001,
            vacuum_min_vector_number=1,
            # one segment: a second one costs every search a scan of its own
            default_segment_number=1,
            indexing_threshold=threshold_kb,
        ),
        # the ingest journal is the log; the engine's own one keeps deleted payloads and takes 128 MB from the start
        wal_enabled=False,
    )


def create_shard(config: DenseConfig, folder: Path, dimension: int) -> Any:
    """Return a new shard in `folder`, durable and empty."""
    with engine_errors(folder):
        shard = edge.EdgeShard.create(str(folder), _shape(config, folder, dimension))
        # no graph of its own for every tag: that took most of the time of building one
        tags, times = edge.KeywordIndexParams(enable_hnsw=False), edge.FloatIndexParams(enable_hnsw=False)
        shard.update(edge.UpdateOperation.create_field_index(TAGS, tags))
        shard.update(edge.UpdateOperation.create_field_index(TIME, times))
        shard.flush()
        return shard


def load_shard(config: DenseConfig, folder: Path, dimension: int) -> Any:
    """Open the shard in `folder`."""
    with engine_errors(folder):
        return edge.EdgeShard.load(str(folder), _shape(config, folder, dimension))


def rehearse(shard: Any) -> None:
    """Ask a graph about some of its own vectors: the first questions meet its pages and are ten times slower."""
    if not shard.info().indexed_vectors_count:
        return
    sample = shard.query(edge.QueryRequest(limit=_REHEARSALS, query=edge.Sample.Random, with_vector=True))
    for point in sample:
        for name, vector in point.vector.items():
            shard.query(edge.QueryRequest(limit=10, query=edge.Query.Nearest(vector, using=name)))


def point_of(point: DensePoint) -> Any:
    """Return the engine's form of a point; a plain list is the quickest way in that the engine has."""
    return edge.Point(int(point.id), {point.name: point.vector.tolist()}, payload_of(point))


def condition(filters: Filters) -> Any:
    """Return the engine's form of the filters; None when everything passes."""
    if filters.is_empty:
        return None
    must: list[Any] = [edge.FieldCondition(TAGS, match=edge.MatchAny(tags)) for tags in wanted_tags(filters)]
    if (times := wanted_times(filters)) is not None:
        must.append(edge.FieldCondition(TIME, range=edge.RangeFloat(gte=times[0], lt=times[1])))
    return edge.Filter(must=must)


def copy_points(source: Any, target: Any, ids: Sequence[ChunkId]) -> None:
    """Make `target` hold of `ids` exactly what `source` holds."""
    for start in range(0, len(ids), _COPY_STEP):
        part = [int(chunk_id) for chunk_id in ids[start : start + _COPY_STEP]]
        found = source.retrieve(part, with_payload=True, with_vector=True)
        gone = set(part) - {record.id for record in found}
        if gone:
            target.update(edge.UpdateOperation.delete_points(list(gone)))
        if found:
            points = [edge.Point(record.id, record.vector, record.payload) for record in found]
            target.update(edge.UpdateOperation.upsert_points(points))
