"""Opening by configuration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from memory_fabric.config import SparseConfig
from memory_fabric.index.sparse.factory import open_term_index
from memory_fabric.index.sparse.fts5 import Fts5Index
from memory_fabric.index.sparse.tantivy import TantivyIndex


def test_opens_what_is_configured(tmp_path: Path) -> None:
    """The word in the configuration chooses the backend; folders are made."""
    tantivy = open_term_index(SparseConfig(backend="tantivy"), tmp_path / "a" / "b")
    fts5 = open_term_index(SparseConfig(backend="fts5"), tmp_path / "c")
    assert (type(tantivy), type(fts5)) == (TantivyIndex, Fts5Index)
    tantivy.close()
    fts5.close()


def test_imports_lazily() -> None:
    """Importing the factory imports no engine: the daemon starts without it."""
    code = (
        "import sys; sys.path[:] = "
        f"{sys.path!r}; import memory_fabric.index.sparse.factory; print('tantivy' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert shown.stdout.strip() == "False"
