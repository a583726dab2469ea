"""The only crossing between gRPC's threads and trio.

A handler runs on a thread of the gRPC server. It crosses into trio once; there the client's deadline and cancellation
become a cancel scope, and the blocking library call runs on a worker thread that asks the scope at every safe point.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import grpc
import trio

from foundation.errors import BusyError
from memory_fabric.operations import Check

__all__ = ["Bridge", "Outbox", "StoppedError"]

T = TypeVar("T")

_QUEUE = 64
"""Requests that may wait for a worker of their kind before new ones are refused."""

_OUTBOX = 256
"""Messages of a stream that may wait for a slow client before the work waits too."""


class Outbox(Generic[T]):
    """Messages on their way from a worker to a stream: bounded, and progress is never queued twice."""

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._progress: T | None = None
        self._is_closed = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def offer(self, item: T) -> None:
        """Show progress: it replaces progress that the client has not taken yet."""
        with self._changed:
            self._progress = item
            self._changed.notify_all()

    def put(self, item: T, check: Check) -> None:
        """Send a message, waiting while the client is slow; `check` may end the wait."""
        while True:
            with self._changed:
                if len(self._items) < _OUTBOX:
                    self._items.append(item)
                    self._changed.notify_all()
                    return
                self._changed.wait(0.1)
            check()

    def close(self, error: BaseException | None = None) -> None:
        """No more messages; the reader then gets `error`, if any."""
        with self._changed:
            self._is_closed, self._error = True, error
            self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        while True:
            with self._changed:
                while not (self._items or self._progress is not None or self._is_closed):
                    self._changed.wait()
                progress, self._progress = self._progress, None
                items = list(self._items)
                self._items.clear()
                is_done, error = self._is_closed, self._error
                self._changed.notify_all()
            if progress is not None:
                yield progress
            yield from items
            if is_done:
                if error is not None:
                    raise error
                return


class Bridge:
    """Runs library calls for gRPC handlers.

    Args:
        token: Of the trio run that owns the daemon.
        nursery: Where streams live; it is cancelled when the daemon stops.
        recalls: Quick calls that may run at once.
        runs: Long runs that may run at once; they never take the place of a quick call.
    """

    def __init__(
        self, token: trio.lowlevel.TrioToken, nursery: trio.Nursery, *, recalls: int = 8, runs: int = 4
    ) -> None:
        self._token = token
        self._nursery = nursery
        self._recalls = trio.CapacityLimiter(recalls)
        self._runs = trio.CapacityLimiter(runs)

    def call(self, context: grpc.ServicerContext, work: Callable[[Check], T], *, is_long: bool = False) -> T:
        """Run `work` and return its result; the handler's thread waits.

        Args:
            context: Of the call.
            work: Gets a check that raises when the client has left or its time is over.
            is_long: Whether it counts among the long runs.
        """

        async def run() -> T:
            return await self._scoped(context, work, self._runs if is_long else self._recalls)

        return trio.from_thread.run(run, trio_token=self._token)

    def stream(self, context: grpc.ServicerContext, work: Callable[[Outbox[T], Check], None]) -> Iterator[T]:
        """Run `work` beside the handler and yield what it puts into the outbox."""
        outbox: Outbox[T] = Outbox()

        async def run() -> None:
            error: BaseException | None = None
            try:
                await self._scoped(context, lambda check: work(outbox, check), self._runs)
            except Exception as caught:  # handed to the handler, which ends the call with it
                error = caught
            finally:
                outbox.close(error)

        self._token.run_sync_soon(self._nursery.start_soon, run)
        return iter(outbox)

    def spawn(self, context: grpc.ServicerContext, work: Callable[[Outbox[T]], object]) -> Iterator[T]:
        """Like `stream`, for work that is itself asynchronous."""
        outbox: Outbox[T] = Outbox()

        async def run() -> None:
            error: BaseException | None = None
            try:
                with self._scope(context):
                    await work(outbox)  # type: ignore[misc]  # an async function
            except Exception as caught:  # handed to the handler, which ends the call with it
                error = caught
            finally:
                outbox.close(error)

        self._token.run_sync_soon(self._nursery.start_soon, run)
        return iter(outbox)

    async def in_thread(self, work: Callable[[Check], T]) -> T:
        """Run blocking work from an asynchronous stream."""
        return await trio.to_thread.run_sync(lambda: work(trio.from_thread.check_cancelled), limiter=self._runs)

    def _scope(self, context: grpc.ServicerContext) -> trio.CancelScope:
        left_s = context.time_remaining()
        scope = trio.CancelScope() if left_s is None else trio.CancelScope(deadline=trio.current_time() + left_s)

        def leave() -> None:
            try:
                self._token.run_sync_soon(scope.cancel)
            except trio.RunFinishedError:
                # the daemon has stopped; nothing is left to cancel
                return

        if not context.add_callback(leave):
            scope.cancel()
        return scope

    async def _scoped(
        self, context: grpc.ServicerContext, work: Callable[[Check], T], limiter: trio.CapacityLimiter
    ) -> T:
        if limiter.statistics().tasks_waiting >= _QUEUE:
            raise BusyError("too many requests are waiting")
        with self._scope(context):
            return await trio.to_thread.run_sync(lambda: work(trio.from_thread.check_cancelled), limiter=limiter)
        raise StoppedError


class StoppedError(BusyError):
    """The client has left or its deadline has passed."""

    def __init__(self) -> None:
        super().__init__("the call was stopped: its deadline passed or the client left")
