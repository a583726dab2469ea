"""Checking requests at the door: every mistake of a request is reported, together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

from memory_fabric.ingest.drafts import parse_when
from memory_fabric.records import Layer, Modality
from servers.grpc_api.status import RequestError

__all__ = ["MAX_K", "Door"]

MAX_K = 1_000
MAX_QUERY_CHARS = 100_000
MAX_TEXT_CHARS = 10_000_000

STRATEGIES = ("adaptive", "weighted", "rrf", "dense", "sparse")
MODALITIES: tuple[str, ...] = get_args(Modality)
LAYERS: tuple[str, ...] = get_args(Layer)


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
        elif "\x00" in value:
            self.refuse(field, "must not hold a NUL character")
        elif len(value) > max_chars:
            self.refuse(field, f"must have at most {max_chars} characters, has {len(value)}")
        return value

    def within(self, field: str, value: int, low: int, high: int) -> int:
        """Return a number of a range, both ends included."""
        if not low <= value <= high:
            self.refuse(field, f"must be from {low} to {high}, is {value}")
        return value

    def among(self, field: str, values: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
        """Return values that are all known."""
        chosen = tuple(values)
        for value in chosen:
            if value not in known:
                self.refuse(field, f"`{value}` is none of {', '.join(known)}")
        return chosen

    def moment(self, field: str, value: str) -> float | None:
        """Return seconds since the epoch of a written time; None for an empty one."""
        if not value:
            return None
        when = parse_when(value)
        if when is None:
            self.refuse(field, f"`{value}` is not a time such as 2026-01-31T12:00:00Z")
        return when

    def span(self, since: str, until: str) -> tuple[float | None, float | None]:
        """Return both ends of a span of time."""
        low, high = self.moment("since", since), self.moment("until", until)
        if low is not None and high is not None and low >= high:
            self.refuse("until", "must be later than `since`")
        return low, high

    def close(self) -> None:
        """Raise what was found.

        Raises:
            RequestError: Anything was refused.
        """
        if self._violations:
            raise RequestError(self._violations)
