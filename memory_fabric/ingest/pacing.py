"""Progress of long runs, at most ten times a second."""

from __future__ import annotations

import time
from collections import deque

from memory_fabric.operations import Progress, Report

__all__ = ["Pace"]

_INTERVAL_S = 0.1
"""The wire contract: at most ten reports a second. What was done in less time tells no rate."""

_WINDOW_S = 10.0
"""The rate is that of the last seconds: a run is slow while questions are asked, and fast again afterwards."""


class Pace:
    """Counts what is done and reports rate and time to go.

    Args:
        report: Receives progress.
        unit: `files`, `chunks` or `records`.
        phase: Name of the phase.
        total: How many there will be; 0 while unknown.
        done: How many were done before: they took no time of this run.
    """

    def __init__(self, report: Report, unit: str, phase: str, total: int = 0, *, done: int = 0) -> None:
        self._report = report
        self._unit = unit
        self._phase = phase
        self.total = total
        self.done = done
        self._steps = deque([(time.monotonic(), done)])
        """When how many were done, oldest first; always one, and more only while the count grows."""
        self._reported = 0.0

    def advance(self, count: int = 1, path: str = "") -> None:
        """Count `count` more, and report when it is time."""
        self.reach(self.done + count, path)

    def reach(self, done: int, path: str = "") -> None:
        """Set how many are done, and report when it is time; fewer than before mean that it begins anew."""
        now = time.monotonic()
        if done < self._steps[-1][1]:
            self._steps = deque([(now, done)])
        self.done = done
        if now - self._reported >= _INTERVAL_S:
            self._reported = now
            self._send(now, path)

    def finish(self) -> None:
        """Report the last state in any case."""
        self._send(time.monotonic(), "")

    def _send(self, now: float, path: str) -> None:
        rate = self._rate(now)
        left = max(self.total - self.done, 0)
        eta_s = left / rate if rate and self.total else 0.0
        self._report(Progress(self.done, self.total, self._unit, rate, eta_s, self._phase, path))

    def _rate(self, now: float) -> float:
        """Return units a second since the last step that is a window old; 0 while that cannot be told."""
        steps = self._steps
        if self.done > steps[-1][1]:
            steps.append((now, self.done))
        # where steps are rare (a batch of a slow model), the one before the present still counts
        while len(steps) > 2 and now - steps[1][0] >= _WINDOW_S:
            steps.popleft()
        began, before = steps[0]
        return (self.done - before) / (now - began) if now - began >= _INTERVAL_S else 0.0
