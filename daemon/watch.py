"""Folders that the daemon follows by itself: those of the configuration, and those that the memory was told to keep."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import cast

import structlog
import trio

from memory_fabric.ingest.watch import ChangeSet
from memory_fabric.operations import FollowedFolder
from orchestrator.ports import MemoryService

__all__ = ["follow_folders", "keep_level"]

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 300.0

log = structlog.get_logger(__name__)


async def follow_folders(memory: MemoryService, configured: Sequence[str]) -> None:
    """Follow the folders of the configuration and whatever the memory keeps, as that changes, until cancelled.

    Args:
        memory: Kept level; tells what else is to be followed.
        configured: Absolute paths.
    """
    token = trio.lowlevel.current_trio_token()
    send, receive = trio.open_memory_channel[None](1)

    def tell() -> None:
        # one that waits to be heard is enough
        with suppress(trio.WouldBlock):
            send.send_nowait(None)

    def tell_soon() -> None:
        # the daemon may have stopped: then nobody is to be told
        with suppress(trio.RunFinishedError):
            token.run_sync_soon(tell)

    memory.on_followed(tell_soon)
    scopes: dict[FollowedFolder, trio.CancelScope] = {}
    async with trio.open_nursery() as nursery:
        while True:
            kept = await trio.to_thread.run_sync(memory.followed)
            named = {folder.path for folder in kept}
            wanted = {*kept, *(FollowedFolder(path) for path in configured if path not in named)}
            for folder in scopes.keys() - wanted:
                scopes.pop(folder).cancel()
            for folder in wanted - scopes.keys():
                scopes[folder] = trio.CancelScope()
                nursery.start_soon(_within, scopes[folder], memory, folder)
            await receive.receive()


async def _within(scope: trio.CancelScope, memory: MemoryService, folder: FollowedFolder) -> None:
    with scope:
        await keep_level(memory, folder.path, folder.project)


async def keep_level(memory: MemoryService, folder: str, project: str = "") -> None:
    """Follow one folder until cancelled; trouble with it is logged, waited out and never ends the daemon.

    Args:
        memory: Kept level.
        folder: Absolute; need not exist yet.
        project: Name to file under; empty is the repository's or folder's name.
    """
    pause_s = _FIRST_PAUSE_S
    while True:
        started = trio.current_time()
        try:
            await _follow(memory, folder, project)
        except* Exception as group:  # the last line of defence: following is a service, the daemon is more than it
            _report(folder, group.exceptions, pause_s)
        if trio.current_time() - started > _LONGEST_PAUSE_S:
            pause_s = _FIRST_PAUSE_S
        await trio.sleep(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _report(folder: str, errors: Sequence[BaseException], pause_s: float) -> None:
    log.warning("watch_failed", folder=folder, exc_info=errors[0], pause_s=pause_s)


async def _follow(memory: MemoryService, folder: str, project: str) -> None:
    # every follower is a generator; left to the garbage collector it would keep its watches
    bursts = cast("AsyncGenerator[ChangeSet | None]", memory.follow([folder]))
    async with aclosing(bursts):
        async for burst in bursts:
            await trio.to_thread.run_sync(_bring_level, memory, folder, project, burst)


def _bring_level(memory: MemoryService, folder: str, project: str, burst: ChangeSet | None) -> None:
    check = trio.from_thread.check_cancelled
    if burst is None:
        # watching has begun: only from now on does a look at everything miss nothing
        memory.index([folder], project=project, report=lambda _: None, check=check)
    else:
        memory.sync(burst, [folder], project=project, check=check)
