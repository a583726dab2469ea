"""Folders of the configuration that are followed for as long as the daemon runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast

import structlog
import trio

from memory_fabric.ingest.watch import ChangeSet
from orchestrator.ports import MemoryService

__all__ = ["keep_level"]

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 300.0

log = structlog.get_logger(__name__)


async def keep_level(memory: MemoryService, folder: str) -> None:
    """Follow one folder until cancelled; trouble with it is logged, waited out and never ends the daemon.

    Args:
        memory: Kept level.
        folder: Absolute; need not exist yet.
    """
    pause_s = _FIRST_PAUSE_S
    while True:
        started = trio.current_time()
        try:
            await _follow(memory, folder)
        except* Exception as group:  # the last line of defence: following is a service, the daemon is more than it
            _report(folder, group.exceptions, pause_s)
        if trio.current_time() - started > _LONGEST_PAUSE_S:
            pause_s = _FIRST_PAUSE_S
        await trio.sleep(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _report(folder: str, errors: Sequence[BaseException], pause_s: float) -> None:
    log.warning("watch_failed", folder=folder, exc_info=errors[0], pause_s=pause_s)


async def _follow(memory: MemoryService, folder: str) -> None:
    # every follower is a generator; left to the garbage collector it would keep its watches
    bursts = cast("AsyncGenerator[ChangeSet | None]", memory.follow([folder]))
    async with aclosing(bursts):
        async for burst in bursts:
            await trio.to_thread.run_sync(_bring_level, memory, folder, burst)


def _bring_level(memory: MemoryService, folder: str, burst: ChangeSet | None) -> None:
    check = trio.from_thread.check_cancelled
    if burst is None:
        # watching has begun: only from now on does a look at everything miss nothing
        memory.index([folder], report=lambda _: None, check=check)
    else:
        memory.sync(burst, [folder], project="", check=check)
