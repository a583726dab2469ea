"""Tantivy under the contract, and what is its own: rest, crashes, damage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.ids import ChunkId
from memory_fabric.config import SparseConfig
from memory_fabric.errors import IndexCorruptError
from memory_fabric.index.sparse.base import TermIndex
from memory_fabric.index.sparse.integrity import check_full
from memory_fabric.index.sparse.tantivy import TantivyIndex
from tests.contracts.term_index import TermIndexContract, doc


class TestTantivyContract(TermIndexContract):
    """The shared suite."""

    @pytest.fixture
    def open_index(self, opener: Callable[[SparseConfig], Callable[[Path], TermIndex]]) -> Callable[[Path], TermIndex]:
        """Return a function that opens an index."""
        return opener(SparseConfig(backend="tantivy"))


CRASH = """
import os, signal, sys
from pathlib import Path
from memory_fabric.index.sparse.tantivy import TantivyIndex
from tests.contracts.term_index import doc
index = TantivyIndex(Path(sys.argv[1]))
index.upsert([doc(n, f"durable word{n}") for n in range(1, 501)])
index.flush()
index.delete([1])
index.upsert([doc(n, f"fleeting word{n}") for n in range(2, 801)])
if sys.argv[2] == "after":
    index.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "count", "word"), [("before", 500, "durable"), ("after", 799, "fleeting")])
def test_kill_leaves_the_last_flush(tmp_path: Path, moment: str, count: int, word: str) -> None:
    """After `kill -9` the index holds exactly what the last flush made durable, and takes the same batch again."""
    command = [sys.executable, "-c", CRASH, str(tmp_path / "x"), moment]
    ended = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert ended.returncode == -signal.SIGKILL
    assert check_full(tmp_path / "x") == []
    index = TantivyIndex(tmp_path / "x")
    assert len(index.search(word, 1_000)) == count
    index.delete([ChunkId(1)])
    index.upsert([doc(n, f"fleeting word{n}") for n in range(2, 801)])
    index.flush()
    assert sorted(index.ids()) == list(range(2, 801))
    index.close()


def test_damage_is_an_error_of_ours(tmp_path: Path) -> None:
    """A folder that cannot be opened says so in our words, whatever the engine raised."""
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "meta.json").write_text("{not json")
    with pytest.raises(IndexCorruptError, match="cannot be opened"):
        TantivyIndex(folder)


@pytest.mark.parametrize("ending", ["term", "idx", "fast", "store", "fieldnorm"])
def test_cut_files_never_escape_as_panics(tmp_path: Path, ending: str) -> None:
    """A truncated segment file ends in our error or in an answer, never in a panic of the engine."""
    index = TantivyIndex(tmp_path / "x")
    index.upsert([doc(n, f"some words {n}") for n in range(1, 200)])
    index.flush()
    index.close()
    victim = next((tmp_path / "x").glob(f"*.{ending}"))
    victim.write_bytes(victim.read_bytes()[:10])
    with pytest.raises(IndexCorruptError):
        _use(tmp_path / "x")


def _use(folder: Path) -> None:
    index = TantivyIndex(folder)
    try:
        index.search("words", 5)
        list(index.ids())
    finally:
        index.close()
    # not every file is read by a search: the checksums tell the rest
    if problems := check_full(folder):
        raise IndexCorruptError(problems[0])


def test_a_folder_of_another_layout_is_refused(tmp_path: Path) -> None:
    """An index with other fields is not opened as ours."""
    import tantivy

    folder = tmp_path / "x"
    folder.mkdir()
    tantivy.Index(tantivy.SchemaBuilder().add_text_field("other").build(), path=str(folder))
    with pytest.raises(IndexCorruptError):
        TantivyIndex(folder)


def test_rest_gives_the_writer_back(tmp_path: Path) -> None:
    """After `rest` the writer's threads are gone and nothing is lost; the next write brings them back."""
    index = TantivyIndex(tmp_path / "x", rest_after_s=1_000.0)
    index.upsert([doc(1, "first")])
    index.flush()
    busy = _native_threads()
    index.rest()
    assert _native_threads() < busy
    assert [hit.id for hit in index.search("first", 5)] == [1]
    index.upsert([doc(2, "second")])
    index.flush()
    assert [hit.id for hit in index.search("second", 5)] == [2]
    index.close()


def _native_threads() -> int:
    return len(list(Path("/proc/self/task").iterdir())) - threading.active_count()


def test_rests_by_itself(tmp_path: Path) -> None:
    """Some time after the last flush the index rests without being told."""
    index = TantivyIndex(tmp_path / "x", rest_after_s=0.0)
    index.upsert([doc(1, "first")])
    index.flush()
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()
    assert index._writer is None
    index.close()


def test_close_leaves_no_thread(tmp_path: Path) -> None:
    """Closing stops the timer."""
    index = TantivyIndex(tmp_path / "x")
    index.upsert([doc(1, "first")])
    index.flush()
    index.close()
    assert not [t for t in threading.enumerate() if isinstance(t, threading.Timer) and not t.finished.is_set()]


@pytest.mark.slow
def test_many_flushes_keep_few_segments(tmp_path: Path) -> None:
    """Small batches are merged, and merged files leave the disk."""
    index = TantivyIndex(tmp_path / "x")
    for n in range(1, 21):
        index.upsert([doc(n, f"word{n} shared")])
        index.flush()
    index.optimize()
    assert index.stats().segments < 10
    assert len(list((tmp_path / "x").glob("*.term"))) == index.stats().segments
    assert len(index.search("shared", 100)) == 20
    index.close()
