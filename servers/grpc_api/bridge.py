"""The only crossing between gRPC's threads and trio.

A handler runs on a thread of the gRPC server. It crosses into trio once; there the client's deadline and cancellation
become a cancel scope, and the blocking library call runs on a worker thread that asks the scope at every safe point.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TypeVar

import grpc
import trio

from foundation.errors import BusyError
from memory_fabric.operations import Check
from servers.errors import DeadlineError, DrainingError, LeftError
from servers.grpc_api.outbox import Outbox
from servers.grpc_api.pools import Pool

__all__ = ["Bridge"]

T = TypeVar("T")
R = TypeVar("R")

_WAITING_RECALLS = 64
_WAITING_RUNS = 16
"""Calls that may wait for a worker of their kind before new ones are refused."""

_LOOKS = 4
"""Streams at once that only look. Places of their own: who reads slowly holds one until the end, and a recall must not
wait for that."""

_SETTLING = 16
"""Runs at once that have written everything and wait for the indexes: they keep nobody from writing."""

_IMPORTS = 16
"""Open imports at once: they take the place of a run only while they write."""

_FOLLOWS = 16
"""Endless streams at once."""

_OTHER_STREAMS = 8
"""Streams that the bridge does not see: reflection, and answers whose client reads slower than they were made."""

_SPARE_THREADS = 16
"""Handlers that refuse, or answer without waiting, while everybody else waits."""


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
        self._recalls = Pool(recalls, _WAITING_RECALLS)
        self._looks = Pool(_LOOKS, _WAITING_RUNS)
        self._runs = Pool(runs, _WAITING_RUNS)
        self._settling = trio.CapacityLimiter(_SETTLING)
        self._imports = threading.BoundedSemaphore(_IMPORTS)
        # INVARIANT: touched on the trio thread only
        self._scopes: set[trio.CancelScope] = set()
        self._endless: set[trio.CancelScope] = set()
        self._is_following = True
        self._is_working = True

    @property
    def streams(self) -> int:
        """Streams that may be open at once: each holds a thread until its client has read it or left."""
        return self._runs.size + self._looks.size + _SETTLING + _IMPORTS + _FOLLOWS + _OTHER_STREAMS

    @property
    def threads(self) -> int:
        """Handlers that may stand in a call at once; a server with as many threads always has one free to refuse."""
        return self._recalls.size + self.streams + _SPARE_THREADS

    # ---- from gRPC's threads ----------------------------------------------------------------------------------

    def call(self, context: grpc.ServicerContext, work: Callable[[Check], T]) -> T:
        """Run a quick `work` and return its result; the handler's thread waits.

        Args:
            context: Of the call.
            work: Gets a check that raises when the client has left, its time is over, or the daemon stops.

        Raises:
            BusyError: Too many calls of its kind are waiting.
            DeadlineError: The deadline passed; the work has stopped.
            LeftError: The client left; the work has stopped.
            DrainingError: The daemon stops; the work has stopped.
        """

        async def run() -> T:
            self._recalls.admit()
            return await self._scoped(context, work, self._recalls.limiter)

        return self._cross(run)

    @contextmanager
    def importing(self) -> Iterator[None]:
        """Hold one of the places for open imports.

        Raises:
            BusyError: All are taken.
        """
        if not self._imports.acquire(blocking=False):
            raise BusyError("too many imports are open")
        try:
            yield
        finally:
            self._imports.release()

    def write(self, context: grpc.ServicerContext, work: Callable[[Check], T], *, is_first: bool) -> T:
        """Run one part of an import and return its result; between its parts it holds no place.

        Args:
            context: Of the call.
            work: As of `call`.
            is_first: Only then is it refused while too many wait: a later part ends what was begun.

        Raises:
            BusyError: Too many runs are waiting; other errors as `call`.
        """

        async def run() -> T:
            if is_first:
                self._runs.admit()
            return await self._scoped(context, work, self._runs.limiter)

        return self._cross(run)

    def settle(self, context: grpc.ServicerContext, work: Callable[[Check], T]) -> T:
        """Wait for what a run leaves behind, without its place; errors as `call`."""
        return self._cross(partial(self._scoped, context, work, self._settling))

    def stream(
        self,
        context: grpc.ServicerContext,
        work: Callable[[Outbox[T], Check], R],
        *,
        then: Callable[[Outbox[T], Check, R], object] | None = None,
        is_look: bool = False,
    ) -> Iterator[T]:
        """Run a long `work` beside the handler and yield what it puts into the outbox.

        Args:
            context: Of the call.
            work: Holds the place of a run.
            then: Goes on with what `work` returned, when its place is somebody else's.
            is_look: Whether it only reads: it takes no place of a run then.

        Raises:
            DrainingError: The daemon has stopped; other errors as `call`, from the iterator.
        """
        outbox: Outbox[T] = Outbox()
        pool = self._looks if is_look else self._runs

        async def run() -> None:
            pool.admit()
            with self._scope(context):
                done = await self.in_thread(lambda check: work(outbox, check), pool.limiter)
                if then is not None:
                    await self.in_thread(lambda check: then(outbox, check, done), self._settling)

        self._launch(outbox, run)
        return iter(outbox)

    def follow(self, context: grpc.ServicerContext, work: Callable[[Outbox[T]], Awaitable[None]]) -> Iterator[T]:
        """Like `stream`, for asynchronous work that ends only when the client leaves or the daemon drains.

        Raises:
            DrainingError: The daemon has stopped; other errors as `call`, from the iterator.
        """
        outbox: Outbox[T] = Outbox()

        async def run() -> None:
            if len(self._endless) >= _FOLLOWS:
                raise BusyError("too many streams are open")
            with self._scope(context, is_endless=True):
                await work(outbox)

        self._launch(outbox, run)
        return iter(outbox)

    def stop(self, *, is_all: bool) -> None:
        """End endless streams, or everything that still runs and all that would begin; may be called anywhere."""

        def end() -> None:
            self._is_following, self._is_working = False, self._is_working and not is_all
            for scope in list(self._scopes if is_all else self._endless):
                scope.cancel()

        with suppress(trio.RunFinishedError):
            self._token.run_sync_soon(end)

    # ---- on the trio thread -----------------------------------------------------------------------------------

    async def in_thread(self, work: Callable[[Check], T], limiter: trio.CapacityLimiter | None = None) -> T:
        """Run blocking work on a worker thread; without a limiter of its own it counts among the long runs."""
        return await trio.to_thread.run_sync(
            lambda: work(trio.from_thread.check_cancelled), limiter=limiter or self._runs.limiter
        )

    def _launch(self, outbox: Outbox[T], job: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            # what cancels the nursery is the end of the daemon: a stream cut short must not look complete
            error: BaseException | None = DrainingError()
            try:
                await job()
                error = None
            except Exception as caught:  # handed to the handler, which ends the call with it
                error = caught
            finally:
                outbox.close(error)

        try:
            trio.from_thread.run_sync(self._nursery.start_soon, run, trio_token=self._token)
        except RuntimeError as error:
            # the nursery is closed, or trio has ended altogether
            raise DrainingError from error

    def _cross(self, run: Callable[[], Awaitable[T]]) -> T:
        try:
            return trio.from_thread.run(run, trio_token=self._token)
        except (trio.Cancelled, trio.RunFinishedError) as error:
            raise DrainingError from error

    async def _scoped(
        self, context: grpc.ServicerContext, work: Callable[[Check], T], limiter: trio.CapacityLimiter
    ) -> T:
        with self._scope(context):
            return await self.in_thread(work, limiter)
        raise DrainingError  # not reached: a scope that was cancelled raises why

    @contextmanager
    def _scope(self, context: grpc.ServicerContext, *, is_endless: bool = False) -> Iterator[None]:
        """Hold a scope that the deadline, the client's leaving and `stop` cancel; raise which of them it was."""
        left_s = context.time_remaining()
        scope = trio.CancelScope() if left_s is None else trio.move_on_after(max(left_s, 0.0))
        is_wanted = self._is_following if is_endless else self._is_working
        if not (is_wanted and context.add_callback(lambda: self._cancel_soon(scope))):
            scope.cancel()
        homes = (self._scopes, self._endless) if is_endless else (self._scopes,)
        for home in homes:
            home.add(scope)
        try:
            with scope:
                yield
        finally:
            for home in homes:
                home.discard(scope)
        if scope.cancelled_caught:
            raise self._reason(context, scope)

    def _cancel_soon(self, scope: trio.CancelScope) -> None:
        # the daemon may have stopped: then nothing is left to cancel
        with suppress(trio.RunFinishedError):
            self._token.run_sync_soon(scope.cancel)

    def _reason(self, context: grpc.ServicerContext, scope: trio.CancelScope) -> Exception:
        if trio.current_time() >= scope.deadline:
            return DeadlineError()
        if not context.is_active():
            return LeftError()
        return DrainingError()
