"""A real memory in a temporary folder, with the exact vector index and a small deterministic embedder or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from memory_fabric.config import EmbedConfig, MemoryConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.operations import IndexSummary, Progress
from memory_fabric.records import RecallQuery, RecallResult

NO_MODEL = MemoryConfig(embed=EmbedConfig(model=""))
"""Recall by terms only: what a machine without the model does."""


def ignore(_: Progress) -> None:
    """Progress is not looked at."""


def go_on() -> None:
    """Nothing stops the work."""


@contextmanager
def open_fabric(folder: Path, config: MemoryConfig = NO_MODEL) -> Iterator[MemoryFabric]:
    """Open, start, and close a memory in `folder`."""
    fabric = MemoryFabric.open(config, folder)
    fabric.start()
    try:
        yield fabric
    finally:
        fabric.close()


def index(fabric: MemoryFabric, *paths: Path, project: str = "p") -> IndexSummary:
    """Index and wait until everything can be found."""
    summary = fabric.index([str(path) for path in paths], project=project, report=ignore, check=go_on)
    fabric.wait_until_searchable(is_dense=True, report=ignore, check=go_on)
    return summary


def ask(fabric: MemoryFabric, text: str, **fields: object) -> RecallResult:
    """Recall with defaults."""
    return fabric.recall(msgspec.structs.replace(RecallQuery(text=text), **fields))
