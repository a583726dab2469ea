"""Cairn's vector index beside chromadb and lancedb: the same vectors, one process, questions in turn.

    python -m benchmarks.vector_peers                  20,000 vectors
    python -m benchmarks.vector_peers 100000           as in docs and results
    python -m benchmarks.vector_peers 100000 --append --peers lance

Two rounds of figures. *Ready*: everything written, durable and searchable, which for Cairn and lancedb is a full scan;
chromadb builds its graph while it writes. *Graph*: after the index that each engine builds afterwards, in Cairn's case
in the background while searches and writes go on. Peers run with their own defaults; lancedb has two kinds of index,
so it appears with both. All of them upsert, because an index that follows a journal must take a batch twice without
harm; `--append` lets the peers add without looking for ids that are there already, which Cairn cannot do. Seconds of
processor time stand beside seconds: Cairn builds its graph at low priority, so on a busy machine it waits for others.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.corpus import clustered_vectors
from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.index.dense.base import DensePoint
from memory_fabric.index.dense.qdrant_edge import QdrantEdgeIndex

DIMENSION = 384
STEP = 2_000
WARM_UP = 20
K = 10

Rows = np.ndarray


class Engine(Protocol):
    """One of those compared."""

    name: str

    def add(self, ids: range, rows: Rows) -> None:
        """Write points with the fields that filters look at."""

    def finish(self) -> None:
        """Make everything durable."""

    def build(self) -> bool:
        """Build what makes searches faster than a scan; returns whether there is such a thing still to build."""

    def search(self, row: Rows) -> list[int]:
        """Return the ids of the ten nearest."""

    def close(self) -> None:
        """Release files."""


def field_values(number: int) -> dict[str, str | float]:
    """Return what a chunk carries beside its vector."""
    return {
        "project": f"project{number % 5}",
        "modality": "text",
        "language": ("en", "ru")[number % 2],
        "path": f"/home/someone/work/project{number % 5}/docs/part{number // 500}/file{number // 10}.md",
        "time": 1.7e9 + number,
    }


class Cairn:
    """The default index of this project."""

    name = "cairn"

    def __init__(self, folder: Path, config: DenseConfig) -> None:
        self._index = QdrantEdgeIndex(config, folder, DIMENSION)

    def add(self, ids: range, rows: Rows) -> None:
        """Upsert."""
        points = []
        for number, row in zip(ids, rows, strict=True):
            values = field_values(number)
            moment = values.pop("time")
            points.append(DensePoint(id=ChunkId(number), vector=row, name="text", timestamp_s=moment, **values))  # type: ignore[arg-type]  # the other values are names
        self._index.upsert(points)

    def finish(self) -> None:
        """Flush."""
        self._index.flush()

    def build(self) -> bool:
        """Build the graph, if the collection has earned one."""
        return self._index.optimize() and self._index.stats().indexed > 0

    def search(self, row: Rows) -> list[int]:
        """Search both names, as recall does."""
        return [hit.id for hit in self._index.search(row, K)]

    def close(self) -> None:
        """Close."""
        self._index.close()


class Chroma:
    """A persistent client with default parameters but for the distance; no embedding function, no telemetry."""

    name = "chromadb"

    def __init__(self, folder: Path, *, is_appending: bool) -> None:
        import chromadb
        from chromadb.config import Settings

        client = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
        how = {"hnsw": {"space": "cosine"}}
        self._collection = client.create_collection("chunks", configuration=how, embedding_function=None)
        self._write = self._collection.add if is_appending else self._collection.upsert

    def add(self, ids: range, rows: Rows) -> None:
        """Upsert or add."""
        self._write([str(i) for i in ids], embeddings=rows, metadatas=[field_values(i) for i in ids])

    def finish(self) -> None:
        """Every add is durable when it returns."""

    def build(self) -> bool:
        """The graph grows with each add."""
        return False

    def search(self, row: Rows) -> list[int]:
        """Query ids only."""
        found = self._collection.query(query_embeddings=[row], n_results=K, include=["distances"])
        return [int(i) for i in found["ids"][0]]

    def close(self) -> None:
        """The client has nothing to close."""


class Lance:
    """A local table; `kind` is the index that `build` makes, with the parameters lancedb chooses itself."""

    def __init__(self, folder: Path, kind: str, *, is_appending: bool) -> None:
        import lancedb
        from lancedb.index import HnswSq, IvfPq

        self.name = f"lancedb_{kind}"
        self._index = {"ivf_pq": IvfPq, "hnsw_sq": HnswSq}[kind](distance_type="cosine")
        self._is_appending = is_appending
        self._database = lancedb.connect(folder)
        self._table: Any = None

    def add(self, ids: range, rows: Rows) -> None:
        """Upsert or append."""
        import pyarrow

        vectors = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(rows.ravel()), DIMENSION)
        values = [field_values(i) for i in ids]
        columns = {name: [value[name] for value in values] for name in values[0]}
        batch = pyarrow.table({"id": pyarrow.array(ids), "vector": vectors, **columns})
        if self._table is None:
            self._table = self._database.create_table("chunks", batch)
        elif self._is_appending:
            self._table.add(batch)
        else:
            self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().execute(batch)

    def finish(self) -> None:
        """Every add is durable when it returns; small fragments are joined, as its documentation advises."""
        self._table.optimize()

    def build(self) -> bool:
        """Build the index and wait for it."""
        self._table.create_index("vector", config=self._index)
        return True

    def search(self, row: Rows) -> list[int]:
        """Search ids only."""
        query = self._table.search(row).distance_type("cosine").limit(K).select(["id", "_distance"])
        found: list[int] = query.to_arrow()["id"].to_pylist()
        return found

    def close(self) -> None:
        """The table has nothing to close."""


def emit(name: str, value: float, unit: str, **about: object) -> None:
    """Print one figure."""
    print(json.dumps({"name": f"vector_peers.{name}", "value": round(value, 4), "unit": unit, **about}), flush=True)


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of all do not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def nearest(rows: Rows, questions: Rows) -> list[set[int]]:
    """Return the true ten nearest of each question."""
    return [set(np.argpartition(-(rows @ question), K)[:K].tolist()) for question in questions]


def steps(count: int) -> Iterator[range]:
    """Yield ranges of row numbers."""
    return (range(start, min(start + STEP, count)) for start in range(0, count, STEP))


def processor_s() -> float:
    """Return the processor time of this process and of its children that have ended."""
    return sum(os.times()[:4])


def timed(name: str, work: Callable[[], bool], **about: object) -> tuple[float, float]:
    """Print and return the seconds and processor seconds of work; nothing and zeros when it found nothing to do."""
    started, spent = time.perf_counter(), processor_s()
    if not work():
        return 0.0, 0.0
    took, spent = time.perf_counter() - started, processor_s() - spent
    emit(name, took, "s", **about)
    emit(f"{name}_cpu", spent, "processor s", **about)
    return took, spent


def write(engine: Engine, rows: Rows) -> bool:
    """Write everything, durably."""
    for part in steps(len(rows)):
        engine.add(part, rows[part.start : part.stop])
    engine.finish()
    return True


def measure_search(engines: list[Engine], questions: Rows, truth: list[set[int]], **about: object) -> dict[str, float]:
    """Ask each engine each question in turn, so that noise falls on all alike; returns p95 by engine."""
    took: dict[str, list[float]] = {engine.name: [] for engine in engines}
    found = dict.fromkeys(took, 0)
    for number, (question, wanted) in enumerate(zip(questions, truth, strict=True)):
        turn = number % len(engines)
        for engine in engines[turn:] + engines[:turn]:
            started = time.perf_counter()
            answer = engine.search(question)
            if number >= WARM_UP:
                took[engine.name].append((time.perf_counter() - started) * 1e3)
                found[engine.name] += len(wanted.intersection(answer))
    for name, values in took.items():
        emit("search_p50", percentile(values, 0.5), "ms", engine=name, **about)
        emit("search_p95", percentile(values, 0.95), "ms", engine=name, **about)
        emit("recall@10", found[name] / (K * len(values)), "", engine=name, **about)
    return {name: percentile(values, 0.95) for name, values in took.items()}


def emit_ratios(name: str, values: dict[str, float], **about: object) -> None:
    """Print what Cairn takes in units of each peer: below 1 is faster."""
    for peer, value in values.items():
        if peer != Cairn.name:
            emit(f"{name}_ratio", values[Cairn.name] / value, "cairn/peer", engine=peer, **about)


def open_engines(folder: Path, peers: list[str], config: DenseConfig, *, is_appending: bool) -> list[Engine]:
    """Open Cairn and the peers asked for."""
    engines: list[Engine] = [Cairn(folder / "cairn", config)]
    if "chroma" in peers:
        engines.append(Chroma(folder / "chroma", is_appending=is_appending))
    if "lance" in peers:
        engines += [Lance(folder / kind, kind, is_appending=is_appending) for kind in ("ivf_pq", "hnsw_sq")]
    return engines


def compare(engines: list[Engine], rows: Rows, questions: Rows) -> None:
    """Measure writing, then searching, then searching with every index built."""
    count = len(rows)
    truth = nearest(rows, questions)
    written = {e.name: timed("index", partial(write, e, rows), engine=e.name, vectors=count) for e in engines}
    emit_ratios("index", {name: took for name, (took, _) in written.items()}, vectors=count, state="ready")
    emit_ratios("search_p95", measure_search(engines, questions, truth, vectors=count, state="ready"), state="ready")
    built = {engine.name: timed("build", engine.build, engine=engine.name, vectors=count) for engine in engines}
    for place, name in enumerate(("index_with_graph", "index_with_graph_cpu")):
        whole = {engine.name: written[engine.name][place] + built[engine.name][place] for engine in engines}
        emit_ratios(name, whole, vectors=count, state="graph")
    emit_ratios("search_p95", measure_search(engines, questions, truth, vectors=count, state="graph"), state="graph")


def main() -> None:
    """Compare at the size asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=20_000)
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--append", action="store_true", help="peers need not look for ids that are there")
    usual = DenseConfig()
    parser.add_argument("--graph-from", type=int, default=usual.hnsw_from_points)
    parser.add_argument("--m", type=int, default=usual.hnsw_m)
    parser.add_argument("--ef-construct", type=int, default=usual.hnsw_ef_construct)
    parser.add_argument("--ef", type=int, default=usual.hnsw_ef)
    parser.add_argument("--peers", nargs="*", choices=("chroma", "lance"), default=("chroma", "lance"))
    asked = parser.parse_args()
    # one draw, so that questions lie where the vectors lie
    drawn = clustered_vectors(asked.count + asked.questions, DIMENSION)
    rows, questions = drawn[: asked.count], drawn[asked.count :]
    with tempfile.TemporaryDirectory() as folder:
        config = DenseConfig(
            hnsw_from_points=asked.graph_from,
            hnsw_m=asked.m,
            hnsw_ef_construct=asked.ef_construct,
            hnsw_ef=asked.ef,
        )
        engines = open_engines(Path(folder), list(asked.peers), config, is_appending=asked.append)
        compare(engines, rows, questions)
        for engine in engines:
            with closing(engine):
                pass


if __name__ == "__main__":
    main()
