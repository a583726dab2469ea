"""Checking requests at the door: every mistake of a request is reported, together."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import get_args

from foundation.paths import real_path
from memory_fabric.ingest.moments import parse_when
from memory_fabric.records import Layer, Modality
from servers.errors import RequestError
from servers.grpc_api.wire_text import clipped

__all__ = [
    "LAYERS",
    "MAX_K",
    "MAX_NAME_CHARS",
    "MAX_PATHS",
    "MAX_QUERY_CHARS",
    "MAX_TEXT_CHARS",
    "MODALITIES",
    "STRATEGIES",
    "Door",
]

MAX_K = 1_000
MAX_LIST = 1_000
MAX_PATHS = 10_000
MAX_NAME_CHARS = 4_096
"""Of names, ids, paths and tags; the longest path that Linux takes."""
MAX_QUERY_CHARS = 20_000
"""Of a question: far beyond what a model sees of it, and short enough to be looked through for every exact match."""
MAX_TEXT_CHARS = 10_000_000

STRATEGIES = ("adaptive", "weighted", "rrf", "dense", "sparse")
MODALITIES: tuple[str, ...] = get_args(Modality)
LAYERS: tuple[str, ...] = get_args(Layer)

_SHOWN_BYTES = 60
_BARE_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)
_YEAR_1_S = -62_135_596_800.0
_YEAR_10000_S = 253_402_300_800.0


class Door:
    """Collects what is wrong with one request; `close` raises when there is anything."""

    def __init__(self) -> None:
        self._violations: list[tuple[str, str]] = []

    def refuse(self, field: str, message: str) -> None:
        """Note that `field` is wrong."""
        self._violations.append((field, message))

    def text(self, field: str, value: str, *, max_chars: int = MAX_TEXT_CHARS) -> str:
        """Return a text that is not blank, holds no NUL, and is not too long."""
        if not value.strip():
            self.refuse(field, "must not be empty")
        return self.name(field, value, max_chars=max_chars)

    def name(self, field: str, value: str, *, max_chars: int = MAX_NAME_CHARS) -> str:
        """Return a text that may be empty, holds no NUL, and is not too long."""
        if "\x00" in value:
            self.refuse(field, "must not hold a NUL character")
        if len(value) > max_chars:
            self.refuse(field, f"must have at most {max_chars} characters, has {len(value)}")
        return value

    def names(self, field: str, values: Sequence[str]) -> tuple[str, ...]:
        """Return a list of texts, none of them blank."""
        if len(values) > MAX_LIST:
            self.refuse(field, f"must have at most {MAX_LIST} entries, has {len(values)}")
            return ()
        return tuple(self.text(field, value, max_chars=MAX_NAME_CHARS) for value in values)

    def path(self, field: str, value: str) -> str:
        """Return a path that means the same to client and daemon: absolute, or from the `~` of a user that there is.

        What stands behind `!/` is inside an archive.
        """
        self.text(field, value, max_chars=MAX_NAME_CHARS)
        if value.strip() and not value.startswith(("/", "~")):
            self.refuse(field, f"`{clipped(value, _SHOWN_BYTES)}` is not absolute")
        elif "\x00" not in value and len(value) <= MAX_NAME_CHARS:
            try:
                real_path(value.partition("!/")[0])
            except ValueError as error:
                self.refuse(field, f"`{clipped(value, _SHOWN_BYTES)}` leads nowhere: {error}")
        return value

    def prefix(self, field: str, value: str) -> str:
        """Return a path as the memory knows it, normalised and links followed; an empty one asks for none."""
        if not value:
            return ""
        known = len(self._violations)
        self.path(field, value)
        if len(self._violations) > known:
            return value
        file, mark, member = value.partition("!/")
        return f"{real_path(file)}{mark}{member}"

    def paths(self, field: str, values: Sequence[str]) -> list[str]:
        """Return at least one path, and no more than a walk can hold in mind."""
        if not values:
            self.refuse(field, "must not be empty")
        if len(values) > MAX_PATHS:
            self.refuse(field, f"must have at most {MAX_PATHS} entries, has {len(values)}; name the folder above them")
            return []
        return [self.path(field, value) for value in values]

    def within(self, field: str, value: int, low: int, high: int) -> int:
        """Return a number of a range, both ends included."""
        if not low <= value <= high:
            self.refuse(field, f"must be from {low} to {high}, is {value}")
        return value

    def finite(self, field: str, value: float) -> float:
        """Return a number that is neither infinite nor NaN, and not negative."""
        if not (math.isfinite(value) and value >= 0):
            self.refuse(field, f"must be a number from 0 up, is {value:g}")
        return value

    def share(self, field: str, value: float) -> float:
        """Return a number from 0 to 1."""
        # not the other way round: every comparison with NaN is false
        if not 0 <= value <= 1:
            self.refuse(field, f"must be a number from 0 to 1, is {value:g}")
        return value

    def among(self, field: str, values: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
        """Return values that are all known, each once."""
        chosen = tuple(values)
        for value in chosen:
            if value not in known:
                self.refuse(field, f"`{clipped(value, _SHOWN_BYTES)}` is none of {', '.join(filter(None, known))}")
        return tuple(dict.fromkeys(chosen))

    def moment(self, field: str, value: str) -> float | None:
        """Return seconds since the epoch of a written time; None for an empty one."""
        if not value:
            return None
        when = parse_when(value)
        if when is None or not _YEAR_1_S <= when < _YEAR_10000_S:
            hint = "; a bare number has no unit: write it as RFC 3339" if _BARE_NUMBER.fullmatch(value.strip()) else ""
            self.refuse(field, f"`{clipped(value, _SHOWN_BYTES)}` is not a time such as 2026-01-31T12:00:00Z{hint}")
            return None
        return when

    def span(self, since: str, until: str, *, at: str = "") -> tuple[float | None, float | None]:
        """Return both ends of a span of time; `at` stands before the names of its fields."""
        low, high = self.moment(f"{at}since", since), self.moment(f"{at}until", until)
        if low is not None and high is not None and low >= high:
            self.refuse(f"{at}until", f"must be later than `{at}since`")
        return low, high

    def cursor(self, field: str, value: str) -> str:
        """Return a cursor as a listing gave it; an empty one begins."""
        if value and not (value.isascii() and value.isdecimal() and len(value) <= 18):
            self.refuse(field, "is not one that a listing gave")
        return value

    def close(self) -> None:
        """Raise what was found.

        Raises:
            RequestError: Anything was refused.
        """
        if self._violations:
            raise RequestError(self._violations)
