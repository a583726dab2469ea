"""Qdrant Edge under the contract, and what is its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.errors import IndexCorruptError
from memory_fabric.index.dense.base import VectorIndex
from memory_fabric.index.dense.qdrant_edge import QdrantEdgeIndex, probe_shard
from tests.contracts.durable_vector_index import DurableVectorIndexContract
from tests.contracts.vector_index import (
    DIMENSION,
    GRAPH_FROM,
    VectorIndexContract,
    clustered,
    filled,
    point,
    units,
)

CONFIG = DenseConfig(backend="qdrant_edge", hnsw_from_points=GRAPH_FROM)


class TestQdrantEdgeContract(DurableVectorIndexContract):
    """The shared suite."""

    @pytest.fixture
    def config(self) -> DenseConfig:
        """Return the configuration under test."""
        return CONFIG

    @pytest.fixture
    def open_index(
        self, config: DenseConfig, opener: Callable[[DenseConfig], Callable[[Path], VectorIndex]]
    ) -> Callable[[Path], VectorIndex]:
        """Return a function that opens an index."""
        return opener(config)


class TestQuantizedContract(VectorIndexContract):
    """The suite again with vectors kept as bytes beside the exact ones: scores stay true."""

    @pytest.fixture
    def open_index(
        self, opener: Callable[[DenseConfig], Callable[[Path], VectorIndex]]
    ) -> Callable[[Path], VectorIndex]:
        """Return a function that opens an index."""
        return opener(DenseConfig(backend="qdrant_edge", hnsw_from_points=GRAPH_FROM, quantization="scalar"))


# ---- its own ------------------------------------------------------------------------------------------------------


@pytest.fixture
def index(opener: Callable[[DenseConfig], Callable[[Path], QdrantEdgeIndex]], tmp_path: Path) -> QdrantEdgeIndex:
    """Return an index that has earned a graph and has none yet."""
    made = opener(CONFIG)(tmp_path / "x")
    filled(made, [point(n, row) for n, row in enumerate(clustered(5 * GRAPH_FROM), 1)])
    return made


def _generations(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("g*"))


@pytest.mark.slow
def test_the_interpreter_is_free_while_the_graph_is_built(index: QdrantEdgeIndex) -> None:
    """Searches start and end while `optimize` runs; the engine would hold the interpreter from end to end."""
    query = units(1)[0]
    has_begun, is_done = threading.Event(), threading.Event()

    def optimize() -> None:
        index.optimize(has_begun.set)
        is_done.set()

    worker = threading.Thread(target=optimize)
    worker.start()
    has_begun.wait()
    searches = 0
    while not is_done.is_set():
        assert len(index.search(query, 10)) == 10
        searches += 1
    worker.join()
    assert searches > 20
    assert index.stats().indexed == 5 * GRAPH_FROM


@pytest.mark.slow
def test_optimize_ends_when_told(index: QdrantEdgeIndex, tmp_path: Path) -> None:
    """What `check` raises ends the work at once, leaves the index as it was and no copy behind."""

    def refuse() -> None:
        raise TimeoutError

    before = _generations(tmp_path / "x")
    with pytest.raises(TimeoutError):
        index.optimize(refuse)
    assert _generations(tmp_path / "x") == before
    assert index.stats().indexed == 0
    assert len(list(index.ids())) == 5 * GRAPH_FROM
    assert index.optimize()


@pytest.mark.slow
def test_close_ends_optimize(index: QdrantEdgeIndex, tmp_path: Path) -> None:
    """Closing does not wait for the graph, and nothing is lost."""
    has_begun = threading.Event()
    changed: list[bool] = []
    worker = threading.Thread(target=lambda: changed.append(index.optimize(has_begun.set)))
    worker.start()
    has_begun.wait()
    index.close()
    worker.join()
    assert changed == [False]
    assert len(_generations(tmp_path / "x")) == 1
    again = QdrantEdgeIndex(CONFIG, tmp_path / "x", DIMENSION)
    assert len(list(again.ids())) == 5 * GRAPH_FROM
    again.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.contracts.vector_index import DIMENSION, clustered, filled, point
from tests.memory_fabric.index.dense.test_qdrant_edge import CONFIG
from memory_fabric.index.dense.qdrant_edge import QdrantEdgeIndex
index = QdrantEdgeIndex(CONFIG, Path(sys.argv[1]), DIMENSION)
filled(index, [point(n, row) for n, row in enumerate(clustered(5_000), 1)])
index.optimize(lambda: os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.mark.slow
def test_kill_while_optimizing(tmp_path: Path) -> None:
    """After `kill -9` in the middle the index is as it was, the copy goes, and its process does not live on."""
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "x")],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == -signal.SIGKILL
    assert len(_generations(tmp_path / "x")) == 2
    index = QdrantEdgeIndex(CONFIG, tmp_path / "x", DIMENSION)
    assert len(_generations(tmp_path / "x")) == 1
    assert sorted(index.ids()) == list(range(1, 5_001))
    assert index.optimize()
    assert index.stats().indexed == 5_000
    index.close()
    busy = [p for p in psutil.process_iter() if str(tmp_path) in " ".join(_command_line(p))]
    assert busy == []


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


@pytest.mark.parametrize("content", [b"", b"{}", b'{"generation":"../g1","dimension":32,"is_tidy":true}', b"\xff"])
def test_a_broken_pointer_is_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever stands in `current.json`, the answer is our own error, and nothing outside the folder is opened."""
    QdrantEdgeIndex(CONFIG, tmp_path / "x", DIMENSION).close()
    (tmp_path / "x" / "current.json").write_bytes(content)
    with pytest.raises(IndexCorruptError):
        QdrantEdgeIndex(CONFIG, tmp_path / "x", DIMENSION)


def test_a_lost_generation_is_refused(tmp_path: Path) -> None:
    """A pointer to a folder that is not there is damage, not an empty index."""
    QdrantEdgeIndex(CONFIG, tmp_path / "x", DIMENSION).close()
    shutil.rmtree(tmp_path / "x" / _generations(tmp_path / "x")[0])
    with pytest.raises(IndexCorruptError):
        QdrantEdgeIndex(CONFIG, tmp_path / "x", DIMENSION)


def test_an_empty_index_takes_little_room(tmp_path: Path) -> None:
    """A new index of a few points takes well under the 128 MB that the engine's own log would."""
    index = QdrantEdgeIndex(CONFIG, tmp_path / "x", DIMENSION)
    filled(index, [point(1, units(1)[0])])
    assert index.stats().disk_bytes < 2_000_000
    index.close()


@pytest.mark.slow
def test_a_sound_index_passes_the_probe(tmp_path: Path) -> None:
    """After a crash nothing is built again without need: times of today, equal ones, none, and deleted points pass."""
    index = QdrantEdgeIndex(CONFIG, tmp_path / "x", DIMENSION)
    rows = units(300)
    filled(index, (point(n + 1, row, timestamp_s=1.7637e9 + n // 3 * 1e-3 + 0.123456) for n, row in enumerate(rows)))
    filled(index, (point(n, row, timestamp_s=None) for n, row in enumerate(units(30, 4), 290)))
    index.delete([ChunkId(n) for n in range(1, 40)])
    index.flush()
    shutil.copytree(tmp_path / "x", tmp_path / "crashed")
    index.close()
    assert probe_shard(tmp_path / "crashed", DIMENSION) == []
    assert probe_shard(tmp_path / "x", DIMENSION) == []


@pytest.mark.slow
def test_a_vector_out_of_nothing_is_damage(tmp_path: Path) -> None:
    """One bit of the flags that say which point has which vector: a search by prose would find a piece of code."""
    index = QdrantEdgeIndex(CONFIG, tmp_path / "x", DIMENSION)
    filled(index, (point(n + 1, row, name="code" if n % 2 else "text") for n, row in enumerate(units(1_500))))
    index.optimize()
    index.close()
    assert probe_shard(tmp_path / "x", DIMENSION) == []
    flags = next(path for path in tmp_path.rglob("vector_storage-text/deleted/flags_a.dat"))
    with flags.open("r+b") as file:
        head = file.read(64)
        place = next(n for n, byte in enumerate(head) if byte)
        file.seek(place)
        file.write(bytes([head[place] & (head[place] - 1)]))
    (problem,) = probe_shard(tmp_path / "x", DIMENSION)
    assert problem.endswith("has 2 vectors")


@pytest.mark.slow
def test_a_probe_that_comes_to_no_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged table of ids was seen to keep the engine busy for ever."""
    script = tmp_path / "endless.py"
    script.write_text("import time\nwhile True:\n    time.sleep(60)\n")
    monkeypatch.setattr("memory_fabric.index.dense.edge_worker.SCRIPT", script)
    monkeypatch.setattr("memory_fabric.index.dense.qdrant_edge._PROBE_S", 0.2)
    QdrantEdgeIndex(CONFIG, tmp_path / "x", DIMENSION).close()
    assert probe_shard(tmp_path / "x", DIMENSION) == [
        "the vector index cannot be read: the engine did not come to an end"
    ]
