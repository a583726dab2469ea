"""What a scan may find."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

__all__ = ["KINDS", "PERSONAL_KINDS", "SECRET_KINDS", "Finding", "Kind", "Text", "apart"]

SecretKind = Literal["private_key", "cloud_key", "api_token", "jwt", "connection", "password", "secret"]
PersonalKind = Literal["email", "phone", "address", "card", "iban", "snils", "inn", "passport", "ssn"]
Kind = Literal[SecretKind, PersonalKind]

SECRET_KINDS: tuple[Kind, ...] = get_args(SecretKind)
PERSONAL_KINDS: tuple[Kind, ...] = get_args(PersonalKind)
KINDS: tuple[Kind, ...] = (*SECRET_KINDS, *PERSONAL_KINDS)
"""Of two findings at one place the kind that stands first here counts."""

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


class Finding(msgspec.Struct, frozen=True):
    """One place that holds what should not be stored as it is: `text[start:end]`."""

    kind: Kind
    label: str
    """What it is, for the mark that takes its place: `aws-key`, `phone`."""
    start: int
    end: int


class Text:
    """A text together with cheaper forms of it, in which everything stands at the same place.

    Args:
        text: Any.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.raw = text.encode("ascii", "replace")
        """A byte a character; what is not ASCII is a question mark."""
        self.low = self.raw.lower()
        self.is_ascii = text.isascii()


def apart(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in order of place, none of which overlap; a stronger kind or a longer one stays."""
    kept: list[Finding] = []
    starts: list[int] = []
    for finding in sorted(findings, key=lambda one: (_RANK[one.kind] >= len(SECRET_KINDS), one.start, -one.end)):
        # those that are kept do not overlap, so only the neighbours can
        place = bisect_left(starts, finding.start)
        if place < len(kept) and kept[place].start < finding.end:
            continue
        if place and finding.start < kept[place - 1].end:
            continue
        starts.insert(place, finding.start)
        kept.insert(place, finding)
    return kept
