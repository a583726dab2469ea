"""The end of the nursery that streams live in: what is cut short says so, what comes later is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import trio

from foundation.errors import BusyError
from memory_fabric.operations import Check
from servers.errors import DrainingError
from servers.grpc_api.bridge import Bridge
from servers.grpc_api.outbox import Outbox
from servers.grpc_api.status import to_status


class _Context:
    """What the bridge asks of a gRPC context: a client that is patient for ever."""

    def time_remaining(self) -> float | None:
        return None

    def add_callback(self, _: Any) -> bool:
        return True

    def is_active(self) -> bool:
        return True


_CLIENT: Any = _Context()


def _one_and_wait(outbox: Outbox[int], check: Check) -> None:
    outbox.put(1, check)
    pause = threading.Event()
    while True:
        check()
        pause.wait(0.002)


async def _one_for_ever(outbox: Outbox[int]) -> None:
    outbox.put(1, lambda: None)
    await trio.sleep_forever()


async def _cut_short(make: Any) -> Iterator[int]:
    """Return a stream whose nursery was cancelled after its first message."""
    async with trio.open_nursery() as nursery:
        bridge = Bridge(trio.lowlevel.current_trio_token(), nursery)
        rows: Iterator[int] = await trio.to_thread.run_sync(make, bridge)
        assert await trio.to_thread.run_sync(next, rows) == 1
        nursery.cancel_scope.cancel()
    return rows


@pytest.mark.parametrize(
    "make",
    [lambda bridge: bridge.stream(_CLIENT, _one_and_wait), lambda bridge: bridge.follow(_CLIENT, _one_for_ever)],
    ids=["stream", "follow"],
)
async def test_a_stream_that_is_cut_short_is_not_complete(make: Any) -> None:
    """Its reader gets the error of a daemon that stops, never a quiet end."""
    rows = await _cut_short(make)
    with pytest.raises(DrainingError):
        await trio.to_thread.run_sync(list, rows)


@pytest.mark.parametrize("is_cancelled", [False, True], ids=["ended", "cancelled"])
async def test_a_closed_nursery_begins_nothing(is_cancelled: bool) -> None:
    """While trio still runs: UNAVAILABLE with reason and time to retry, and not INTERNAL."""
    async with trio.open_nursery() as nursery:
        bridge = Bridge(trio.lowlevel.current_trio_token(), nursery)
        if is_cancelled:
            nursery.cancel_scope.cancel()
    for late in (lambda: bridge.stream(_CLIENT, _one_and_wait), lambda: bridge.follow(_CLIENT, _one_for_ever)):
        with pytest.raises(DrainingError) as caught:
            await trio.to_thread.run_sync(late)
        status = to_status(caught.value)
        assert status.code == 14
        assert [detail.TypeName() for detail in status.details] == ["google.rpc.ErrorInfo", "google.rpc.RetryInfo"]


async def test_followers_have_a_limit_that_is_given_back() -> None:
    """The one too many is told to come back; nothing of it is left."""
    async with trio.open_nursery() as nursery:
        bridge = Bridge(trio.lowlevel.current_trio_token(), nursery)
        streams = [await trio.to_thread.run_sync(bridge.follow, _CLIENT, _one_for_ever) for _ in range(17)]
        with pytest.raises(BusyError):
            await trio.to_thread.run_sync(list, streams[-1])
        bridge.stop(is_all=False)
        for stream in streams[:-1]:
            with pytest.raises(DrainingError):
                await trio.to_thread.run_sync(list, stream)
        nursery.cancel_scope.cancel()
