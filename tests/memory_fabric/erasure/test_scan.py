"""The scan finds what engines leave when they are asked to delete and to optimise, with their own defaults."""

from __future__ import annotations

from pathlib import Path

import pytest
import qdrant_edge as edge

from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.erasure.job import Job, Place, VectorNeedle
from memory_fabric.erasure.scan import Scanner
from memory_fabric.erasure.windows import windows_of
from memory_fabric.index.dense.qdrant_edge import QdrantEdgeIndex
from tests.contracts.vector_index import point, units

pytestmark = pytest.mark.slow

COUNT, GONE, DIMENSION = 3_000, 100, 64


def canary(number: int) -> str:
    """Return a text that nothing else holds."""
    return f"canary {number * 7919:08d} sings at {number * 104729:09d}"


def job(folder: Path, texts: dict[int, str], vectors: dict[int, Vectors]) -> Job:
    """Return a scan of one folder for texts and vectors by number."""
    windows = {window: number for number, text in texts.items() for window in windows_of(text.encode(), 8)}
    return Job(
        places=(Place("shard", str(folder)),),
        patterns=tuple(windows),
        owners=tuple(windows.values()),
        vectors=tuple(VectorNeedle(number, vector.astype("<f4").tobytes()) for number, vector in vectors.items()),
        terms={},
        stays=(),
        texts=(),
        store="",
        cache=str(folder / "none.db"),
        since_s=0.0,
    )


def test_a_shard_with_defaults_keeps_everything_that_was_deleted(tmp_path: Path) -> None:
    """Deleted, optimised and closed: all hundred texts and all hundred vectors are on disk, and are found."""
    vectors = units(COUNT, 7, DIMENSION)
    config = edge.EdgeConfig(vectors={"text": edge.EdgeVectorParams(DIMENSION, edge.Distance.Dot)})
    (tmp_path / "shard").mkdir()
    shard = edge.EdgeShard.create(str(tmp_path / "shard"), config)
    points = [edge.Point(n, {"text": vectors[n].tolist()}, {"text": canary(n)}) for n in range(COUNT)]
    shard.update(edge.UpdateOperation.upsert_points(points))
    shard.flush()
    gone = list(range(0, COUNT, COUNT // GONE))
    shard.update(edge.UpdateOperation.delete_points([*gone]))
    shard.flush()
    shard.optimize()
    shard.close()
    report = Scanner(
        job(tmp_path / "shard", {n: canary(n) for n in gone}, {n: vectors[n] for n in gone}), lambda _: None
    ).run()
    assert report.places[0].found > GONE
    # the report shows a thousand places: each text and each vector alone says whether it is there
    for number in gone[:5]:
        alone = Scanner(job(tmp_path / "shard", {number: canary(number)}, {number: vectors[number]}), lambda _: None)
        assert {finding.kind for finding in alone.run().findings} >= {"text", "vector"}


def test_holes_and_ends_of_pieces(tmp_path: Path) -> None:
    """A window across two pieces, one after a hole of a gigabyte, and one at the very end."""
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.write(b"x" * ((1 << 20) - 7) + canary(1).encode() + b"y" * 5_000)
        file.seek(1 << 30)
        file.write(canary(2).encode())
    report = Scanner(job(tmp_path, {1: canary(1), 2: canary(2)}, {}), lambda _: None).run()
    assert {finding.owner for finding in report.findings} == {1, 2}
    assert report.places[0].bytes < 4 << 20


def test_the_rounded_form_of_a_vector(tmp_path: Path) -> None:
    """A quantized segment keeps a deleted vector as small numbers of its own scale; an erasure takes them away."""
    vectors = units(COUNT, 8, DIMENSION)
    config = DenseConfig(quantization="scalar", hnsw_from_points=500)
    index = QdrantEdgeIndex(config, tmp_path / "dense", DIMENSION)
    index.upsert([point(n + 1, vectors[n]) for n in range(COUNT)])
    index.optimize()
    index.delete([ChunkId(7)])
    index.flush()
    look = Scanner(job(tmp_path / "dense", {}, {6: vectors[6]}), lambda _: None)
    assert {finding.kind for finding in look.run().findings} == {"vector", "quantized"}
    index.erase([])
    index.optimize()
    assert list((tmp_path / "dense").rglob("quantized.data"))
    again = Scanner(job(tmp_path / "dense", {}, {6: vectors[6]}), lambda _: None)
    assert again.run().findings == ()
