"""From a word of the configuration to a term index; a backend is imported only when it is chosen."""

from __future__ import annotations

from pathlib import Path

from memory_fabric.config import SparseConfig
from memory_fabric.index.sparse.base import TermIndex

__all__ = ["open_term_index", "verify_term_files"]


def open_term_index(config: SparseConfig, folder: Path) -> TermIndex:
    """Open the term index in `folder`, creating it when it is not there.

    Raises:
        IndexCorruptError: It cannot be opened.
    """
    match config.backend:
        case "tantivy":
            from memory_fabric.index.sparse.tantivy import TantivyIndex

            return TantivyIndex(folder, heap_bytes=config.heap_bytes)
        case "fts5":
            from memory_fabric.index.sparse.fts5 import Fts5Index

            return Fts5Index(folder)


def verify_term_files(config: SparseConfig, folder: Path) -> list[str]:
    """Check every byte of an index that was not closed cleanly; returns what is wrong."""
    match config.backend:
        case "tantivy":
            from memory_fabric.index.sparse.integrity import check_full

            return check_full(folder)
        case "fts5":
            from memory_fabric.index.sparse.fts5 import check_database

            return check_database(folder)
