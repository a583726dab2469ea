"""Messages on their way from a worker to a stream."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from memory_fabric.operations import Check

__all__ = ["Outbox"]

T = TypeVar("T")

_CAPACITY = 256
"""Messages that may wait for a slow client before the work waits too."""

_PROGRESS_INTERVAL_S = 0.1
"""The wire contract: progress at most ten times a second."""

_CHECK_INTERVAL_S = 0.05
"""How often work that waits for a slow client looks whether it should stop."""


class Outbox(Generic[T]):
    """A bounded queue that one worker fills and one stream empties in batches.

    Progress is shown, not queued: only the newest is sent, ten times a second, and the last one in any case.
    """

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._progress: T | None = None
        self._next_progress_s = 0.0
        self._is_closed = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def offer(self, item: T) -> None:
        """Show progress: it replaces progress that was not sent yet."""
        with self._changed:
            self._progress = item
            self._changed.notify_all()

    def put(self, item: T, check: Check) -> None:
        """Send a message, waiting while the client is slow; `check` may end the wait."""
        while True:
            with self._changed:
                if len(self._items) < _CAPACITY:
                    self._items.append(item)
                    self._changed.notify_all()
                    return
                self._changed.wait(_CHECK_INTERVAL_S)
            check()

    def close(self, error: BaseException | None = None) -> None:
        """No more messages; the reader then gets `error`, if any."""
        with self._changed:
            self._is_closed, self._error = True, error
            self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        while True:
            batch, is_last = self._take()
            yield from batch
            if is_last:
                if self._error is not None:
                    raise self._error
                return

    def _take(self) -> tuple[list[T], bool]:
        """Wait for messages; return all of them, progress first, and whether they are the last."""
        with self._changed:
            while not (self._items or self._is_closed or self._progress_wait_s() == 0):
                self._changed.wait(self._progress_wait_s())
            batch: list[T] = []
            if self._progress is not None:
                # what is queued ends the run that this progress belongs to, so it goes first, due or not
                batch.append(self._progress)
                self._progress = None
                self._next_progress_s = time.monotonic() + _PROGRESS_INTERVAL_S
            batch += self._items
            self._items.clear()
            self._changed.notify_all()
            return batch, self._is_closed

    def _progress_wait_s(self) -> float | None:
        """Return seconds until progress may be sent; None when there is none."""
        return None if self._progress is None else max(self._next_progress_s - time.monotonic(), 0.0)
