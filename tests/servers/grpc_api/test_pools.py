"""Who keeps whom from working, on the smallest machine: one run at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc
import pytest

from memory_fabric.operations import Check, CoverageRow, IndexSummary, Report
from proto.cairn.v1 import memory_pb2 as wire
from proto.cairn.v1 import system_pb2
from proto.cairn.v1.memory_pb2_grpc import MemoryStub
from proto.cairn.v1.system_pb2_grpc import SystemStub
from tests.fakes.fake_memory import FakeMemory
from tests.servers.grpc_api.serving import Serving, refused, serve

_PATIENCE_S = 10.0


class _Slow(FakeMemory):
    """Its runs, its indexes and its listings go on when a test lets them."""

    def __init__(self) -> None:
        super().__init__()
        self.run, self.level, self.listed = (threading.Event() for _ in range(3))
        self.level.set()
        self.listed.set()
        self.running, self.settling, self.listing = (threading.Semaphore(0) for _ in range(3))

    def index(
        self, paths: Sequence[str], *, project: str = "", is_forced: bool = False, report: Report, check: Check
    ) -> IndexSummary:
        """A run that takes its time."""
        self.running.release()
        _wait(self.run, check)
        return super().index(paths, project=project, is_forced=is_forced, report=report, check=check)

    def wait_until_searchable(self, *, is_dense: bool, report: Report, check: Check) -> None:
        """Embedding takes its time, too."""
        self.settling.release()
        _wait(self.level, check)

    def coverage(self, path: str = "", *, check: Check = lambda: None) -> Iterator[CoverageRow]:
        """Rows that come one by one."""
        self.listing.release()
        yield CoverageRow("/a", "indexed")
        self.listed.wait(_PATIENCE_S)


def _wait(event: threading.Event, check: Check) -> None:
    while not event.wait(0.005):
        check()


@pytest.fixture
def slow() -> Iterator[_Slow]:
    """All that waits goes on at the end."""
    memory = _Slow()
    yield memory
    for event in (memory.run, memory.level, memory.listed):
        event.set()


@pytest.fixture
def small(folder: Path, slow: _Slow) -> Iterator[Serving]:
    """A server as `configs/small.toml` has it."""
    with serve(folder, memory=slow, recalls=1, runs=1) as serving:
        yield serving


@pytest.fixture
def memory(small: Serving) -> Any:
    """A stub of the service."""
    return MemoryStub(small.channel)  # type: ignore[no-untyped-call]  # generated


class _Import:
    """An import whose client sends when a test says so."""

    def __init__(self, memory: Any) -> None:
        self._messages: SimpleQueue[wire.IngestRequest | None] = SimpleQueue()
        self._sent = 0
        self.call = memory.Ingest.future(iter(self._messages.get, None))

    def send(self, count: int) -> None:
        """Send records in one message."""
        numbers = range(self._sent, self._sent + count)
        self._sent += count
        records = [wire.IngestRecord(id=str(n), text=f"record {n}") for n in numbers]
        self._messages.put(wire.IngestRequest(project="p", records=records))

    def end(self) -> None:
        """Send no more."""
        self._messages.put(None)


def _until_kept(memory: Any, count: int) -> None:
    """Wait until that many items are kept."""
    pause = threading.Event()
    for _ in range(2000):
        if memory.Stats(wire.StatsRequest()).items == count:
            return
        pause.wait(0.005)
    pytest.fail(f"not {count} items")


def test_an_import_that_waits_for_its_client_holds_no_place(memory: Any) -> None:
    """What it sent is written; a run begins and ends before the rest comes."""
    slow_client = _Import(memory)
    slow_client.send(500)
    _until_kept(memory, 500)
    *_, last = memory.Compact(wire.CompactRequest(), timeout=_PATIENCE_S)
    assert last.done == 2
    slow_client.send(1)
    slow_client.end()
    assert slow_client.call.result(_PATIENCE_S).items == 501


def test_a_run_that_waits_for_the_indexes_holds_no_place(memory: Any, slow: _Slow, tmp_path: Path) -> None:
    """It has written everything: another run begins and ends while it waits."""
    slow.run.set()
    slow.level.clear()
    (tmp_path / "a.md").write_text("words")
    events = memory.Index(wire.IndexRequest(paths=[str(tmp_path / "a.md")], is_waiting=True))
    assert slow.settling.acquire(timeout=_PATIENCE_S)
    *_, last = memory.Compact(wire.CompactRequest(), timeout=_PATIENCE_S)
    assert last.done == 2
    slow.level.set()
    assert list(events)[-1].summary.items == 1


def test_who_only_looks_waits_for_no_run(small: Serving, memory: Any, slow: _Slow, tmp_path: Path) -> None:
    """Coverage, a dry run and the doctor answer beside a run that goes on."""
    events = memory.Index(wire.IndexRequest(paths=[str(tmp_path)]))
    assert slow.running.acquire(timeout=_PATIENCE_S)
    system: Any = SystemStub(small.channel)  # type: ignore[no-untyped-call]  # generated
    memory.Remember(wire.RememberRequest(text="a", project="p"))
    assert len(list(memory.Coverage(wire.CoverageRequest(), timeout=_PATIENCE_S))) == 1
    *_, last = memory.Forget(wire.ForgetRequest(project="p", is_dry_run=True), timeout=_PATIENCE_S)
    assert last.summary.items == 1
    assert len(list(system.Doctor(system_pb2.DoctorRequest(), timeout=_PATIENCE_S))) == 2
    events.cancel()


@pytest.mark.parametrize("kind", ["forget", "doctor"])
def test_what_writes_takes_its_turn(small: Serving, memory: Any, slow: _Slow, tmp_path: Path, kind: str) -> None:
    """To forget and to repair begin when the run has ended."""
    events = memory.Index(wire.IndexRequest(paths=[str(tmp_path)]))
    assert slow.running.acquire(timeout=_PATIENCE_S)
    system: Any = SystemStub(small.channel)  # type: ignore[no-untyped-call]  # generated
    memory.Remember(wire.RememberRequest(text="a", project="p"))
    forget, repair = wire.ForgetRequest(project="p"), system_pb2.DoctorRequest(is_repairing=True)
    rows = memory.Forget(forget) if kind == "forget" else system.Doctor(repair)
    # a look is admitted after it and answered before it
    list(memory.Coverage(wire.CoverageRequest(), timeout=_PATIENCE_S))
    assert slow.begun == 0
    slow.run.set()
    list(events)
    assert list(rows)
    assert slow.begun > 0


def test_slow_readers_of_a_listing_leave_recall_alone(memory: Any, slow: _Slow) -> None:
    """With every place of those who look taken and more waiting, the only place of recalls is free."""
    slow.listed.clear()
    rows = [memory.Coverage(wire.CoverageRequest()) for _ in range(6)]
    for _ in range(4):
        assert slow.listing.acquire(timeout=_PATIENCE_S)
    assert not memory.Recall(wire.RecallRequest(text="a"), timeout=_PATIENCE_S).items
    slow.listed.set()
    assert [len(list(row)) for row in rows] == [1] * 6


def test_an_import_that_has_begun_is_not_refused(memory: Any, slow: _Slow, tmp_path: Path) -> None:
    """With as many runs waiting as may wait, its next part waits too; one that would begin is told to come back."""
    first = _Import(memory)
    first.send(500)
    _until_kept(memory, 500)
    runs = [memory.Index(wire.IndexRequest(paths=[str(tmp_path)])) for _ in range(18)]
    pause = threading.Event()
    while not any(run.done() for run in runs):
        pause.wait(0.005)
    first.send(500)
    first.end()
    late = _Import(memory)
    late.end()
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED):
        late.call.result(_PATIENCE_S)
    slow.run.set()
    assert first.call.result(_PATIENCE_S).items == 1000
    for run in runs:
        run.cancel()


def test_too_many_open_imports_are_refused(memory: Any) -> None:
    """They hold threads while their clients are silent, so they have a limit of their own, and it is given back."""
    imports = [_Import(memory) for _ in range(16)]
    for number, one in enumerate(imports, 1):
        one.send(500)
        _until_kept(memory, 500 * number)
    late = _Import(memory)
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED):
        late.call.result(_PATIENCE_S)
    for one in imports:
        one.end()
        assert one.call.result(_PATIENCE_S).items == 500
    again = _Import(memory)
    again.end()
    assert again.call.result(_PATIENCE_S).items == 0
