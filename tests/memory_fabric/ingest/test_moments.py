"""Times as people and programs write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.ingest.moments import date_in, day_of, moment_of, parse_when


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2024-05-01T10:00:00Z", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T10:00:00+02:00", datetime(2024, 5, 1, 8, tzinfo=UTC)),
        ("2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)),
        ("1:56 pm on 8 May, 2023", datetime(2023, 5, 8, 13, 56, tzinfo=UTC)),
        ("8 May 2023", datetime(2023, 5, 8, tzinfo=UTC)),
        ("May 8, 2023", datetime(2023, 5, 8, tzinfo=UTC)),
        ("2023/05/20 (Sat) 02:21", datetime(2023, 5, 20, 2, 21, tzinfo=UTC)),
        ("20.05.2023 02:21", datetime(2023, 5, 20, 2, 21, tzinfo=UTC)),
    ],
)
def test_written_times(text: str, when: datetime) -> None:
    """The forms of public sets and chat exports; a time without a zone is UTC."""
    assert parse_when(text) == when.timestamp()


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    """A number or nothing."""
    when = parse_when(text)
    assert when is None or isinstance(when, float)


@pytest.mark.parametrize(
    ("value", "when"),
    [
        (1714557600, 1714557600.0),
        (1714557600.25, 1714557600.25),
        (1714557600250, 1714557600.25),
        ("1714557600", 1714557600.0),
        ("1714557600.25", 1714557600.25),
        ("2024-05-01T10:00:00Z", 1714557600.0),
        (" 2024-05-01 ", 1714521600.0),
        (None, None),
        (True, None),
        (2024, None),
        ("2024", None),
        (float("nan"), None),
        (-5, None),
        (1e300, None),
        (1e14, None),
        (10**400, None),
        ("٣٤", None),
        (["2024-05-01"], None),
        ("soon", None),
    ],
)
def test_what_exports_call_a_time(value: object, when: float | None) -> None:
    """Seconds, milliseconds, either as text, written forms; a year or a counter is none."""
    assert moment_of(value) == when


def test_forms_of_ones_own_come_first() -> None:
    """They settle what is ambiguous."""
    assert moment_of("01/02/2024", ("%d/%m/%Y",)) == parse_when("2024-02-01")
    assert moment_of("01/02/2024") == parse_when("2024-01-02")


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("/chats/2024/2024-05-01 Plans.md", "2024-05-01"),
        ("/chats/2023-01-01/2024_05_02.md", "2024-05-02"),
        ("/chats/2023.12.31/x.md", "2023-12-31"),
        ("/chats/2024-02-31.md", ""),
        ("/v1.2024-13-01/12024-05-011", ""),
    ],
)
def test_dates_in_paths(path: str, day: str) -> None:
    """The last one that is a day counts."""
    assert date_in(path) == parse_when(day)


def test_days_are_named_as_questions_name_them() -> None:
    """Whatever the language of the machine."""
    assert day_of(1714557600.0) == "1 May 2024"
    assert day_of(None) == ""
