"""FTS5 under the contract, and the check of its file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from memory_fabric.config import SparseConfig
from memory_fabric.errors import IndexCorruptError
from memory_fabric.index.sparse.base import TermIndex
from memory_fabric.index.sparse.factory import verify_term_files
from memory_fabric.index.sparse.fts5 import Fts5Index
from tests.contracts.term_index import TermIndexContract, doc

CONFIG = SparseConfig(backend="fts5")


class TestFts5Contract(TermIndexContract):
    """The shared suite."""

    @pytest.fixture
    def open_index(self, opener: Callable[[SparseConfig], Callable[[Path], TermIndex]]) -> Callable[[Path], TermIndex]:
        """Return a function that opens an index."""
        return opener(CONFIG)


CRASH = """
import os, signal, sys
from pathlib import Path
from memory_fabric.index.sparse.fts5 import Fts5Index
from tests.contracts.term_index import doc
index = Fts5Index(Path(sys.argv[1]))
index.upsert([doc(n, f"durable word{n}") for n in range(1, 101)])
index.flush()
index.upsert([doc(n, f"fleeting word{n}") for n in range(1, 151)])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_kill_leaves_the_last_flush(tmp_path: Path) -> None:
    """After `kill -9` the file holds exactly what the last flush made durable."""
    command = [sys.executable, "-c", CRASH, str(tmp_path / "x")]
    ended = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert ended.returncode == -signal.SIGKILL
    assert verify_term_files(CONFIG, tmp_path / "x") == []
    index = Fts5Index(tmp_path / "x")
    assert len(index.search("durable", 1_000)) == 100
    index.close()


def test_works_without_tantivy(tmp_path: Path) -> None:
    """The fallback opens and answers where Tantivy cannot be imported."""
    code = (
        "import sys; sys.modules['tantivy'] = None\n"
        "from pathlib import Path\n"
        "from memory_fabric.config import SparseConfig\n"
        "from memory_fabric.index.sparse.factory import open_term_index\n"
        f"index = open_term_index(SparseConfig(backend='fts5'), Path({str(tmp_path / 'x')!r}))\n"
        "print(index.search('nothing', 1)); index.close()"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=environment)
    assert shown.stdout.strip() == b"[]"


def test_damage_is_found(tmp_path: Path) -> None:
    """A file that is no database is refused; overwritten pages are found by the check."""
    index = Fts5Index(tmp_path / "x")
    index.upsert([doc(n, f"some words {n} " * 20) for n in range(1, 200)])
    index.close()
    assert verify_term_files(CONFIG, tmp_path / "x") == []
    assert verify_term_files(CONFIG, tmp_path / "nowhere") == []
    path = tmp_path / "x" / "terms.db"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4_096] = b"\xff" * 4_096
    path.write_bytes(bytes(data))
    assert verify_term_files(CONFIG, tmp_path / "x")
    path.write_bytes(b"no database" * 1_000)
    with pytest.raises(IndexCorruptError):
        Fts5Index(tmp_path / "x")


def test_optimize_says_whether_it_worked(tmp_path: Path) -> None:
    """The first optimisation after many writes changes something, the next does not."""
    index = Fts5Index(tmp_path / "x")
    for n in range(1, 21):
        index.upsert([doc(n, f"word{n}")])
        index.flush()
    assert index.optimize()
    assert not index.optimize()
    index.close()
