"""An index is compared with the truth at one position, whoever writes meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from foundation.ids import ChunkId
from memory_fabric.index.applier import IndexApplier
from memory_fabric.index.comparison import find_differences
from memory_fabric.index.sparse.factory import open_term_index
from memory_fabric.index.targets import SparseTarget
from memory_fabric.operations import Check
from memory_fabric.records import ChunkRow
from memory_fabric.store.store import Store
from tests.memory_fabric.index.follower_parts import CONFIG, following, go_on, open_store, wait_level
from tests.memory_fabric.store.samples import item

pytestmark = pytest.mark.slow

NAMES = tuple(f"/w/{n}.txt" for n in range(6))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with six items."""
    opened = open_store(tmp_path / "store")
    for name in NAMES:
        opened.write(put=[item(name, f"alpha {name}", f"beta {name}")])
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the index will lie."""
    (tmp_path / "indexes").mkdir()
    return tmp_path / "indexes" / "sparse"


def between(store: Store, monkeypatch: pytest.MonkeyPatch, write: Callable[[], object]) -> None:
    """Have `write` done after the index was looked at and before the truth is."""
    look = store.live_chunk_ids

    def late() -> NDArray[np.int64]:
        write()
        return look()

    monkeypatch.setattr(store, "live_chunk_ids", late)


def lose(applier: IndexApplier, *ids: int) -> None:
    """Take chunks out of the index behind the journal's back."""
    target = applier.target()
    assert target is not None
    target.apply([ChunkId(i) for i in ids], [])
    target.flush()


def test_what_is_written_between_the_two_looks_is_no_difference(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks that came are not missing, and chunks that went are not too many."""
    with following(store, folder) as applier:
        numbers = iter(range(100))

        def write() -> None:
            n = next(numbers)
            store.write(put=[item(f"/late/{n}", "late")], drop_uris=[("p", NAMES[n % len(NAMES)])])

        between(store, monkeypatch, write)
        target = applier.target()
        assert target is not None
        assert find_differences(store, target, applier.settled_seq, go_on) == []
        assert applier.problems() == []


def test_a_real_difference_is_told_while_others_write(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the journal names meanwhile is passed over."""
    with following(store, folder) as applier:
        lose(applier, 1, 2)
        between(store, monkeypatch, lambda: store.write(put=[item("/late", "late")]))
        assert applier.problems() == ["2 chunks of the truth are missing in the index"]


class Doubtful(SparseTarget):
    """The real target, whose first look at content finds something that a second one does not."""

    def __init__(self, folder: Path) -> None:
        super().__init__(open_term_index(CONFIG, folder))
        self.looks: list[Callable[[], list[str]]] = []

    def verify(self, rows: Callable[[Sequence[ChunkId]], dict[ChunkId, ChunkRow]], check: Check = go_on) -> list[str]:
        """Return what the next of the looks says."""
        return self.looks.pop(0)()


def test_what_is_found_is_looked_at_again_with_nobody_writing(store: Store, folder: Path) -> None:
    """A merge may look like damage: the second look counts, and the thread waits for its end."""
    targets: list[Doubtful] = []

    def open_target() -> Doubtful:
        targets.append(Doubtful(folder))
        return targets[-1]

    applier = IndexApplier("sparse", "tantivy", store, folder, "v1", open_target)
    applier.start()
    try:
        assert wait_level(applier, store)

        def look_again() -> list[str]:
            store.write(put=[item("/late", "late")])
            applier.notify()
            writing = applier._pause._changed
            with writing:
                assert not writing.wait_for(lambda: applier._pause._is_writing, 0.1)
            return []

        targets[0].looks = [lambda: ["a file is missing"], look_again]
        assert applier.problems() == []
        assert wait_level(applier, store)
        assert applier.points() == store.chunk_total()
    finally:
        applier.stop()


def test_a_comparison_ends_when_the_client_goes(store: Store, folder: Path) -> None:
    """What the check raises comes out, and the index is followed on."""

    class GoneError(Exception):
        """The client has left."""

    def gone() -> None:
        raise GoneError

    with following(store, folder) as applier:
        lose(applier, 1)
        with pytest.raises(GoneError):
            applier.problems(check=gone)
        store.write(put=[item("/late", "late")])
        assert wait_level(applier, store)
