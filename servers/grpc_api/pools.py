"""Places for library calls of one kind: so many run at once, so many wait, and the rest is told to come back."""

from __future__ import annotations

import trio

from foundation.errors import BusyError

__all__ = ["Pool"]


class Pool:
    """Places that calls of one kind take for as long as they run.

    Args:
        places: Calls that may run at once.
        waiting: Calls that may wait for a place before new ones are refused.
    """

    def __init__(self, places: int, waiting: int) -> None:
        self.limiter = trio.CapacityLimiter(places)
        self.size = places + waiting
        self._waiting = waiting

    def admit(self) -> None:
        """Look whether one more may wait; on the trio thread only.

        Raises:
            BusyError: Too many wait.
        """
        if self.limiter.statistics().tasks_waiting >= self._waiting:
            raise BusyError("too many requests are waiting")
