"""How the process ends and what it says about itself: signals and the service manager's watchdog."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping

import trio

from daemon.exits import Exit
from daemon.notify import notify

__all__ = ["Shutdown", "keep_watchdog", "obey_signals", "watchdog_period_s"]


class Shutdown:
    """Two steps: asked to stop, and asked not to wait for anybody."""

    def __init__(self) -> None:
        self.requested = trio.Event()
        self.hurried = trio.Event()


async def obey_signals(shutdown: Shutdown, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Turn SIGTERM and SIGINT into a shutdown: the first drains, the second hurries, the third ends at once."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for _ in signals:
            if shutdown.hurried.is_set():
                # what was acknowledged is on the disk: nothing is lost by this
                os._exit(Exit.FAILED)
            elif shutdown.requested.is_set():
                shutdown.hurried.set()
            else:
                shutdown.requested.set()


def watchdog_period_s(environment: Mapping[str, str]) -> float | None:
    """Return seconds between two signs of life that the service manager wants, or None when it wants none.

    Source: sd_watchdog_enabled(3): half of `WATCHDOG_USEC`. `cairn up` becomes the daemon and keeps its process id;
    a program that starts it in turn (`uv run cairn up`) stays its parent, so that one's id is accepted too.
    """
    if environment.get("WATCHDOG_PID", str(os.getpid())) not in {str(os.getpid()), str(os.getppid())}:
        return None
    wanted = environment.get("WATCHDOG_USEC", "")
    return int(wanted) / 2e6 if wanted.isdecimal() and int(wanted) > 0 else None


async def keep_watchdog(period_s: float) -> None:
    """Tell the service manager that the loop turns, until cancelled."""
    while True:
        notify("WATCHDOG=1")
        await trio.sleep(period_s)
