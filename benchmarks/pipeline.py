"""The pipeline without the model: read, cut, journal, both indexes; then a second run over the unchanged tree.

Vectors are made up beforehand and put into the vector cache, so that everything but the model runs as it does in life.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.corpus import clustered_vectors, write_tree
from memory_fabric.config import DenseConfig, IngestConfig, SparseConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.index.dense.factory import open_vector_index
from memory_fabric.index.sparse.factory import open_term_index
from memory_fabric.index.targets import DenseTarget, SparseTarget
from memory_fabric.ingest.pipeline import index_paths
from memory_fabric.store.store import Store

DIMENSION = 384
FILES = 1_000


class FixedVectors:
    """An embedder that costs nothing: vectors from a table, in turn."""

    model_id = "fixed"
    dimension = DIMENSION
    languages = frozenset({"en"})

    def __init__(self) -> None:
        self._table = clustered_vectors(4_096, DIMENSION)
        self._next = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return (n, d) vectors of the table."""
        rows = (np.arange(self._next, self._next + len(texts))) % len(self._table)
        self._next += len(texts)
        return self._table[rows]

    def embed_query(self, text: str) -> Vectors:
        """Return one vector of the table."""
        return self.embed([text])[0]

    def token_count(self, text: str) -> int:
        """Count words."""
        return len(text.split())

    def fertility(self, text: str) -> float:
        """Say that the language is known."""
        return 1.0


def run() -> None:
    """Print chunks a second of the whole and of each part, and the seconds of an unchanged second run."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        write_tree(root / "tree", FILES)
        store = Store.open(root / "store")
        started = time.perf_counter()
        summary = index_paths(
            store,
            [root / "tree"],
            project="bench",
            limits=IngestConfig(),
            is_forced=False,
            report=lambda _: None,
            check=lambda: None,
        )
        stored = time.perf_counter()
        follow(store, root)
        ended = time.perf_counter()
        emit("pipeline_chunks_per_s", summary.chunks / (ended - started), "chunks/s", chunks=summary.chunks)
        emit("pipeline_read_cut_store_chunks_per_s", summary.chunks / (stored - started), "chunks/s")
        emit("pipeline_both_indexes_chunks_per_s", summary.chunks / (ended - stored), "chunks/s")
        store.close()


def follow(store: Store, root: Path) -> None:
    """Apply the journal to both indexes, one after the other: what two threads share on two cores."""
    sparse = SparseTarget(open_term_index(SparseConfig(), root / "sparse"))
    index = open_vector_index(DenseConfig(), root / "dense", DIMENSION)
    dense = DenseTarget(index, FixedVectors(), store.embeddings, lambda: None)
    ids = [chunk_id for entry in store.journal(0, 10**6) for chunk_id in entry.chunk_ids]  # type: ignore[arg-type]
    for target, step in ((sparse, 2_000), (dense, 512)):
        for start in range(0, len(ids), step):
            target.apply([], list(store.chunks(ids[start : start + step]).values()))
        target.flush()
        target.close()


def unchanged(files: int = 10_000) -> None:
    """Print the seconds of a second run over an unchanged tree."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        write_tree(root / "tree", files, chunks_a_file=1)
        time.sleep(0.1)
        store = Store.open(root / "store")
        for turn in ("first", "second"):
            started = time.perf_counter()
            index_paths(
                store,
                [root / "tree"],
                project="bench",
                limits=IngestConfig(),
                is_forced=False,
                report=lambda _: None,
                check=lambda: None,
            )
            emit(f"index_{turn}_run_s", time.perf_counter() - started, "s", files=files)
        store.close()


def emit(name: str, value: float, unit: str, **extra: object) -> None:
    """Print one figure as a JSON line."""
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, **extra}), flush=True)


if __name__ == "__main__":
    run()
    unchanged()
