"""Hybrid recall, warm, with the real model embedding the question, over made-up chunks and vectors.

python -m benchmarks.recall_latency [CHUNKS …]      default 100000
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.corpus import clustered_vectors, queries, texts
from benchmarks.pipeline import emit
from memory_eval.metrics import percentile
from memory_fabric.config import EmbedConfig, MemoryConfig
from memory_fabric.embed.factory import find_embedder
from memory_fabric.fabric import MemoryFabric
from memory_fabric.ingest.drafts import draft_record
from memory_fabric.operations import IngestRecord
from memory_fabric.records import RecallQuery
from memory_fabric.store.store import Store

QUESTIONS = 300
BATCH = 1_000


def fill(folder: Path, count: int, model_id: str, dimension: int) -> None:
    """Write chunks and their vectors into a store, as ingest and embedder would have."""
    store = Store.open(folder / "store")
    config = MemoryConfig().ingest
    vectors = clustered_vectors(count, dimension)
    source = texts(count)
    for start in range(0, count, BATCH):
        drafts = [
            draft_record(
                IngestRecord(id=str(n), text=next(source), modality="text", language="en"),
                project="bench",
                limits=config,
            )
            for n in range(start, min(start + BATCH, count))
        ]
        store.write(put=drafts)
        hashes = [draft.chunks[0].content_hash for draft in drafts]
        store.embeddings.put(model_id, dict(zip(hashes, vectors[start : start + len(drafts)], strict=True)))
    store.close()


def measure(count: int) -> None:
    """Print fill, catch-up and latency figures for `count` chunks."""
    embedder = find_embedder(EmbedConfig()).embedder
    assert embedder is not None, "run `make setup` first"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        fill(folder, count, embedder.model_id, embedder.dimension)
        fabric = MemoryFabric.open(MemoryConfig(), folder)
        started = time.perf_counter()
        fabric.start()
        fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)
        emit("indexes_built_s", time.perf_counter() - started, "s", chunks=count)
        started = time.perf_counter()
        fabric.compact(report=lambda _: None, check=lambda: None)
        emit("indexes_optimized_s", time.perf_counter() - started, "s", chunks=count)
        asked = queries(QUESTIONS + 20)
        results = [fabric.recall(RecallQuery(text=text, k=20)) for text in asked]
        took = [result.took_ms for result in results[20:]]
        for share in (0.5, 0.95, 0.99):
            emit(f"recall_p{share * 100:.0f}_ms", percentile(took, share), "ms", chunks=count)
        for stage in ("embed", "dense", "sparse", "fuse"):
            values = [result.stages.get(stage, 0.0) for result in results[20:]]
            emit(
                f"recall_{stage}_p95_ms",
                percentile(values, 0.95),
                "ms",
                chunks=count,
                mean=round(float(np.mean(values)), 3),
            )
        fabric.close()


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:]] or [100_000]:
        measure(size)
