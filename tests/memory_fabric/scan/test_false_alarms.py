"""How often real code is taken for a secret.

A false alarm is every finding of any kind but `email` in a file of the tree. That is stricter than the truth: the
standard library's tests hold passwords of their own (`netrc`, `urllib`), and two of its postal addresses are real. An
e-mail address in a source is an address, and by default it stays in the text.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from memory_fabric.config import ScanConfig
from memory_fabric.scan import Scanner

HERE = Path(__file__).resolve().parents[3]
FOLDERS = ("foundation", "memory_fabric", "memory_eval", "orchestrator", "servers", "daemon", "cli", "docs", "configs")
SUFFIXES = {".py", ".pyi", ".md", ".toml", ".txt", ".sql", ".jsonl", ".json"}


def _false_alarms(files: list[Path]) -> tuple[int, int, int, list[str]]:
    """Return files and lines, files with a false alarm, and where."""
    scanner = Scanner(ScanConfig())
    lines, wrong = 0, []
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        lines += text.count("\n")
        places = [
            f"{file.name}:{text.count(chr(10), 0, found.start) + 1} {found.label}"
            for found in scanner.find(text)
            if found.kind != "email"
        ]
        if places:
            wrong.append(places)
    return len(files), lines, len(wrong), [place for places in wrong for place in places]


@pytest.mark.slow
@pytest.mark.parametrize("tree", ["standard library", "this repository"])
def test_at_most_one_file_in_a_hundred_raises_a_false_alarm(tree: str) -> None:
    """Thousands of files full of keys, tokens, hashes and long names that are none of the kind."""
    if tree == "standard library":
        root = Path(sysconfig.get_path("stdlib"))
        files = [file for file in root.rglob("*.py") if "site-packages" not in file.parts]
    else:
        files = [file for folder in FOLDERS for file in (HERE / folder).rglob("*") if file.suffix in SUFFIXES]
    count, lines, wrong, places = _false_alarms(sorted(files))
    print(f"{tree}: {wrong} of {count} files, {len(places)} of {lines} lines: {places}")  # noqa: T201 (the figure)
    assert count > 150
    assert wrong <= count * 0.01, places
    assert len(places) <= lines * 0.0005, places
