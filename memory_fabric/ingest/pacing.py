"""Progress of long runs, at most ten times a second."""

from __future__ import annotations

import time

from memory_fabric.operations import Progress, Report

__all__ = ["Pace"]

_INTERVAL_S = 0.1
"""The wire contract: at most ten reports a second."""


class Pace:
    """Counts what is done and reports rate and time to go.

    Args:
        report: Receives progress.
        unit: `files`, `chunks` or `records`.
        phase: Name of the phase.
        total: How many there will be; 0 while unknown.
    """

    def __init__(self, report: Report, unit: str, phase: str, total: int = 0) -> None:
        self._report = report
        self._unit = unit
        self._phase = phase
        self.total = total
        self.done = 0
        self._started = time.monotonic()
        self._reported = 0.0

    def advance(self, count: int = 1, path: str = "") -> None:
        """Count `count` more, and report when it is time."""
        self.reach(self.done + count, path)

    def reach(self, done: int, path: str = "") -> None:
        """Set how many are done, and report when it is time."""
        self.done = done
        now = time.monotonic()
        if now - self._reported >= _INTERVAL_S:
            self._reported = now
            self._send(now, path)

    def finish(self) -> None:
        """Report the last state in any case."""
        self._send(time.monotonic(), "")

    def _send(self, now: float, path: str) -> None:
        rate = self.done / max(now - self._started, 1e-9)
        left = max(self.total - self.done, 0)
        eta_s = left / rate if rate and self.total else 0.0
        self._report(Progress(self.done, self.total, self._unit, rate, eta_s, self._phase, path))
