"""From a word of the configuration to a vector index; a backend is imported only when it is chosen."""

from __future__ import annotations

from pathlib import Path

from memory_fabric.config import DenseConfig
from memory_fabric.index.dense.base import VectorIndex

__all__ = ["open_vector_index", "verify_vector_files"]


def open_vector_index(config: DenseConfig, folder: Path, dimension: int) -> VectorIndex:
    """Open the vector index in `folder`, creating it when it is not there.

    Raises:
        IndexCorruptError: It cannot be opened.
        DimensionError: It was made for vectors of another length.
    """
    match config.backend:
        case "qdrant_edge":
            from memory_fabric.index.dense.qdrant_edge import QdrantEdgeIndex

            return QdrantEdgeIndex(config, folder, dimension)
        case "qdrant_server":
            from memory_fabric.index.dense.qdrant_server import QdrantServerIndex

            return QdrantServerIndex(config, dimension)
        case "exact":
            from memory_fabric.index.dense.exact import ExactIndex

            return ExactIndex(dimension, folder)


def verify_vector_files(config: DenseConfig, folder: Path, dimension: int) -> list[str]:
    """Check an index that was not closed cleanly before this process maps its files; returns problems."""
    if config.backend != "qdrant_edge":
        return []
    from memory_fabric.index.dense.qdrant_edge import probe_shard

    return probe_shard(folder, dimension)
