"""Cairn's vector index beside the bare Qdrant Edge shard on the same data: what our own code costs.

    python -m benchmarks.vector_index                  20,000 vectors
    python -m benchmarks.vector_index 100000
    python -m benchmarks.vector_index 20000 --profile  where our own share of the time goes

Both have the same vectors, payloads, payload indexes and engine settings; the bare shard gets its payloads ready-made
and is asked for one named vector, Cairn for both. A ratio of 1.1 means that Cairn takes a tenth longer.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import math
import pstats
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from benchmarks.corpus import clustered_vectors
from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.index.dense.base import DensePoint
from memory_fabric.index.dense.edge_shard import condition, create_shard
from memory_fabric.index.dense.payload import payload_of
from memory_fabric.index.dense.qdrant_edge import QdrantEdgeIndex
from memory_fabric.records import Filters

DIMENSION = 384
STEP = 1_000
WARM_UP = 20

FILTERS = {
    "project": Filters(projects=("project1",)),
    "folder": Filters(path_prefix="/home/someone/work/project1/docs/part3"),
    "time": Filters(since_s=1.7e9 + 5_000.0),
    "three": Filters(projects=("project1", "project2"), languages=("en",), path_prefix="/home/someone"),
}


def emit(name: str, value: float, unit: str, **about: object) -> None:
    """Print one figure."""
    print(json.dumps({"name": f"vector_index.{name}", "value": round(value, 4), "unit": unit, **about}), flush=True)


def dense_points(rows: np.ndarray) -> list[DensePoint]:
    """Return points with the fields that real chunks have."""
    return [
        DensePoint(
            id=ChunkId(number),
            vector=row,
            name="text",
            project=f"project{number % 5}",
            modality="text",
            language=("en", "ru")[number % 2],
            path=f"/home/someone/work/project{number % 5}/docs/part{number // 500}/file{number // 10}.md",
            timestamp_s=1.7e9 + number,
        )
        for number, row in enumerate(rows, 1)
    ]


class Bare:
    """The engine alone."""

    def __init__(self, config: DenseConfig, folder: Path) -> None:
        self._ef = config.hnsw_ef
        folder.mkdir()
        self.shard = create_shard(config, folder, DIMENSION)

    def write(self, points: Sequence[DensePoint], payloads: Sequence[dict[str, Any]]) -> None:
        """Upsert one batch."""
        made = [
            edge.Point(p.id, {p.name: p.vector.tolist()}, payload) for p, payload in zip(points, payloads, strict=True)
        ]
        self.shard.update(edge.UpdateOperation.upsert_points(made))

    def search(
        self, vector: np.ndarray, k: int, wanted: edge.Filter | None = None, *, is_exact: bool = False
    ) -> list[int]:
        """Return ids."""
        params = edge.SearchParams(hnsw_ef=max(self._ef, k), exact=is_exact)
        query = edge.Query.Nearest(vector.tolist(), using="text")
        return [
            hit.id for hit in self.shard.query(edge.QueryRequest(limit=k, query=query, filter=wanted, params=params))
        ]

    def score(self, vector: np.ndarray, ids: Sequence[int]) -> list[int]:
        """Score given ids."""
        return self.search(vector, len(ids), edge.Filter(must=[edge.HasIdCondition(set(ids))]), is_exact=True)


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of all do not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def measure_writing(index: QdrantEdgeIndex, bare: Bare, points: list[DensePoint], **about: object) -> None:
    """Write batches in turn, so that noise falls on both alike."""
    payloads = [payload_of(point) for point in points]
    took = [0.0, 0.0]
    for start in range(0, len(points), STEP):
        part, ready = points[start : start + STEP], payloads[start : start + STEP]
        for which, write in enumerate((partial(index.upsert, part), partial(bare.write, part, ready))):
            started = time.perf_counter()
            write()
            took[which] += time.perf_counter() - started
    for which, flush in enumerate((index.flush, bare.shard.flush)):
        started = time.perf_counter()
        flush()
        took[which] += time.perf_counter() - started
    emit("upsert_rate", len(points) / took[0], "points/s", **about)
    emit("upsert_ratio", took[0] / took[1], "cairn/bare", **about)


def measure_pair(
    name: str, calls: Sequence[tuple[Callable[[], object], Callable[[], object]]], **about: object
) -> None:
    """Time Cairn and the bare engine call by call, each first every other time."""
    took: list[list[float]] = [[], []]
    for number, pair in enumerate(calls):
        for which in (0, 1) if number % 2 else (1, 0):
            started = time.perf_counter()
            pair[which]()
            if number >= WARM_UP:
                took[which].append((time.perf_counter() - started) * 1e3)
    emit(f"{name}_p50", percentile(took[0], 0.5), "ms", **about)
    emit(f"{name}_p95", percentile(took[0], 0.95), "ms", **about)
    emit(f"{name}_ratio", percentile(took[0], 0.5) / percentile(took[1], 0.5), "cairn/bare, p50", **about)


def measure_reading(index: QdrantEdgeIndex, bare: Bare, questions: np.ndarray, count: int, **about: object) -> None:
    """Time searches, filtered searches and scoring of given ids."""
    for k in (10, 100):
        pairs = [(lambda q=q, k=k: index.search(q, k), lambda q=q, k=k: bare.search(q, k)) for q in questions]
        measure_pair(f"search_{k}", pairs, **about)
    for name, filters in FILTERS.items():
        pairs = [
            (
                lambda q=q, f=filters: index.search(q, 100, filters=f),
                lambda q=q, f=filters: bare.search(q, 100, condition(f)),
            )
            for q in questions
        ]
        measure_pair(f"search_100.{name}", pairs, **about)
    chance = random.Random(1)
    chosen = [[ChunkId(chance.randint(1, count)) for _ in range(200)] for _ in questions]
    scorings: list[tuple[Callable[[], object], Callable[[], object]]] = [
        (partial(index.score, q, i), partial(bare.score, q, i)) for q, i in zip(questions, chosen, strict=True)
    ]
    measure_pair("score_200", scorings, **about)


def measure_recall(index: QdrantEdgeIndex, rows: np.ndarray, questions: np.ndarray, **about: object) -> None:
    """Measure how many of the true ten nearest are found."""
    found = 0
    for question in questions:
        truth = set((np.argpartition(-(rows @ question), 10)[:10] + 1).tolist())
        found += len(truth.intersection(hit.id for hit in index.search(question, 10)))
    emit("recall@10", found / (10 * len(questions)), "", **about)


def profile(index: QdrantEdgeIndex, points: list[DensePoint], questions: np.ndarray) -> None:
    """Print where the time goes: writing, searching, scoring."""
    ids = [point.id for point in points[:200]]

    def upsert() -> None:
        for start in range(0, len(points), STEP):
            index.upsert(points[start : start + STEP])

    works: tuple[tuple[str, Callable[[], object]], ...] = (
        ("upsert", upsert),
        ("search", lambda: [index.search(question, 100) for question in questions]),
        ("score", lambda: [index.score(question, ids) for question in questions]),
    )
    for name, work in works:
        print(f"== {name}", file=sys.stderr)
        profiler = cProfile.Profile()
        profiler.runcall(work)
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(12)


def main() -> None:
    """Measure by full scan, then with a graph."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=20_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    drawn = clustered_vectors(asked.count + asked.questions, DIMENSION)
    rows, questions = drawn[: asked.count], drawn[asked.count :]
    points = dense_points(rows)
    config = DenseConfig(hnsw_from_points=asked.count // 2)
    with tempfile.TemporaryDirectory() as place:
        index = QdrantEdgeIndex(config, Path(place) / "cairn", DIMENSION)
        if asked.profile:
            profile(index, points, questions)
            return
        bare = Bare(config, Path(place) / "bare")
        about: dict[str, object] = {"vectors": asked.count}
        measure_writing(index, bare, points, **about)
        measure_reading(index, bare, questions, asked.count, **about, by="scan")
        started = time.perf_counter()
        index.optimize()
        emit("optimize", time.perf_counter() - started, "s", **about)
        started = time.perf_counter()
        bare.shard.optimize()
        emit("optimize_bare", time.perf_counter() - started, "s", **about)
        measure_reading(index, bare, questions, asked.count, **about, by="graph")
        measure_recall(index, rows, questions, **about, by="graph")
        emit("disk", index.stats().disk_bytes / asked.count, "bytes/point", **about)
        index.close()


if __name__ == "__main__":
    main()
