"""Expressions of time, English and Russian."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.recall.periods import periods_of

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC).timestamp()
"""A Wednesday."""


def spans(text: str) -> list[str]:
    """Return what is read, as first and last day."""
    return [
        f"{datetime.fromtimestamp(p.since_s, UTC):%Y-%m-%d}..{datetime.fromtimestamp(p.until_s - 1, UTC):%Y-%m-%d}"
        for p in periods_of(text, NOW)
    ]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("what did Ann do on 8 May 2023", "2023-05-08..2023-05-09"),
        ("on May 8th, 2023", "2023-05-08..2023-05-09"),
        ("on the 8th of May, 2023", "2023-05-08..2023-05-09"),
        ("8 мая 2023 года", "2023-05-08..2023-05-09"),
        ("2023-05-08", "2023-05-08..2023-05-09"),
        ("08.05.2023", "2023-05-08..2023-05-09"),
        ("the notes of 2023-05", "2023-05-01..2023-05-31"),
        ("in Sept. 2023", "2023-09-01..2023-09-30"),
        ("в декабре 2023", "2023-12-01..2023-12-31"),
        ("in 2024", "2024-01-01..2024-12-31"),
        ("в 2024 году", "2024-01-01..2024-12-31"),
        ("yesterday", "2026-05-19..2026-05-19"),
        ("что было позавчера", "2026-05-18..2026-05-18"),
        ("сегодня", "2026-05-20..2026-05-20"),
        ("last week", "2026-05-11..2026-05-17"),
        ("на прошлой неделе", "2026-05-11..2026-05-17"),
        ("this week", "2026-05-18..2026-05-24"),
        ("last month", "2026-04-01..2026-04-30"),
        ("в прошлом месяце", "2026-04-01..2026-04-30"),
        ("last year", "2025-01-01..2025-12-31"),
        ("в прошлом году", "2025-01-01..2025-12-31"),
        ("last spring", "2025-03-01..2025-05-31"),
        ("this spring", "2026-03-01..2026-05-31"),
        ("прошлой весной", "2025-03-01..2025-05-31"),
        ("этой весной", "2026-03-01..2026-05-31"),
        ("прошлым летом", "2025-06-01..2025-08-31"),
        ("last winter", "2025-12-01..2026-02-28"),
        ("last May", "2025-05-01..2025-05-31"),
        ("last April", "2026-04-01..2026-04-30"),
        ("three days ago", "2026-05-16..2026-05-18"),
        ("два месяца назад", "2026-03-04..2026-04-03"),
        ("восемь дней назад", "2026-05-11..2026-05-13"),
    ],
)
def test_what_is_meant(text: str, span: str) -> None:
    """One span for each."""
    assert spans(text) == [span]


@pytest.mark.parametrize("text", ["what did we do in May", "что мы делали в мае"])
def test_a_month_alone_is_that_of_every_year(text: str) -> None:
    """The one that runs first; what is remembered may be old."""
    assert spans(text)[:2] == ["2026-05-01..2026-05-31", "2025-05-01..2025-05-31"]


@pytest.mark.parametrize(
    "text",
    [
        "you may read this",
        "how may readers march together",
        "the second version",
        "the last of them",
        "на карте маршрута",
        "30 February 2023",
        "port 2024",
        "decimal 2023",
        "2025 years ago",
        "2026 years ago",
        "9999 лет назад",
        "",
    ],
)
def test_what_is_no_time(text: str) -> None:
    """Words that only look like months, dates that no calendar has."""
    assert spans(text) == []


def test_two_times_are_both_read() -> None:
    """Either may be meant."""
    assert spans("between 8 May 2023 and June 2023") == ["2023-05-08..2023-05-09", "2023-06-01..2023-06-30"]


@given(st.text(alphabet="в мае last may 0123456789.- years ago весной прошлой", max_size=60))
def test_nothing_breaks_it(text: str) -> None:
    """Each span has a length, and the end of the calendar is no error."""
    assert all(period.since_s < period.until_s for period in periods_of(text, NOW))
