"""Evidence windows: a fragment that was found, and what stands around it as far as it belongs to the same thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from foundation.ids import ChunkId
from memory_fabric.records import ChunkRow, Cite, Hit

__all__ = ["Neighbours", "Window", "cited", "holds", "joined", "merged", "next_outside", "opened"]

Neighbours = Callable[[ChunkId, int, int], list[ChunkRow]]
"""Returns a fragment with so many before it and after it in its item, in order."""

_SCOPE_END = re.compile(r"\.|::|#|->|, ")
_REACH = {"code": 6, "conversation": 2}
"""Fragments to each side by kind: a long function is cut into some; of a talk the turns just before and after count."""
_PROSE_REACH = 2


class Window(msgspec.Struct, frozen=True):
    """Fragments of one item that lie end to end."""

    hit: Hit
    """The best of those that were found in it."""
    rows: tuple[ChunkRow, ...]
    """In order of their place."""

    @property
    def text(self) -> str:
        """Return the words as they stand in the source."""
        # fragments lie end to end, except for lines of a talk, which have no ends of their own
        return "".join(row.text for row in self.rows).strip("\n")

    @property
    def span(self) -> tuple[int, int]:
        """Return the places of its first and last fragment in the item."""
        return self.rows[0].ordinal, self.rows[-1].ordinal


def opened(hit: Hit, row: ChunkRow) -> Window:
    """Return a window of one fragment."""
    return Window(hit, (row,))


def holds(window: Window, row: ChunkRow) -> bool:
    """Return whether a fragment is inside."""
    first, last = window.span
    return window.rows[0].item_key == row.item_key and first <= row.ordinal <= last


def joined(window: Window, row: ChunkRow) -> Window | None:
    """Return the window with a fragment of the same item that touches it, or None where it does not."""
    first, last = window.span
    if row.item_key != window.rows[0].item_key or row.ordinal not in {first - 1, last + 1}:
        return None
    rows = (row, *window.rows) if row.ordinal < first else (*window.rows, row)
    return msgspec.structs.replace(window, rows=rows)


def merged(windows: Sequence[Window]) -> list[Window]:
    """Return windows of which none touches or overlaps another: what touches becomes one, with the best hit."""
    found: list[Window] = []
    for window in sorted(windows, key=lambda one: (one.rows[0].item_key, one.span)):
        last = found[-1] if found else None
        if last is not None and last.rows[0].item_key == window.rows[0].item_key:
            rows = {row.ordinal: row for row in (*last.rows, *window.rows)}
            if window.span[0] <= last.span[1] + 1:
                best = max(last.hit, window.hit, key=lambda hit: hit.score)
                found[-1] = Window(best, tuple(rows[place] for place in sorted(rows)))
                continue
        found.append(window)
    return found


def next_outside(window: Window, neighbours: Neighbours) -> list[ChunkRow]:
    """Return the fragments just before and just after that belong to the same thing, nearest first.

    The same function or class in code, the same section in prose, the turns around in a talk.
    """
    core = next((row for row in window.rows if row.id == window.hit.chunk_id), window.rows[0])
    reach = _REACH.get(core.modality, _PROSE_REACH)
    first, last = window.span
    around = neighbours(core.id, reach, reach)
    found = [row for row in around if row.ordinal in {first - 1, last + 1} and _belongs(row, core)]
    # what comes after explains more often than what came before
    return sorted(found, key=lambda row: -row.ordinal)


def _belongs(row: ChunkRow, core: ChunkRow) -> bool:
    if core.modality == "code":
        return bool(core.symbol) and _top(row.symbol) == _top(core.symbol)
    return core.modality == "conversation" or row.context == core.context


def _top(symbol: str) -> str:
    return _SCOPE_END.split(symbol, maxsplit=1)[0]


def cited(window: Window) -> Cite:
    """Return the citation of all lines of a window."""
    return msgspec.structs.replace(
        window.hit.cite,
        line=min(row.line_start for row in window.rows),
        line_end=max(row.line_end for row in window.rows),
    )
