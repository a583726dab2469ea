"""One call for everything: what is in a text, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec

from memory_fabric.config import ScanConfig
from memory_fabric.scan.assignments import find_assignments
from memory_fabric.scan.connections import find_connections
from memory_fabric.scan.findings import PERSONAL_KINDS, SECRET_KINDS, Finding, Kind, Text, apart
from memory_fabric.scan.numbers import clusters, find_numbers, has_digits
from memory_fabric.scan.personal import find_addresses, find_emails, find_phones
from memory_fabric.scan.private_keys import find_private_keys
from memory_fabric.scan.redact import redacted
from memory_fabric.scan.tokens import find_tokens

__all__ = ["Scan", "Scanner"]

Finder = Callable[[Text], Iterator[Finding]]


class Scan(msgspec.Struct, frozen=True):
    """What is left of a text, and what was found in it."""

    text: str
    """With marks for what was cut out; the very same object where nothing was."""
    redacted: int = 0
    """Findings that were cut out."""
    is_personal: bool = False
    """Whether personal data was found, cut out or not."""
    is_secret: bool = False
    """Whether a secret was found that stays in the text."""
    refused: str = ""
    """Why it must not be stored: what was found, on which line, and the setting that says so; empty when it may."""


class Scanner:
    """Finds by kind and does what the configuration says. Thread-safe: it holds no state.

    Args:
        config: The policy of each kind.
    """

    def __init__(self, config: ScanConfig) -> None:
        self._policy: dict[Kind, str] = {kind: getattr(config, kind) for kind in (*SECRET_KINDS, *PERSONAL_KINDS)}
        self._is_idle = all(policy == "off" for policy in self._policy.values())

    def find(self, text: str) -> list[Finding]:
        """Return what is in `text`, in order, none overlapping; kinds that are off are left out."""
        if self._is_idle or not text:
            return []
        seen = Text(text)
        found = [one for finder in self._finders(seen) for one in finder(seen)]
        return apart(one for one in found if self._policy[one.kind] != "off") if found else found

    def _finders(self, text: Text) -> Iterator[Finder]:
        yield from (find_private_keys, find_tokens, find_connections, find_assignments)
        if self._is_on("email"):
            yield find_emails
        places = clusters(text)
        if places:
            yield partial(find_phones, places=places)
        # without a cluster there may still be a passport, whose parts a sign keeps apart
        yield partial(find_numbers, places=places)
        if self._is_on("address") and has_digits(text, 1):
            yield find_addresses

    def _is_on(self, *kinds: Kind) -> bool:
        return any(self._policy[kind] != "off" for kind in kinds)

    def scan(self, text: str) -> Scan:
        """Return `text` as it may be stored."""
        found = self.find(text)
        return self._settled(text, found) if found else Scan(text)

    def _settled(self, text: str, found: Sequence[Finding]) -> Scan:
        for one in found:
            if self._policy[one.kind] == "refuse":
                line = text.count("\n", 0, one.start) + 1
                return Scan("", refused=f"holds `{one.label}` on line {line} (`memory.scan.{one.kind}` is `refuse`)")
        cut = [one for one in found if self._policy[one.kind] == "redact"]
        return Scan(
            redacted(text, cut) if cut else text,
            redacted=len(cut),
            is_personal=any(one.kind in PERSONAL_KINDS for one in found),
            is_secret=any(one.kind in SECRET_KINDS and self._policy[one.kind] == "tag" for one in found),
        )
