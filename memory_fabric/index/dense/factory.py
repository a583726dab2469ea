"""From a word of the configuration to a vector index; a backend is imported only when it is chosen."""

from __future__ import annotations

from pathlib import Path

from memory_fabric.config import DenseConfig
from memory_fabric.index.dense.base import VectorIndex

__all__ = ["discard_vectors", "open_vector_index", "verify_vector_files"]

_COLLECTION_FILE = "collection"
"""Stands in the folder of an index that lives on a server, so that a folder that is lost is noticed as elsewhere."""


def open_vector_index(config: DenseConfig, folder: Path, dimension: int, *, name: str = "") -> VectorIndex:
    """Open the vector index in `folder`, creating it when it is not there.

    Args:
        config: Which backend, and how.
        folder: Where it lies.
        dimension: Length of a vector.
        name: The store's id: sets its vectors apart on a server that several stores share.

    Raises:
        IndexCorruptError: It cannot be opened.
        ResourceError: A server cannot be reached.
        DimensionError: It was made for vectors of another length.
    """
    match config.backend:
        case "qdrant_edge":
            from memory_fabric.index.dense.qdrant_edge import QdrantEdgeIndex

            return QdrantEdgeIndex(config, folder, dimension)
        case "qdrant_server":
            from memory_fabric.index.dense.qdrant_server import QdrantServerIndex

            index = QdrantServerIndex(config, dimension, name=name)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / _COLLECTION_FILE).write_text(f"{name}\n")
            return index
        case "exact":
            from memory_fabric.index.dense.exact import ExactIndex

            return ExactIndex(dimension, folder)


def discard_vectors(config: DenseConfig, *, name: str = "") -> None:
    """Throw away what an index keeps outside its folder; the folder is the caller's.

    Raises:
        ResourceError: A server cannot be reached.
    """
    if config.backend == "qdrant_server":
        from memory_fabric.index.dense.qdrant_server import drop_collection

        drop_collection(config, name)


def verify_vector_files(config: DenseConfig, folder: Path, dimension: int) -> list[str]:
    """Check an index that was not closed cleanly before this process maps its files; returns problems."""
    if config.backend != "qdrant_edge":
        return []
    from memory_fabric.index.dense.qdrant_edge import probe_shard

    return probe_shard(folder, dimension)
