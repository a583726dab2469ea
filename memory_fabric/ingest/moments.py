"""Times as people and programs write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from foundation.clock import parse_rfc3339

__all__ = ["date_in", "day_of", "moment_of", "parse_when"]

_WRITTEN_TIMES = (
    "%I:%M %p on %d %B, %Y",
    "%d %B %Y",
    "%d %B, %Y",
    "%B %d, %Y",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d (%a) %H:%M",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y",
)
"""Forms that public conversation sets and chat exports use beside ISO 8601."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""Not those of the machine's language: what is stored must not depend on it."""

_MILLISECONDS = 1e11
"""A number from here on counts milliseconds: as seconds it would stand in the year 5138."""

_LATEST = 1e14
"""Milliseconds beyond which no calendar goes."""

_EARLIEST = 1e8
"""Smaller numbers (1973) are years, counters or seconds into a recording."""

_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.](0\d|1[0-2])[-_.]([0-2]\d|3[01])(?!\d)")


def parse_when(text: str, forms: Sequence[str] = ()) -> float | None:
    """Return seconds since the epoch for a written time, or None when no known form fits.

    Args:
        text: As written.
        forms: Further forms, tried first, in the language of `strptime`.
    """
    if not text:
        return None
    try:
        return parse_rfc3339(text)
    except ValueError:
        pass
    for form in (*forms, *_WRITTEN_TIMES):
        try:
            return parse_rfc3339(datetime.strptime(text, form).isoformat())
        except ValueError:
            continue
    return None


def moment_of(value: object, forms: Sequence[str] = ()) -> float | None:
    """Return seconds since the epoch for what an export calls a time: a number, a text, or nothing at all.

    Args:
        value: As the export has it.
        forms: Further forms of a text, tried first.
    """
    if isinstance(value, str):
        if not value.replace(".", "", 1).isdecimal():
            return parse_when(value.strip(), forms)
        value = float(value) if value.isascii() else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not _EARLIEST <= value < _LATEST:
        return None
    return value / 1000 if value >= _MILLISECONDS else float(value)


def date_in(path: str) -> float | None:
    """Return the last date that the names in a path hold (`2024/2024-05-01 Plans.md`), or None."""
    for year, month, day in reversed(_DATE.findall(path)):
        if (when := parse_when(f"{year}-{month}-{day}")) is not None:
            return when
    return None


def day_of(when_s: float | None) -> str:
    """Return a day as a question may name it, `1 May 2024`; nothing for no time."""
    if when_s is None:
        return ""
    when = datetime.fromtimestamp(when_s, UTC)
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
