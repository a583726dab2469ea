"""Forgetting, compacting, rebuilding, and the proof that everything agrees."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from foundation.errors import ConflictError, InputError
from foundation.ids import ChunkId, JournalSeq
from memory_fabric.fabric import MemoryFabric
from memory_fabric.index.applier import IndexApplier
from memory_fabric.index.watermark import Watermark, save_watermark
from memory_fabric.operations import Check, DoctorCheck, ForgetSelector, Progress
from memory_fabric.upkeep import Upkeep
from tests.memory_fabric.fabric_parts import ask, go_on, ignore, index, open_fabric
from tests.memory_fabric.index.follower_parts import Patience

pytestmark = pytest.mark.slow


def word(number: int) -> str:
    """Return a word that stands in one document only and is cut nowhere."""
    return f"q{'bcdfghjklm'[number // 10]}{'bcdfghjklm'[number % 10]}x"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Thirty documents."""
    folder = tmp_path / "work"
    folder.mkdir()
    for n in range(30):
        (folder / f"f{n}.txt").write_text(f"common words and {word(n)}")
    return folder


@pytest.fixture
def fabric(tmp_path: Path, tree: Path) -> Iterator[MemoryFabric]:
    """A memory that holds them, without a model."""
    with open_fabric(tmp_path / "memory") as opened:
        index(opened, tree)
        yield opened


def by_name(checks: list[DoctorCheck]) -> dict[str, DoctorCheck]:
    """Return checks by name."""
    return {check.name: check for check in checks}


def lose(fabric: MemoryFabric, ids: list[int]) -> None:
    """Take chunks out of the term index behind the journal's back."""
    target = fabric._legs.appliers[0].target()
    assert target is not None
    target.apply([ChunkId(i) for i in ids], [])
    target.flush()


def test_a_sound_memory_is_called_sound(fabric: MemoryFabric) -> None:
    """Truth, term index, and the vector index that is not in use."""
    checks = by_name(fabric.doctor(is_repairing=False, check=go_on))
    assert {name: check.ok for name, check in checks.items()} == {"store": True, "sparse": True, "dense": True}
    assert checks["sparse"].detail == "30 chunks, level with the truth"
    assert checks["dense"].detail.startswith("not in use")


def test_missing_chunks_are_told_and_repaired(fabric: MemoryFabric) -> None:
    """Looking changes nothing; repairing brings the answers back."""
    lost = [int(hit.chunk_id) for hit in ask(fabric, word(7)).items]
    lose(fabric, lost)
    for _ in range(2):
        check = by_name(fabric.doctor(is_repairing=False, check=go_on))["sparse"]
        assert (check.ok, check.detail) == (False, f"{len(lost)} chunks of the truth are missing in the index")
        assert "--repair" in check.fix
    assert ask(fabric, word(7)).items == ()
    repaired = by_name(fabric.doctor(is_repairing=True, check=go_on))["sparse"]
    assert (repaired.ok, repaired.detail.startswith("rebuilt: ")) == (True, True)
    assert [int(hit.chunk_id) for hit in ask(fabric, word(7)).items] == lost
    assert all(check.ok for check in fabric.doctor(is_repairing=False, check=go_on))


def test_a_damaged_truth_is_told_and_not_repaired(fabric: MemoryFabric, tmp_path: Path) -> None:
    """The truth cannot be built from anything: the fix is a backup."""
    database = sqlite3.connect(tmp_path / "memory/store/memory.db")
    database.execute("PRAGMA foreign_keys = OFF")
    database.execute("DELETE FROM items WHERE key = (SELECT min(key) FROM items)")
    database.commit()
    database.close()
    check = by_name(fabric.doctor(is_repairing=True, check=go_on))["store"]
    assert (check.ok, check.fix) == (False, "restore the profile's store from a backup")


def test_replay_names_are_checked(fabric: MemoryFabric) -> None:
    """An index that is not there cannot be built again; nothing is thrown away."""
    with pytest.raises(InputError, match="no index `dense`"):
        fabric.replay(names=["sparse", "dense"], report=ignore, check=go_on)
    assert len(ask(fabric, "common").items) == 20


def test_replay_reports_up_to_the_last_chunk(fabric: MemoryFabric) -> None:
    """The last report says that all are there."""
    reports: list[Progress] = []
    fabric.replay(report=reports.append, check=go_on)
    assert (reports[-1].done, reports[-1].total, reports[-1].phase) == (30, 30, "replay")


def test_waiting_ends_when_the_client_goes(fabric: MemoryFabric) -> None:
    """The check is asked while doctor and replay wait; the rebuild goes on without the client."""

    class GoneError(Exception):
        """The client has left."""

    def gone() -> None:
        raise GoneError

    with pytest.raises(GoneError):
        fabric.doctor(is_repairing=True, check=gone)
    fabric.wait_until_searchable(is_dense=False, report=ignore, check=go_on)
    assert all(check.ok for check in fabric.doctor(is_repairing=False, check=go_on))


def test_compacting_keeps_answers_and_gives_space_back(fabric: MemoryFabric, tree: Path) -> None:
    """After most was forgotten and compacted, the rest is found and the words of the others are in no file."""
    fabric.forget(ForgetSelector(path=str(tree / "f3.txt")), is_dry_run=False, report=ignore, check=go_on)
    reports: list[Progress] = []
    fabric.compact(report=reports.append, check=go_on)
    assert (reports[-1].done, reports[-1].total) == (2, 2)
    assert ask(fabric, word(3)).items == ()
    assert len(ask(fabric, word(4)).items) == 1
    assert all(check.ok for check in fabric.doctor(is_repairing=False, check=go_on))
    folder = Path(fabric._store._path).parents[1]
    holders = [path.name for path in folder.rglob("*") if path.is_file() and word(3).encode() in path.read_bytes()]
    assert holders == []


def forget(fabric: MemoryFabric, path: Path) -> None:
    """Forget what one file gave."""
    fabric.forget(ForgetSelector(path=str(path)), is_dry_run=False, report=ignore, check=go_on)


def lines(fabric: MemoryFabric) -> int:
    """Return how many lines the journal has."""
    return len(fabric._store.journal(JournalSeq(0), 1_000))


def test_compacting_prunes_the_journal_and_an_index_can_still_be_built(
    fabric: MemoryFabric, tree: Path, tmp_path: Path
) -> None:
    """Lines about what is gone go, the last one of all too; a rebuild comes level, and a restart builds nothing."""
    for n in range(20):
        (tree / "more.txt").write_text(f"turn {n}")
        index(fabric, tree)
    forget(fabric, tree / "more.txt")
    before = lines(fabric)
    fabric.compact(report=ignore, check=go_on)
    assert lines(fabric) == before - 40
    assert fabric._store.journal_floor() == fabric._store.journal_head()
    fabric.replay(report=ignore, check=Patience())
    (applier,) = fabric._legs.appliers
    assert (applier.is_ready, applier.settled_seq) == (True, fabric._store.journal_head())
    assert len(ask(fabric, word(7)).items) == 1
    assert all(check.ok for check in fabric.doctor(is_repairing=False, check=Patience()))
    fabric.close()
    with capture_logs() as events, open_fabric(tmp_path / "memory") as again:
        again.wait_until_searchable(is_dense=False, report=ignore, check=Patience())
        assert len(ask(again, word(7)).items) == 1
    assert [event for event in events if event["event"] == "index_rebuild"] == []


def test_an_index_that_is_not_level_holds_the_journal(
    fabric: MemoryFabric, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is pruned beyond what one index still needs."""
    (applier,) = fabric._legs.appliers
    forget(fabric, tree / "f3.txt")
    before = lines(fabric)
    assert fabric._legs.needed_seq() == fabric._store.journal_head()
    # as it is while an index is opened or built
    monkeypatch.setattr(applier, "_settled", JournalSeq(0))
    fabric.compact(report=ignore, check=go_on)
    assert (lines(fabric), fabric._store.journal_floor()) == (before, 0)


def test_an_index_that_is_not_in_use_holds_the_journal_where_it_stood(fabric: MemoryFabric, tmp_path: Path) -> None:
    """A model may come back, and its index is to go on from there."""
    head = fabric._store.journal_head()
    assert fabric._legs.needed_seq() == head
    mark = Watermark(fabric._store.store_id, "any", JournalSeq(1), 1)
    save_watermark(tmp_path / "memory/indexes/dense.json", mark)
    assert fabric._legs.needed_seq() == 1


def test_forgetting_in_batches(fabric: MemoryFabric, tree: Path) -> None:
    """A dry run tells the same numbers as the run; both legs have nothing left."""
    selector = ForgetSelector(project="p")
    shown = fabric.forget(selector, is_dry_run=True, report=ignore, check=go_on)
    done = fabric.forget(selector, is_dry_run=False, report=ignore, check=go_on)
    assert (shown.items, shown.chunks, len(shown.examples)) == (done.items, done.chunks, 20) == (30, 30, 20)
    assert fabric.stats().items == 0
    assert ask(fabric, "common").items == ()
    assert all(check.ok for check in fabric.doctor(is_repairing=False, check=go_on))


def test_an_index_is_rearranged_when_enough_has_changed(fabric: MemoryFabric, tree: Path) -> None:
    """The first look tidies up; later ones wait for changes, however little the size has grown."""
    (applier,) = fabric._legs.appliers
    upkeep = Upkeep(fabric._store, fabric._legs)
    assert upkeep.is_due(applier)
    upkeep.optimize_if_due(applier)
    assert not upkeep.is_due(applier)
    for turn in range(2):
        for n in range(600):
            (tree / f"f{n}.txt").write_text(f"other words of turn {turn} and number {n}")
        index(fabric, tree)
    assert upkeep.is_due(applier)
    upkeep.optimize_if_due(applier)
    assert not upkeep.is_due(applier)
    assert len(ask(fabric, "turn 1 number 17", k=1).items) == 1


@contextmanager
def watched(tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryFabric]:
    """A memory whose background looks when it is called, and not else."""
    monkeypatch.setattr("memory_fabric.upkeep._OPTIMIZE_EVERY_S", 3_600.0)
    with open_fabric(tmp_path / "watched") as fabric:
        index(fabric, tree)
        yield fabric


def rebuilt(applier: IndexApplier) -> None:
    """Wait until an index has been built again."""
    with applier._wake:
        assert applier._wake.wait_for(lambda: applier.is_ready and applier._rebuild_reason, timeout=30)


def spoil(folder: Path, ending: str) -> None:
    """Overwrite the body of every file of a kind in place, as a failing disk would: the engine has mapped them."""
    for path in folder.glob(f"*.{ending}"):
        with path.open("r+b") as file:
            file.write(b"\xff" * (path.stat().st_size - 120))


def test_damage_that_a_question_meets_is_repaired(tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer says why it is less than it could be, and the index is built again without anybody's help."""
    with watched(tmp_path, tree, monkeypatch) as fabric:
        (applier,) = fabric._legs.appliers
        for ending in ("term", "idx"):
            spoil(tmp_path / "watched/indexes/sparse", ending)
        result = ask(fabric, word(4))
        assert [reason for reason in result.degraded if reason.startswith("term search failed: ")] != []
        rebuilt(applier)
        assert len(ask(fabric, word(4)).items) == 1
        assert applier.suspicion == ""
        assert all(check.ok for check in fabric.doctor(is_repairing=False, check=go_on))


def test_a_question_that_an_engine_cannot_bear_costs_one_rebuild(
    fabric: MemoryFabric, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first suspicion is believed; one soon after a rebuild must be proved."""
    (applier,) = fabric._legs.appliers
    upkeep = Upkeep(fabric._store, fabric._legs)
    applier.on_damage = lambda: None
    applier.suspect("the engine failed")
    assert applier.state().detail == "the engine failed"
    upkeep.rebuild_if_damaged(applier)
    rebuilt(applier)
    monkeypatch.setattr(applier, "_rebuild_reason", "")
    monkeypatch.setattr("memory_fabric.upkeep._LOOK_AGAIN_S", 0.0)
    applier.suspect("the engine failed")
    upkeep.rebuild_if_damaged(applier)
    assert (applier.is_ready, applier._rebuild_reason, applier.suspicion) == (True, "", "")
    lose(fabric, [int(hit.chunk_id) for hit in ask(fabric, word(7)).items])
    applier.suspect("the engine failed")
    upkeep.rebuild_if_damaged(applier)
    rebuilt(applier)
    assert len(ask(fabric, word(7)).items) == 1


def _delete(folder: Path) -> None:
    shutil.rmtree(folder)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def _replace(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name("copy"))
    shutil.rmtree(folder)
    folder.with_name("copy").rename(folder)


@pytest.mark.parametrize(
    ("harm", "told"),
    [(_delete, "its folder is gone"), (_empty, "its files are gone"), (_replace, "another folder stands")],
)
def test_a_folder_that_is_lost_under_an_open_memory_is_told_and_built_again(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], None], told: str
) -> None:
    """An engine answers on from what it has mapped: only a look at the place shows that nothing is there."""
    with watched(tmp_path, tree, monkeypatch) as fabric:
        (applier,) = fabric._legs.appliers
        harm(tmp_path / "watched/indexes/sparse")
        state = next(found for found in fabric.stats().indexes if found.name == "sparse")
        assert (state.status, told in state.detail) == ("failed", True)
        rebuilt(applier)
        state = next(found for found in fabric.stats().indexes if found.name == "sparse")
        assert (state.status, state.detail, state.points) == ("ready", "", 30)
        assert len(ask(fabric, word(4)).items) == 1
        assert all(check.ok for check in fabric.doctor(is_repairing=False, check=go_on))


def test_files_of_a_lost_folder_are_not_vouched_for(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed while another folder stands there: the next start finds the answers again."""
    with watched(tmp_path, tree, monkeypatch):
        _replace(tmp_path / "watched/indexes/sparse")
    assert not (tmp_path / "watched/indexes/sparse.seal").exists()
    with open_fabric(tmp_path / "watched") as fabric:
        assert len(ask(fabric, word(4)).items) == 1


def test_an_index_that_is_behind_says_so(fabric: MemoryFabric, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written a moment ago may not be found yet, and the answer tells; a level index tells nothing."""
    (applier,) = fabric._legs.appliers
    assert ask(fabric, "common").degraded == ("no vector search: no text model is configured",)
    fabric._store.listen(lambda: None)
    (tree / "late.txt").write_text("common and late")
    fabric.index([str(tree)], project="p", report=ignore, check=go_on)
    applied, head = applier.state().applied_seq, fabric._store.journal_head()
    assert applied < head
    said = f"sparse: catching up, {applied} of {head} journal entries"
    assert said in ask(fabric, "common").degraded
    applier.notify()
    fabric.wait_until_searchable(is_dense=False, report=ignore, check=go_on)
    assert said not in ask(fabric, "common").degraded


def test_the_background_outlives_what_fails(fabric: MemoryFabric, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full is no error of ours: the thread says so, rests, and does the work later."""
    monkeypatch.setattr("memory_fabric.upkeep._OPTIMIZE_EVERY_S", 0.01)
    (applier,) = fabric._legs.appliers
    target = applier.target()
    assert target is not None
    failures = [OSError(28, "No space left on device"), ConflictError("the disk is full")]
    is_done = threading.Event()
    optimize = target.optimize

    def fail_first(check: Check) -> bool:
        if failures:
            raise failures.pop(0)
        try:
            return optimize(check)
        finally:
            is_done.set()

    monkeypatch.setattr(target, "optimize", fail_first)
    upkeep = Upkeep(fabric._store, fabric._legs)
    with capture_logs() as events:
        upkeep.start()
        assert is_done.wait(30)
        upkeep.stop()
    failed = [event["error"] for event in events if event["event"] == "index_upkeep_failed"]
    assert failed == ["[Errno 28] No space left on device", "the disk is full"]
