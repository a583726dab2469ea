"""A real process: how it ends while somebody is being served, and how it starts after a crash."""

from __future__ import annotations

import signal
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from foundation.places import SOCKET_BYTES, find_running
from proto.cairn.v1 import memory_pb2, memory_pb2_grpc, system_pb2, system_pb2_grpc
from tests.daemon.process import DaemonProcess, serving

pytestmark = pytest.mark.slow

DEADLINE_S = 30.0


class Import:
    """An import in flight: one batch is in the memory already, the last record waits until it is let go.

    Args:
        channel: To the daemon.
        pool: Runs the call.
    """

    BATCH = 500

    def __init__(self, channel: grpc.Channel, pool: ThreadPoolExecutor) -> None:
        self._go_on = threading.Event()
        stub = memory_pb2_grpc.MemoryStub(channel)  # type: ignore[no-untyped-call]  # generated
        self.summary: Future[memory_pb2.IndexSummary] = pool.submit(
            lambda: stub.Ingest(self._records(), timeout=DEADLINE_S)
        )
        while stub.Stats(memory_pb2.StatsRequest(), timeout=DEADLINE_S).items < self.BATCH:
            assert not self.summary.done()

    def _records(self) -> Iterator[memory_pb2.IngestRequest]:
        records = [memory_pb2.IngestRecord(id=str(number), text=f"record {number}") for number in range(self.BATCH + 1)]
        yield memory_pb2.IngestRequest(project="p", records=records[:-1])
        self._go_on.wait(DEADLINE_S)
        yield memory_pb2.IngestRequest(project="p", records=records[-1:])

    def go_on(self) -> None:
        """Send the rest."""
        self._go_on.set()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads of clients."""
    with ThreadPoolExecutor(4) as threads:
        yield threads


def channel_to(daemon: DaemonProcess) -> grpc.Channel:
    """Return a channel to the socket that the daemon announced."""
    return grpc.insecure_channel(f"unix:{daemon.running.socket}")


def until_refused(channel: grpc.Channel) -> grpc.StatusCode:
    """Ask until the daemon refuses."""
    stub = system_pb2_grpc.SystemStub(channel)  # type: ignore[no-untyped-call]  # generated
    while True:
        try:
            stub.Info(system_pb2.InfoRequest(), timeout=DEADLINE_S)
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            return code


def test_a_stop_finishes_what_has_begun_and_refuses_the_rest(own_profile: Path, pool: ThreadPoolExecutor) -> None:
    """Health says NOT_SERVING, new calls are UNAVAILABLE, the import in flight is acknowledged, and nothing is left."""
    with serving(own_profile, "daemon.drain_s=30") as daemon, channel_to(daemon) as channel:
        health = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="cairn.v1.Memory"))
        assert next(health).status == health_pb2.HealthCheckResponse.SERVING
        running = Import(channel, pool)
        daemon.signal(signal.SIGTERM)
        daemon.hear("STOPPING=1")
        assert next(health).status == health_pb2.HealthCheckResponse.NOT_SERVING
        health.cancel()
        assert until_refused(channel) is grpc.StatusCode.UNAVAILABLE
        running.go_on()
        assert running.summary.result().items == Import.BATCH + 1
        assert daemon.ended() == 0
        assert not Path(daemon.profile / "cairn.sock").exists()
        assert find_running(own_profile) is None


def test_a_second_signal_does_not_wait(own_profile: Path, pool: ThreadPoolExecutor) -> None:
    """The call in flight is cut off, the end is still a clean one."""
    with serving(own_profile, "daemon.drain_s=600") as daemon, channel_to(daemon) as channel:
        running = Import(channel, pool)
        daemon.signal(signal.SIGINT)
        daemon.hear("STOPPING=1")
        daemon.signal(signal.SIGINT)
        assert daemon.ended() == 0
        running.go_on()
        assert isinstance(running.summary.exception(DEADLINE_S), grpc.RpcError)


def test_drain_over_the_wire_ends_the_process(own_profile: Path) -> None:
    """`System.Drain` is answered, and then the daemon stops as if by signal."""
    with serving(own_profile) as daemon, channel_to(daemon) as channel:
        stub = system_pb2_grpc.SystemStub(channel)  # type: ignore[no-untyped-call]  # generated
        assert stub.Drain(system_pb2.DrainRequest(), timeout=DEADLINE_S) == system_pb2.DrainReply()
        daemon.hear("STOPPING=1")
        assert daemon.ended() == 0


def test_after_a_crash_the_next_start_needs_no_help(own_profile: Path) -> None:
    """A stale lock, socket and `daemon.json` do not matter; files stay private; what was acknowledged is there."""
    with serving(own_profile) as daemon, channel_to(daemon) as channel:
        stub = memory_pb2_grpc.MemoryStub(channel)  # type: ignore[no-untyped-call]  # generated
        kept = stub.Remember(memory_pb2.RememberRequest(text="the kettle is in the attic"), timeout=DEADLINE_S)
        daemon.signal(signal.SIGKILL)
        daemon.ended()
    assert find_running(own_profile) is not None
    with serving(own_profile) as daemon, channel_to(daemon) as channel:
        stub = memory_pb2_grpc.MemoryStub(channel)  # type: ignore[no-untyped-call]  # generated
        assert stub.Get(memory_pb2.GetRequest(id=kept.id), timeout=DEADLINE_S).id == kept.id
        assert stat.S_IMODE(Path(daemon.running.socket).stat().st_mode) == 0o600
        daemon.signal()
        assert daemon.ended() == 0
    open_to_others = [path for path in own_profile.rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []


def test_a_profile_too_deep_for_a_socket_serves_all_the_same(tmp_path: Path) -> None:
    """The client reads the short address from `daemon.json`."""
    profile = tmp_path / ("deep" * 20) / ("deeper" * 20)
    with serving(profile, WATCHDOG_USEC="60000000") as daemon, channel_to(daemon) as channel:
        daemon.hear("WATCHDOG=1")
        assert len(daemon.running.socket) <= SOCKET_BYTES
        health = health_pb2_grpc.HealthStub(channel)
        reply = health.Check(health_pb2.HealthCheckRequest(), timeout=DEADLINE_S)
        assert reply.status == health_pb2.HealthCheckResponse.SERVING
        daemon.signal()
        assert daemon.ended() == 0
        assert not Path(daemon.profile / "cairn.sock").exists()
