"""The pipeline without the model: read, cut, journal, both indexes; then a second run over the unchanged tree.

Vectors are made up beforehand, so that everything but the model runs as it does in life: the journal is followed by a
thread for each index while files are still being read.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.corpus import clustered_vectors, write_tree
from foundation.ids import JournalSeq
from memory_fabric.config import DenseConfig, IngestConfig, ScanConfig, SparseConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.index.applier import IndexApplier
from memory_fabric.index.dense.factory import open_vector_index
from memory_fabric.index.sparse.factory import open_term_index
from memory_fabric.index.targets import DenseTarget, SparseTarget, Target
from memory_fabric.ingest.pipeline import index_paths
from memory_fabric.scan.scanner import Scanner
from memory_fabric.store.store import Store

DIMENSION = 384
FILES = 1_000


class FixedVectors:
    """An embedder that costs nothing: vectors from a table, in turn."""

    model_id = "fixed"
    dimension = DIMENSION
    languages = frozenset({"en"})
    is_loaded = True

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
        vector: Vectors = self.embed([text])[0]
        return vector

    def token_count(self, text: str) -> int:
        """Count words."""
        return len(text.split())

    def fertility(self, text: str) -> float:
        """Say that the language is known."""
        return 1.0


def run() -> None:
    """Print chunks a second of the whole as it runs in life, and of each part alone."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        write_tree(root / "tree", FILES)
        chunks, seconds = together(root)
        emit("pipeline_chunks_per_s", chunks / seconds, "chunks/s", chunks=chunks)
        chunks, stored, followed = apart(root)
        emit("pipeline_read_cut_store_chunks_per_s", chunks / stored, "chunks/s")
        emit("pipeline_both_indexes_chunks_per_s", chunks / followed, "chunks/s")


def together(root: Path) -> tuple[int, float]:
    """Index the tree while both indexes follow on threads of their own; returns chunks and seconds."""
    store = Store.open(root / "together")
    appliers = [
        IndexApplier(name, name, store, root / name, "bench", partial(opened, name, store, root / name))
        for name in ("sparse", "dense")
    ]
    for applier in appliers:
        applier.start()
        applier.wait_for(store.journal_head(), check=lambda: None)

    def notify() -> None:
        for applier in appliers:
            applier.notify()

    store.listen(notify)
    started = time.perf_counter()
    chunks = index(store, root / "tree")
    for applier in appliers:
        applier.wait_for(store.journal_head(), check=lambda: None)
    seconds = time.perf_counter() - started
    points = [applier.points() for applier in appliers]
    assert points == [chunks, chunks], points
    for applier in appliers:
        applier.stop()
    store.close()
    return chunks, seconds


def apart(root: Path) -> tuple[int, float, float]:
    """Index the tree, then let each index follow; returns chunks, and seconds of both halves."""
    store = Store.open(root / "apart")
    started = time.perf_counter()
    chunks = index(store, root / "tree")
    stored = time.perf_counter()
    ids = [chunk_id for entry in store.journal(JournalSeq(0), 10**6) for chunk_id in entry.chunk_ids]
    for name in ("sparse", "dense"):
        target = opened(name, store, root / f"{name}-apart")
        for start in range(0, len(ids), target.step):
            target.apply([], list(store.chunks(ids[start : start + target.step]).values()))
        target.flush()
        target.close()
    followed = time.perf_counter()
    store.close()
    return chunks, stored - started, followed - stored


def opened(name: str, store: Store, folder: Path) -> Target:
    """Open one of the two default indexes."""
    if name == "sparse":
        return SparseTarget(open_term_index(SparseConfig(), folder))
    index = open_vector_index(DenseConfig(), folder, DIMENSION)
    return DenseTarget(index, FixedVectors(), store.embeddings, lambda: None)


def index(store: Store, tree: Path) -> int:
    """Bring the store level with the tree; returns chunks."""
    summary = index_paths(
        store,
        [tree],
        project="bench",
        limits=IngestConfig(),
        scanner=Scanner(ScanConfig()),
        is_forced=False,
        report=lambda _: None,
        check=lambda: None,
    )
    return summary.chunks


def unchanged(files: int = 10_000) -> None:
    """Print the seconds of a second run over an unchanged tree."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        write_tree(root / "tree", files, chunks_a_file=1)
        time.sleep(0.1)
        store = Store.open(root / "store")
        for turn in ("first", "second"):
            started = time.perf_counter()
            index(store, root / "tree")
            emit(f"index_{turn}_run_s", time.perf_counter() - started, "s", files=files)
        store.close()


def emit(name: str, value: float, unit: str, **extra: object) -> None:
    """Print one figure as a JSON line."""
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, **extra}), flush=True)


if __name__ == "__main__":
    run()
    unchanged()
