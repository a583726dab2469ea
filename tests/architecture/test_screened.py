"""Nothing is written to the truth but what was looked through for secrets."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCREENED = {
    "memory_fabric/fabric.py",
    "memory_fabric/ingest/history.py",
    "memory_fabric/ingest/importing.py",
    "memory_fabric/ingest/pipeline.py",
}
"""The modules that hand items to the store; each calls `marked`, which takes the screen that the item passed."""


def test_items_are_written_by_modules_that_screen_them() -> None:
    """A new way into the memory is told here that it must pass the scan."""
    writers = set()
    for file in (ROOT / "memory_fabric").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Call) and any(keyword.arg == "put" for keyword in node.keywords):
                writers.add(file.relative_to(ROOT).as_posix())
    assert writers == SCREENED
    assert all("marked(" in (ROOT / writer).read_text("utf-8") for writer in writers)
