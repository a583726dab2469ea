"""Signals and signs of life."""

from __future__ import annotations

import os
import signal
import socket
import tempfile

import pytest
import trio
import trio.testing

from daemon.lifecycle import Shutdown, keep_watchdog, obey_signals, watchdog_period_s


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_signal_asks_and_the_second_hurries(which: signal.Signals) -> None:
    """Both are heard as soon as the task has started."""
    shutdown = Shutdown()
    async with trio.open_nursery() as nursery:
        await nursery.start(obey_signals, shutdown)
        assert not shutdown.requested.is_set()
        os.kill(os.getpid(), which)
        await shutdown.requested.wait()
        assert not shutdown.hurried.is_set()
        os.kill(os.getpid(), which)
        await shutdown.hurried.wait()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("environment", "period_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "3000000"}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getppid())}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_half_of_what_the_manager_waits(environment: dict[str, str], period_s: float | None) -> None:
    """When it waits for us, or for a program that started us as its child."""
    if environment.get("WATCHDOG_PID") == "1" and os.getppid() == 1:
        pytest.skip("the parent is the first process")
    assert watchdog_period_s(environment) == period_s


async def test_a_sign_of_life_each_period(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first at once, then one a period."""
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"{short}/notify")
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", f"{short}/notify")
        with trio.move_on_after(35.0):
            await keep_watchdog(10.0)
        assert [manager.recv(64) for _ in range(4)] == [b"WATCHDOG=1"] * 4
        with pytest.raises(BlockingIOError):
            manager.recv(64)
