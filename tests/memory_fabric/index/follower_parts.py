"""A real store and a real term index that follows it, with the places where a test may look or push."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from foundation.clock import VirtualClock
from foundation.ids import ChunkId
from memory_fabric.config import SparseConfig
from memory_fabric.index.applier import IndexApplier
from memory_fabric.index.sparse.factory import open_term_index, verify_term_files
from memory_fabric.index.targets import SparseTarget
from memory_fabric.records import ChunkRow, Filters, Signals
from memory_fabric.store.store import Store

CONFIG = SparseConfig(heap_bytes=15_000_000)


class Pushed(SparseTarget):
    """The real target, that calls `before` with the name of each step first."""

    def __init__(self, folder: Path, before: Callable[[str], None]) -> None:
        super().__init__(open_term_index(CONFIG, folder))
        self._before = before

    def apply(self, drops: Sequence[ChunkId], puts: Sequence[ChunkRow]) -> None:
        """Remove and insert; idempotent."""
        self._before("apply")
        super().apply(drops, puts)

    def flush(self) -> None:
        """Commit."""
        self._before("flush")
        super().flush()


def go_on(_: str = "") -> None:
    """Nothing happens."""


def make_applier(
    store: Store, folder: Path, *, fingerprint: str = "v1", before: Callable[[str], None] = go_on
) -> IndexApplier:
    """Return an applier for the term index in `folder`, not started."""
    return IndexApplier(
        "sparse",
        "tantivy",
        store,
        folder,
        fingerprint,
        lambda: Pushed(folder, before),
        lambda path: verify_term_files(CONFIG, path),
    )


@contextmanager
def following(
    store: Store, folder: Path, *, fingerprint: str = "v1", before: Callable[[str], None] = go_on
) -> Iterator[IndexApplier]:
    """Start an applier and wait until it is level; close it cleanly."""
    applier = make_applier(store, folder, fingerprint=fingerprint, before=before)
    applier.start()
    try:
        assert wait_level(applier, store)
        yield applier
    finally:
        applier.stop()


def wait_level(applier: IndexApplier, store: Store) -> bool:
    """Wait for the present end of the journal; False when the index cannot get there."""
    applier.notify()
    return applier.wait_for(store.journal_head(), check=Patience())


class Patience:
    """Ends a wait that would never end."""

    def __init__(self, ticks: int = 300) -> None:
        self._left = ticks

    def __call__(self) -> None:
        """Count down; the applier waits a tenth of a second between two calls."""
        self._left -= 1
        if self._left < 0:
            raise TimeoutError("the index never became level")


def found(applier: IndexApplier, text: str) -> list[int]:
    """Return the chunks that the index finds for some words, best first."""
    target = applier.target()
    assert isinstance(target, SparseTarget)
    return [int(hit.id) for hit in target.index.search(text, 50, signals=Signals(), filters=Filters())]


def open_store(folder: Path) -> Store:
    """Open a store on a hand-moved clock."""
    return Store.open(folder, clock=VirtualClock())


class Gate:
    """Lets a step wait until the test says so."""

    def __init__(self, step: str) -> None:
        self._step = step
        self.is_reached = threading.Event()
        self.is_open = threading.Event()

    def __call__(self, step: str) -> None:
        """Wait at the step of the gate."""
        if step == self._step:
            self.is_reached.set()
            assert self.is_open.wait(30)
