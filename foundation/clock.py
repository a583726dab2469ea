"""Time as a parameter: the real clock in the daemon, a hand-moved one in tests."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock", "VirtualClock", "format_rfc3339", "parse_rfc3339"]


class Clock(Protocol):
    """What the rest of Cairn may ask about time."""

    def now_s(self) -> float:
        """Return seconds since the Unix epoch, UTC."""

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes back."""


class SystemClock:
    """The machine's own clocks."""

    def now_s(self) -> float:
        """Return seconds since the Unix epoch, UTC."""
        return time.time()

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()


class VirtualClock:
    """A clock that moves only when told to.

    Args:
        start_s: Seconds since the epoch at which it starts.
    """

    def __init__(self, start_s: float = 1_750_000_000.0) -> None:
        self._now_s = start_s

    def now_s(self) -> float:
        """Return seconds since the Unix epoch, UTC."""
        return self._now_s

    def monotonic_s(self) -> float:
        """Return the same moving value."""
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`."""
        self._now_s += seconds


def format_rfc3339(epoch_s: float) -> str:
    """Return `epoch_s` as RFC 3339 UTC with milliseconds, e.g. `2026-01-02T03:04:05.678Z`."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> float:
    """Return seconds since the epoch; a time without a zone is read as UTC.

    Raises:
        ValueError: `text` is not a date or a time of ISO 8601.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
