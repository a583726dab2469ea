"""What the source imports is declared: a package that others happen to bring may leave with them."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("foundation", "proto", "memory_fabric", "memory_eval", "orchestrator", "servers", "daemon", "cli", "scripts")
OWN = {*SOURCES, "benchmarks", "tests", "models", "configs"}

NAMESPACES = {"google.protobuf": "protobuf", "google.rpc": "googleapis-common-protos"}
"""Packages that several distributions share."""
BENCHMARKED = {"chromadb": "chromadb", "lancedb": "lancedb", "pyarrow": "pyarrow", "tantivy": "tantivy"}
"""Not installed where the tests run."""


def _imports(folder: str) -> Iterator[str]:
    for file in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module


def _distributions(folder: str) -> set[str]:
    installed = {**packages_distributions(), **{name: [of] for name, of in BENCHMARKED.items()}}
    found: set[str] = set()
    for module in _imports(folder):
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or top in OWN:
            continue
        shared = next((of for name, of in NAMESPACES.items() if module.startswith(name)), "")
        found.add(shared or installed.get(top, [top])[0])
    return {name.lower().replace("_", "-") for name in found}


def _declared(*extras: str) -> set[str]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    rows = [*project["dependencies"], *(row for extra in extras for row in project["optional-dependencies"][extra])]
    assert all(re.search(r"[<>]", row) or row.startswith("cairn-daemon[") for row in rows), "each has a range"
    return {re.split(r"[<>=\[; ]", row, maxsplit=1)[0].lower() for row in rows}


def test_what_runs_is_declared() -> None:
    """The daemon and the command line; what a person adds by choice is an extra."""
    wanted = {name for folder in SOURCES if folder != "scripts" for name in _distributions(folder)}
    assert wanted - _declared("qdrant") == set()


def test_what_developers_run_is_declared() -> None:
    """Scripts, tests and benchmarks may use what their extras bring."""
    wanted = {name for folder in ("scripts", "tests", "benchmarks") for name in _distributions(folder)}
    assert wanted - _declared("qdrant", "dev", "bench") == set()
