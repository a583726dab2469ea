"""What is asked of the links, and what they answer."""

from __future__ import annotations

from typing import Literal

import msgspec

from foundation.ids import ItemId
from memory_fabric.records import Cite

__all__ = ["Commit", "Neighbour", "Place", "RepoMap", "Route"]


class Place(msgspec.Struct, frozen=True):
    """Something to start from: an item by its id, a file with perhaps a line, or a symbol by name."""

    id: str = ""
    path: str = ""
    line: int = 0
    symbol: str = ""
    project: str = ""
    """Where a symbol is looked for; empty is everywhere."""


class Neighbour(msgspec.Struct, frozen=True):
    """One end of a link, seen from the other."""

    id: ItemId
    relation: str
    direction: Literal["out", "in"]
    """`out` where the link leads from what was asked for to this."""
    cite: Cite
    """Outwards the definition that is meant, inwards the place that names it."""
    title: str
    weight: float
    """1 where one thing is meant; less where the name may mean several, or something that is not here."""
    count: int = 1
    """How often it is named."""
    line: int = 0
    """Where the link touches what was asked for; 0 for all of it."""
    symbol: str = ""
    """The definition there."""


class Route(msgspec.Struct, frozen=True):
    """A shortest way between two items."""

    start: Cite
    steps: tuple[Neighbour, ...]
    """Each seen from the one before; empty when there is no way, or when both are one."""
    is_found: bool


class RepoMap(msgspec.Struct, frozen=True):
    """The most important files and symbols of a tree, as many as fit a budget."""

    text: str
    tokens: int
    budget_tokens: int
    files: int
    """Files shown."""
    symbols: int
    """Symbols shown."""
    of_files: int
    """Files there are."""
    took_ms: float


class Commit(msgspec.Struct, frozen=True):
    """A commit behind some lines."""

    commit: str
    """Its hash; empty for lines that are not committed yet."""
    author: str
    timestamp_s: float
    summary: str
    line: int
    line_end: int
    id: str = ""
    """The item that remembers it; empty when its message is not remembered."""
