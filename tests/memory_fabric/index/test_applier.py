"""An index follows the journal: it misses nothing, doubles nothing, and starts again where it cannot be trusted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from memory_fabric.errors import StoreFullError
from memory_fabric.index.applier import IndexApplier
from memory_fabric.index.watermark import Watermark, load_watermark, save_watermark
from memory_fabric.store.store import Store
from tests.memory_fabric.index.follower_parts import (
    Gate,
    following,
    found,
    make_applier,
    open_store,
    wait_level,
)
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


def mark_of(folder: Path) -> Watermark:
    """Return what the mark beside an index says."""
    mark = load_watermark(folder.with_suffix(".json"))
    assert mark is not None
    return mark


def rebuilds(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return why indexes were built again."""
    return [event["reason"] for event in events if event["event"] == "index_rebuild"]


def test_it_comes_level_and_stays_so(store: Store, folder: Path) -> None:
    """What is put is found, what is replaced or dropped is found no more."""
    with following(store, folder) as applier:
        assert len(found(applier, "alpha")) == len(NAMES)
        store.write(put=[item(NAMES[0], "gamma")], drop_uris=[("p", NAMES[1])])
        assert wait_level(applier, store)
        assert (len(found(applier, "alpha")), len(found(applier, "gamma"))) == (len(NAMES) - 2, 1)
        assert applier.problems() == []
        state = applier.state()
        assert (state.applied_seq, state.points, state.status) == (store.journal_head(), 9, "ready")


def test_a_clean_start_applies_nothing_again(store: Store, folder: Path) -> None:
    """Level when closed is level when opened."""
    with following(store, folder) as applier:
        before = found(applier, "alpha")
    steps: list[str] = []
    with capture_logs() as events, following(store, folder, before=steps.append) as applier:
        assert found(applier, "alpha") == before
        assert "apply" not in steps
    assert rebuilds(events) == []


def test_an_index_behind_catches_up(store: Store, folder: Path, tmp_path: Path) -> None:
    """An older copy of an index gets what it missed and is not built again."""
    with following(store, folder):
        pass
    shutil.copytree(folder.parent, tmp_path / "old")
    with following(store, folder) as applier:
        store.write(put=[item(NAMES[0], "gamma")], drop_uris=[("p", NAMES[1])])
        assert wait_level(applier, store)
    shutil.rmtree(folder.parent)
    (tmp_path / "old").rename(folder.parent)
    with capture_logs() as events, following(store, folder) as applier:
        assert applier.problems() == []
        assert len(found(applier, "alpha")) == len(NAMES) - 2
    assert rebuilds(events) == []


def test_an_index_ahead_is_built_again(store: Store, folder: Path, tmp_path: Path) -> None:
    """A truth restored from a backup knows nothing of what the index saw later."""
    backup = tmp_path / "backup"
    store.checkpoint()
    shutil.copytree(tmp_path / "store", backup)
    store.write(put=[item("/w/later.txt", "omega")])
    with following(store, folder) as applier:
        assert len(found(applier, "omega")) == 1
    restored = open_store(backup)
    try:
        with capture_logs() as events, following(restored, folder) as applier:
            assert found(applier, "omega") == []
            assert applier.problems() == []
            assert len(found(applier, "alpha")) == len(NAMES)
    finally:
        restored.close()
    assert rebuilds(events) == ["it is ahead of the journal"]


def test_an_index_of_another_store_is_not_used(store: Store, folder: Path, tmp_path: Path) -> None:
    """A profile put together from two."""
    with following(store, folder):
        pass
    other = open_store(tmp_path / "other")
    try:
        for n in range(20):
            other.write(put=[item(f"/o/{n}", "omicron")])
        with capture_logs() as events, following(other, folder) as applier:
            assert (found(applier, "alpha"), len(found(applier, "omicron"))) == ([], 20)
    finally:
        other.close()
    assert rebuilds(events) == ["it belongs to another store"]


def test_another_layout_is_built_again(store: Store, folder: Path) -> None:
    """So is another model or backend: the fingerprint says which."""
    with following(store, folder):
        pass
    with capture_logs() as events, following(store, folder, fingerprint="v2") as applier:
        assert applier.problems() == []
    assert rebuilds(events) == ["the model or layout has changed"]
    assert mark_of(folder).fingerprint == "v2"


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda f: shutil.rmtree(f), "the folder is missing"),
        (lambda f: f.with_suffix(".json").unlink(), "no watermark"),
        (lambda f: f.with_suffix(".json").write_text("{"), "no watermark"),
        (lambda f: (f / "meta.json").unlink(), "`meta.json` is missing"),
        (lambda f: (f / "new").touch(), "`new` is new"),
        (lambda f: f.with_suffix(".seal").write_text(""), "the seal cannot be read"),
    ],
)
def test_damage_while_closed_is_noticed(
    store: Store, folder: Path, harm: Callable[[Path], object], reason: str
) -> None:
    """The log says why, and the answers are the same."""
    with following(store, folder) as applier:
        before = sorted(found(applier, "alpha"))
    harm(folder)
    with capture_logs() as events, following(store, folder) as applier:
        assert sorted(found(applier, "alpha")) == before
        assert applier.problems() == []
    assert rebuilds(events) == [reason]


def _elsewhere(path: Path) -> Path:
    """Return a folder outside that must stay as it is."""
    outside = path.parent.parent / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "precious").write_text("not ours")
    return outside


def _folder_with_link(path: Path) -> None:
    path.mkdir()
    (path / "inner").symlink_to(_elsewhere(path), target_is_directory=True)


ODD: dict[str, Callable[[Path], object]] = {
    "a file": lambda p: p.write_text("in the way"),
    "a pipe": os.mkfifo,
    "a link to nowhere": lambda p: p.symlink_to(p.parent / "nowhere"),
    "a link to itself": lambda p: p.symlink_to(p),
    "a link to a folder": lambda p: p.symlink_to(_elsewhere(p), target_is_directory=True),
    "a link to a file": lambda p: p.symlink_to(_elsewhere(p) / "precious"),
    "a folder": lambda p: (p / "inner").mkdir(parents=True),
    "a folder with a link": _folder_with_link,
}
"""What may stand where something else should."""


@pytest.mark.parametrize("ending", ["", ".json", ".seal", ".tmp", ".seal-tmp"])
@pytest.mark.parametrize("kind", ODD)
def test_whatever_stands_in_the_way_is_removed_and_no_link_is_followed(
    store: Store, folder: Path, ending: str, kind: str
) -> None:
    """In the place of the folder, its mark, its seal, or what these are written to first."""
    with following(store, folder) as applier:
        before = sorted(found(applier, "alpha"))
    place = folder.with_suffix(ending)
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    ODD[kind](place)
    outside = _elsewhere(folder)
    with following(store, folder) as applier:
        assert sorted(found(applier, "alpha")) == before
        assert applier.problems() == []
        assert folder.is_dir()
        assert not folder.is_symlink()
    assert [path.name for path in outside.rglob("*")] == ["precious"]
    assert (outside / "precious").read_text() == "not ours"
    with capture_logs() as events, following(store, folder) as applier:
        assert sorted(found(applier, "alpha")) == before
    assert rebuilds(events) == []


def test_a_folder_that_was_moved_and_linked_is_built_again_in_its_place(store: Store, folder: Path) -> None:
    """Mark and seal would fit; what the link leads to is not touched."""
    with following(store, folder) as applier:
        before = sorted(found(applier, "alpha"))
    moved = folder.parent.parent / "moved"
    folder.rename(moved)
    folder.symlink_to(moved, target_is_directory=True)
    held = {path.name: path.read_bytes() for path in moved.iterdir()}
    with capture_logs() as events, following(store, folder) as applier:
        assert sorted(found(applier, "alpha")) == before
    assert rebuilds(events) == ["something else stands in the place of its folder"]
    assert {path.name: path.read_bytes() for path in moved.iterdir()} == held


def test_the_mark_never_passes_what_is_durable(store: Store, folder: Path) -> None:
    """While a flush has not returned, and after one that failed, the mark says what was durable before."""
    with following(store, folder):
        pass
    first = mark_of(folder).applied_seq
    gate = Gate("flush")
    applier = make_applier(store, folder, before=gate)
    store.write(put=[item("/w/new.txt", "gamma")])
    applier.start()
    assert gate.is_reached.wait(30)
    assert mark_of(folder).applied_seq == first
    gate.is_open.set()
    assert wait_level(applier, store)
    applier.stop()
    assert mark_of(folder).applied_seq == store.journal_head() > first


def test_a_full_disk_moves_no_mark_and_loses_nothing(store: Store, folder: Path) -> None:
    """The index fails with the reason; opened again with space it has everything."""
    with following(store, folder):
        pass
    first = mark_of(folder).applied_seq
    store.write(put=[item("/w/new.txt", "gamma")])

    def fail(step: str) -> None:
        if step == "flush":
            raise StoreFullError("the disk is full")

    applier = make_applier(store, folder, before=fail)
    applier.start()
    assert not wait_level(applier, store)
    assert (applier.state().status, applier.target()) == ("failed", None)
    assert "the disk is full" in applier.detail
    applier.stop()
    assert mark_of(folder).applied_seq == first
    with following(store, folder) as again:
        assert len(found(again, "gamma")) == 1
        assert again.problems() == []


def test_a_failing_index_does_not_stop_another(store: Store, folder: Path) -> None:
    """Two followers of one journal know nothing of each other."""

    def fail(step: str) -> None:
        if step == "apply":
            raise OSError("input/output error")

    broken = make_applier(store, folder.with_name("broken"), before=fail)
    broken.start()
    with following(store, folder) as applier:
        assert not wait_level(broken, store)
        store.write(put=[item("/w/new.txt", "gamma")])
        assert wait_level(applier, store)
        assert len(found(applier, "gamma")) == 1
        assert broken.state().status == "failed"
    broken.stop()


def test_a_rebuild_that_is_asked_for(store: Store, folder: Path) -> None:
    """The same answers afterwards, and the journal is followed on."""
    with following(store, folder) as applier:
        before = sorted(found(applier, "alpha"))
        applier.request_rebuild()
        assert wait_level(applier, store)
        assert sorted(found(applier, "alpha")) == before
        store.write(put=[item("/w/new.txt", "gamma")])
        assert wait_level(applier, store)
        assert len(found(applier, "gamma")) == 1


class Meddling(threading.Condition):
    """Asks for a rebuild before the lock is taken for the nth time after a flush, and watches what is claimed."""

    def __init__(self, applier: IndexApplier, nth: int) -> None:
        super().__init__()
        self._applier = applier
        self.left = nth
        self.is_armed = False
        self.is_lying = False

    def __enter__(self) -> bool:
        if self.is_armed and threading.current_thread() is self._applier._thread:
            self.left -= 1
            if self.left == 0:
                self.is_armed = False
                self._applier.request_rebuild()
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        self.is_lying |= self._applier._is_rebuild_wanted and self._applier.is_ready
        super().__exit__(*error)


@pytest.mark.parametrize("nth", range(1, 7))
def test_an_index_to_be_rebuilt_is_never_called_ready(store: Store, folder: Path, nth: int) -> None:
    """Wherever the wish comes while the thread says that it is level: nobody is told so before the rebuild."""

    def arm(step: str) -> None:
        wake.is_armed |= step == "flush"

    applier = make_applier(store, folder, before=arm)
    wake = applier._wake = Meddling(applier, nth)
    applier.start()
    try:
        assert wait_level(applier, store)
        assert not wake.is_lying
    finally:
        applier.stop()


def test_a_rebuild_that_is_asked_for_outlives_a_failure(store: Store, folder: Path) -> None:
    """Who waits for it is not sent away because the old index has just failed."""
    failures: list[str] = []

    def fail_once(step: str) -> None:
        if step == "apply" and not failures:
            failures.append(step)
            applier.request_rebuild()
            raise StoreFullError("the disk is full")

    applier = make_applier(store, folder, before=fail_once)
    seen: list[str] = []
    fail = applier._wait_for_rescue

    def look(wait_s: float) -> None:
        seen.append(applier.state().status)
        fail(wait_s)

    applier._wait_for_rescue = look  # type: ignore[method-assign]  # to look at the state between failure and rebuild
    applier.start()
    try:
        assert wait_level(applier, store)
        assert seen == ["rebuilding"]
        assert len(found(applier, "alpha")) == len(NAMES)
    finally:
        applier.stop()


def test_a_rebuild_brings_a_failed_index_back(store: Store, folder: Path) -> None:
    """What failed once is not lost until the next start: `doctor --repair` and `replay` help."""
    failures = [1]

    def fail_once(step: str) -> None:
        if step == "apply" and failures:
            failures.pop()
            raise StoreFullError("the disk is full")

    applier = make_applier(store, folder, before=fail_once)
    applier.start()
    assert not wait_level(applier, store)
    applier.request_rebuild()
    try:
        assert wait_level(applier, store)
        assert len(found(applier, "alpha")) == len(NAMES)
        assert applier.detail == "ready"
    finally:
        applier.stop()


def test_a_failed_index_tries_again_by_itself(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk is full for a while only: nobody has to restart the daemon for it."""
    monkeypatch.setattr("memory_fabric.index.applier._RETRY_S", 0.01)
    failures = [1, 2, 3]

    def fail_thrice(step: str) -> None:
        if step == "flush" and failures:
            failures.pop()
            raise StoreFullError("the disk is full")

    applier = make_applier(store, folder, before=fail_thrice)
    applier.start()
    try:
        with applier._wake:
            assert applier._wake.wait_for(lambda: applier.is_ready, timeout=30)
        assert failures == []
        assert len(found(applier, "alpha")) == len(NAMES)
    finally:
        applier.stop()


class HandMoved:
    """The monotonic clock, moved on by hand; it stands in for the module `time`."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def monotonic(self) -> float:
        """Return the real time and what was added to it."""
        return time.monotonic() + self.ahead_s


def test_an_index_that_was_good_for_long_rests_as_briefly_as_the_first_time(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failures in a row make the rest longer; one after days of good work has nothing to do with the last."""
    clock = HandMoved()
    monkeypatch.setattr("memory_fabric.index.applier.time", clock)
    monkeypatch.setattr("memory_fabric.index.applier._RETRY_S", 0.01)
    failures = [1, 2, 3]

    def fail(step: str) -> None:
        if step == "flush" and failures:
            failures.pop()
            raise StoreFullError("the disk is full")

    applier = make_applier(store, folder, before=fail)
    with capture_logs() as events:
        applier.start()
        with applier._wake:
            assert applier._wake.wait_for(lambda: applier.is_ready, timeout=30)
        clock.ahead_s += 3600.0
        failures.append(1)
        store.write(put=[item("/late", "late")])
        applier.notify()
        with applier._wake:
            assert applier._wake.wait_for(lambda: not failures and applier.is_ready, timeout=30)
        applier.stop()
    rests = [event["rest_s"] for event in events if event["event"] == "index_failed"]
    assert rests == [0.01, 0.02, 0.04, 0.01]


def test_stopping_half_way_repeats_and_never_skips(store: Store, folder: Path) -> None:
    """Told to stop before the second half of a long replay, the next start has everything once."""
    for n in range(400):
        store.write(put=[item(f"/many/{n}", f"number{n} omicron")])
    gate = Gate("apply")
    applier = make_applier(store, folder, before=gate)
    applier.start()
    assert gate.is_reached.wait(30)
    with applier._wake:
        applier._is_stopping = True
    gate.is_open.set()
    applier.stop()
    assert mark_of(folder).applied_seq < store.journal_head()
    with following(store, folder) as again:
        assert len(set(found(again, "omicron"))) == 50
        assert again.problems() == []
        assert again.points() == store.chunk_total()


def test_a_compacted_journal_is_not_replayed_from_its_middle(store: Store, folder: Path) -> None:
    """An index that stands below the floor missed drops that no line tells any more."""
    with following(store, folder):
        pass
    store.write(drop_uris=[("p", NAMES[1])])
    store.write(put=[item("/w/new.txt", "gamma")])
    store.compact_journal(store.journal_head())
    with following(store, folder) as applier:
        assert applier.problems() == []
        assert len(found(applier, "alpha")) == len(NAMES) - 1


_OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["put", "drop", "rename"]), st.integers(0, 5), st.integers(0, 9)), max_size=12
)


@given(_OPERATIONS, st.integers(0, 12), st.integers(0, 12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_replaying_any_part_again_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[str, int, int]], closed_at: int, back: int
) -> None:
    """Whatever happened, and wherever the mark is set back to, the index agrees with the truth."""
    base = tmp_path_factory.mktemp("replay")
    folder = base / "sparse"
    store = open_store(base / "store")
    try:
        for n, (operation, which, word) in enumerate(operations):
            if n == closed_at:
                with following(store, folder):
                    pass
            match operation:
                case "put":
                    store.write(put=[item(NAMES[which], f"word{word}", "shared")])
                case "drop":
                    store.write(drop_uris=[("p", NAMES[which])])
                case _:
                    store.rename_paths([(NAMES[which], NAMES[word % 6])])
        with following(store, folder) as applier:
            want = sorted(found(applier, "shared"))
        mark = mark_of(folder)
        earlier = Watermark(mark.store_id, mark.fingerprint, max(mark.applied_seq - back, 0), mark.points)  # type: ignore[arg-type]  # a plain number
        save_watermark(folder.with_suffix(".json"), earlier)
        with following(store, folder) as applier:
            assert sorted(found(applier, "shared")) == want
            assert applier.problems() == []
            assert applier.points() == store.chunk_total()
    finally:
        store.close()


_KILLED = """
import os, sys
from pathlib import Path
from tests.memory_fabric.index.follower_parts import make_applier, open_store, wait_level
from tests.memory_fabric.store.samples import item
base, left = Path(sys.argv[1]), int(sys.argv[2])
def die(step):
    global left
    left -= 1
    if left < 0:
        os._exit(9)
store = open_store(base / "store")
applier = make_applier(store, base / "sparse", before=die)
applier.start()
for n in range(30):
    store.write(put=[item(f"/k/{n % 10}", f"kappa{n} shared")], drop_uris=[("p", f"/k/{(n + 3) % 10}")])
    wait_level(applier, store)
"""


@pytest.mark.parametrize("steps", [0, 1, 2, 5, 11, 24])
def test_a_killed_process_leaves_an_index_that_comes_level(tmp_path: Path, steps: int) -> None:
    """Killed before any of its steps, the index agrees with the truth after the next start."""
    done = subprocess.run([sys.executable, "-c", _KILLED, tmp_path, str(steps)], cwd=Path(__file__).parents[3])
    assert done.returncode == 9
    store = open_store(tmp_path / "store")
    try:
        with following(store, tmp_path / "sparse") as applier:
            assert applier.problems() == []
            assert applier.points() == store.chunk_total()
            assert len(found(applier, "shared")) == store.chunk_total()
    finally:
        store.close()


_CUT = """
import os, resource, sys
from pathlib import Path
from tests.memory_fabric.index.follower_parts import following, found, open_store
from tests.memory_fabric.store.samples import item
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
base = Path(sys.argv[1])
store = open_store(base / "store")
for n in range(30):
    store.write(put=[item(f"/k/{n}", f"kappa{n} shared")])
with following(store, base / "sparse") as applier:
    for path in (base / "sparse").glob("*.idx"):
        os.truncate(path, 0)
    found(applier, "shared")
"""


def test_a_mapped_file_that_is_cut_kills_the_process_and_the_next_start_repairs(tmp_path: Path) -> None:
    """As docs/architecture.md says: the system ends a process that reads beyond the end of what it has mapped."""
    done = subprocess.run([sys.executable, "-c", _CUT, tmp_path], cwd=Path(__file__).parents[3])
    assert done.returncode == -signal.SIGBUS
    store = open_store(tmp_path / "store")
    try:
        with capture_logs() as events, following(store, tmp_path / "sparse") as applier:
            assert len(found(applier, "shared")) == 30
            assert applier.problems() == []
        assert [reason.endswith("is cut short") for reason in rebuilds(events)] == [True]
    finally:
        store.close()
