"""Time as a parameter."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import SystemClock, VirtualClock, format_rfc3339, parse_rfc3339


def test_the_system_clock_is_the_machines() -> None:
    """Between two looks at the machine's own."""
    before = time.time()
    assert before <= SystemClock().now_s() <= time.time()
    assert SystemClock().monotonic_s() <= time.monotonic()


def test_a_virtual_clock_moves_only_when_told() -> None:
    """By exactly as much."""
    clock = VirtualClock(10.0)
    assert (clock.now_s(), clock.monotonic_s()) == (10.0, 10.0)
    clock.advance(2.5)
    assert (clock.now_s(), clock.monotonic_s()) == (12.5, 12.5)


@given(st.integers(0, 4_000_000_000_000))
def test_a_time_written_reads_back(moment_ms: int) -> None:
    """To the millisecond."""
    text = format_rfc3339(moment_ms / 1000)
    assert text.endswith("Z")
    assert parse_rfc3339(text) == pytest.approx(moment_ms / 1000, abs=0.0011)


def test_a_time_without_a_zone_is_utc() -> None:
    """And one with a zone is moved."""
    assert parse_rfc3339("2026-01-01T00:00:00") == parse_rfc3339("2026-01-01T02:00:00+02:00")
    with pytest.raises(ValueError, match="isoformat"):
        parse_rfc3339("soon")
