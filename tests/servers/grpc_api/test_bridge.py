"""Deadlines, cancellation, backpressure and draining: the work behind a call really stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from memory_fabric.operations import Check, CoverageRow, Progress
from proto.cairn.v1 import memory_pb2 as wire
from proto.cairn.v1.memory_pb2_grpc import MemoryStub
from servers.errors import DeadlineError, DrainingError
from tests.fakes.fake_memory import FakeMemory
from tests.servers.grpc_api.serving import Serving, refused, serve

_STOP_S = 0.2
"""Within this the work must have noticed."""


@pytest.fixture
def memory(serving: Serving) -> Any:
    """A stub of the service."""
    return MemoryStub(serving.channel)  # type: ignore[no-untyped-call]  # generated


@pytest.fixture
def held(serving: Serving) -> FakeMemory:
    """The memory behind the server, its work held at the first safe point."""
    fake: FakeMemory = serving.memory
    fake.gate.clear()
    return fake


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """A file to index."""
    path = tmp_path / "note.md"
    path.write_text("words of a note")
    return path


def _stops_in_time(held: FakeMemory, attempt: Callable[[float], float]) -> bool:
    """Whether the work stopped within `_STOP_S` of the moment that `attempt` returns, in the best of five attempts.

    A machine that is busy with other things may delay an attempt, or let its deadline pass before the work begins:
    each is given twice the time of the one before. Work that begins and does not stop fails at once.
    """
    for number in range(5):
        begun = held.begun
        held.stopped.clear()
        told_s = attempt(0.05 * 2**number)
        if held.begun == begun:
            continue
        assert held.stopped.wait(5), "the work has not stopped"
        if held.stopped_s - told_s < _STOP_S:
            return True
    return False


def test_a_deadline_stops_a_long_run(memory: Any, held: FakeMemory, note: Path) -> None:
    """50 ms are given to an index that never ends: the client is told, and the run's loop has stopped."""

    def attempt(timeout_s: float) -> float:
        due_s = time.monotonic() + timeout_s
        with pytest.raises(grpc.RpcError) as caught:
            list(memory.Index(wire.IndexRequest(paths=[str(note)]), timeout=timeout_s))
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        return due_s

    assert _stops_in_time(held, attempt)
    assert not held.items


def test_a_deadline_stops_a_recall(memory: Any, held: FakeMemory) -> None:
    """A quick call obeys it too."""

    def attempt(timeout_s: float) -> float:
        due_s = time.monotonic() + timeout_s
        with pytest.raises(grpc.RpcError) as caught:
            memory.Recall(wire.RecallRequest(text="a"), timeout=timeout_s)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        return due_s

    assert _stops_in_time(held, attempt)


def test_a_client_that_cancels_stops_a_long_run(memory: Any, held: FakeMemory, note: Path) -> None:
    """The run notices that nobody is there any more."""

    def attempt(_: float) -> float:
        events = memory.Index(wire.IndexRequest(paths=[str(note)]))
        assert held.waiting.acquire(timeout=5)
        events.cancel()
        return time.monotonic()

    assert _stops_in_time(held, attempt)


def test_a_client_that_cancels_stops_a_recall(memory: Any, held: FakeMemory) -> None:
    """A quick call too."""

    def attempt(_: float) -> float:
        future = memory.Recall.future(wire.RecallRequest(text="a"))
        assert held.waiting.acquire(timeout=5)
        future.cancel()
        return time.monotonic()

    assert _stops_in_time(held, attempt)


def test_a_client_that_dies_stops_its_run(serving: Serving, held: FakeMemory, note: Path) -> None:
    """A closed connection is as good as a cancellation."""
    with grpc.insecure_channel(serving.target, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        stub: Any = MemoryStub(channel)  # type: ignore[no-untyped-call]  # generated
        events = stub.Index(wire.IndexRequest(paths=[str(note)]))
        assert held.waiting.acquire(timeout=5)
    assert held.stopped.wait(5)
    with pytest.raises(grpc.RpcError):
        next(iter(events))


def test_an_import_ends_when_its_client_stops_sending(memory: Any, serving: Serving) -> None:
    """A half-sent import that is cancelled frees its place: with all places taken that way, a run still begins."""
    for _ in range(8):
        silent = threading.Event()

        def messages(silent: threading.Event = silent) -> Any:
            # as many as are written at once, so that the run has begun
            yield wire.IngestRequest(project="p", records=[wire.IngestRecord(id="1", text="x")] * 500)
            silent.wait()

        call = memory.Ingest.future(messages())
        _until(lambda: serving.memory.passed > 0)
        serving.memory.passed = 0
        call.cancel()
        silent.set()
    *_, last = memory.Compact(wire.CompactRequest(), timeout=5)
    assert last.done == 2


def test_long_runs_leave_recall_alone(memory: Any, held: FakeMemory, serving: Serving, note: Path) -> None:
    """With every place of the long runs taken and more waiting, a recall is answered at once."""
    calls = [memory.Index(wire.IndexRequest(paths=[str(note)])) for _ in range(12)]
    for _ in range(4):
        assert held.waiting.acquire(timeout=5)
    assert memory.Stats(wire.StatsRequest(), timeout=5).items == 0
    for call in calls:
        call.cancel()


def test_too_many_runs_are_refused_with_a_time_to_retry(memory: Any, held: FakeMemory, note: Path) -> None:
    """4 run, 16 wait, the rest is told to come back."""
    calls = [memory.Index(wire.IndexRequest(paths=[str(note)])) for _ in range(30)]
    _until(lambda: sum(call.done() for call in calls) >= 10)
    late = [call for call in calls if call.done()]
    held.gate.set()
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED) as found:
        list(late[0])
    assert found[0]["RetryInfo"].retry_delay.seconds == 1
    ends = [list(call)[-1].WhichOneof("event") for call in calls if call not in late]
    assert ends == ["summary"] * 20


def test_too_many_recalls_are_refused(folder: Path) -> None:
    """A flood is answered in bounded memory: some are told to come back, all others are answered."""
    fake = FakeMemory()
    fake.gate.clear()
    with serve(folder, memory=fake, recalls=2) as serving:
        stub: Any = MemoryStub(serving.channel)  # type: ignore[no-untyped-call]  # generated
        calls = [stub.Recall.future(wire.RecallRequest(text="a")) for _ in range(100)]
        _until(lambda: sum(call.done() for call in calls) >= 34)
        fake.gate.set()
        codes = [call.code() for call in calls]
    assert codes.count(grpc.StatusCode.RESOURCE_EXHAUSTED) == 34
    assert codes.count(grpc.StatusCode.OK) == 66


def test_too_many_followers_are_refused(memory: Any, tmp_path: Path) -> None:
    """Endless streams have a limit of their own, and it is given back."""
    request = wire.WatchRequest(paths=[str(tmp_path)])
    calls = [memory.Watch(request) for _ in range(16)]
    assert all(next(call).changes == 0 for call in calls)
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED):
        list(memory.Watch(request))
    calls.pop().cancel()
    _until(lambda: _is_open(memory, request))
    for call in calls:
        call.cancel()


def _is_open(memory: Any, request: Any) -> bool:
    call = memory.Watch(request)
    try:
        next(call)
    except grpc.RpcError:
        return False
    call.cancel()
    return True


@pytest.mark.slow
def test_a_slow_reader_holds_the_work_back(folder: Path) -> None:
    """Rows are made only as fast as they are taken: 200,000 rows wait in the worker, not in memory."""
    made = 0

    class Wide(FakeMemory):
        def coverage(self, path: str = "", *, check: Check = lambda: None) -> Any:
            nonlocal made
            for made in range(1, 200_001):
                yield CoverageRow(f"/{'x' * 1000}/{made}", "indexed")

    with serve(folder, memory=Wide()) as serving:
        stub: Any = MemoryStub(serving.channel)  # type: ignore[no-untyped-call]  # generated
        rows = stub.Coverage(wire.CoverageRequest())
        next(rows)
        _until_still(lambda: made)
        # what is made and not read: the outbox, twice, and what the connection's windows hold
        assert made < 5_000
        rows.cancel()


@pytest.mark.slow
def test_progress_comes_at_most_ten_times_a_second(folder: Path) -> None:
    """However often a run reports, the wire carries one in 100 ms, and the last."""

    class Chatty(FakeMemory):
        def compact(self, *, report: Any, check: Check) -> None:
            end_s, done = time.monotonic() + 0.35, 0
            while time.monotonic() < end_s:
                done += 1
                report(Progress(done, 0, "steps", 0.0, 0.0, "compact"))
                check()
            self.passed = done

    with serve(folder, memory=Chatty()) as serving:
        stub: Any = MemoryStub(serving.channel)  # type: ignore[no-untyped-call]  # generated
        rows = list(stub.Compact(wire.CompactRequest()))
        assert 2 <= len(rows) <= 5
        assert rows[-1].done == serving.memory.passed


@pytest.mark.slow
def test_sixteen_clients_at_once(serving: Serving) -> None:
    """Each writes and finds its own, through a connection of its own."""

    def work(number: int) -> int:
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(serving.target, options) as channel:
            stub: Any = MemoryStub(channel)  # type: ignore[no-untyped-call]  # generated
            for step in range(10):
                stub.Remember(wire.RememberRequest(text=f"client{number} step{step}", project=f"p{number}"))
            found = stub.Recall(wire.RecallRequest(text=f"client{number}", project=f"p{number}"))
            return len(found.items)

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(work, range(16))) == [10] * 16
    assert len(serving.memory.items) == 160


def test_drain_finishes_what_is_in_flight_and_refuses_the_rest(
    memory: Any, serving: Serving, held: FakeMemory, note: Path
) -> None:
    """A run that began before ends with its summary; a call that comes later is told to try again."""
    events = memory.Index(wire.IndexRequest(paths=[str(note)]))
    assert held.waiting.acquire(timeout=5)
    drain = threading.Thread(target=serving.server.drain, args=(5.0,))
    drain.start()
    _until(lambda: _is_draining(memory))
    with refused(grpc.StatusCode.UNAVAILABLE, "DRAINING") as found:
        memory.Recall(wire.RecallRequest(text="a"))
    assert "RetryInfo" in found[0]
    held.gate.set()
    assert list(events)[-1].summary.items == 1
    drain.join(5)
    assert not drain.is_alive()


def _is_draining(memory: Any) -> bool:
    try:
        memory.Stats(wire.StatsRequest())
    except grpc.RpcError:
        return True
    return False


def test_drain_ends_what_outlasts_its_patience(
    memory: Any, serving: Serving, held: FakeMemory, note: Path, tmp_path: Path
) -> None:
    """An endless stream ends at once, a run after the grace; both are told why, and the work has stopped."""
    follow = memory.Watch(wire.WatchRequest(paths=[str(tmp_path)]))
    next(follow)
    events = memory.Index(wire.IndexRequest(paths=[str(note)]))
    assert held.waiting.acquire(timeout=5)
    started_s = time.monotonic()
    serving.server.drain(0.1)
    assert time.monotonic() - started_s < 3.0
    assert held.stopped.is_set()
    for stream in (follow, events):
        with refused(grpc.StatusCode.UNAVAILABLE, "DRAINING"):
            list(stream)


def test_drain_of_an_idle_server_takes_no_time(serving: Serving, memory: Any) -> None:
    """Open connections without calls hold nothing up."""
    memory.Stats(wire.StatsRequest())
    started_s = time.monotonic()
    serving.server.drain(30.0)
    assert time.monotonic() - started_s < 5.0


class _Context:
    """What the bridge asks of a gRPC context: a client that is patient for ever, with a deadline of its own."""

    def __init__(self, left_s: float | None) -> None:
        self._left_s = left_s

    def time_remaining(self) -> float | None:
        return self._left_s

    def add_callback(self, _: Any) -> bool:
        return True

    def is_active(self) -> bool:
        return True


def _hold(check: Check) -> None:
    """Work until told to stop, or until a test has to fail."""
    pause, end_s = threading.Event(), time.monotonic() + 5
    while time.monotonic() < end_s:
        check()
        pause.wait(0.002)


def test_the_daemon_keeps_deadlines_itself(serving: Serving) -> None:
    """A client that does not hang up is told that its time is over."""
    with pytest.raises(DeadlineError):
        serving.bridge.call(_Context(0.02), _hold)


def test_a_bridge_whose_trio_has_ended_says_so(folder: Path) -> None:
    """Handlers that come too late are told that the daemon stops; nothing hangs and nothing crashes."""
    with serve(folder) as serving:
        pass
    late: Any = _Context(None)
    with pytest.raises(DrainingError):
        serving.bridge.call(late, _hold)
    with pytest.raises(DrainingError):
        serving.bridge.stream(late, lambda _, check: _hold(check))
    serving.bridge.stop(is_all=True)


def test_a_stopped_bridge_begins_nothing(serving: Serving) -> None:
    """A call that slipped past the guard ends at its first safe point."""
    serving.bridge.stop(is_all=True)
    patient: Any = _Context(None)
    with pytest.raises(DrainingError):
        serving.bridge.call(patient, _hold)
    with pytest.raises(DrainingError):
        list(serving.bridge.stream(patient, lambda _, check: _hold(check)))


def _until(condition: Callable[[], Any], patience_s: float = 5.0) -> None:
    """Wait for a condition, a moment at a time."""
    pause, deadline_s = threading.Event(), time.monotonic() + patience_s
    while not condition() and time.monotonic() < deadline_s:
        pause.wait(0.002)


def _until_still(value: Callable[[], int]) -> None:
    """Wait until a counter has not moved for a while."""
    pause, seen = threading.Event(), -1
    while value() != seen:
        seen = value()
        pause.wait(0.15)
