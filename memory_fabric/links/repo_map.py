"""A map of a tree under a token budget: the files and symbols that the rest leans on most."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

import msgspec

from memory_fabric.store.drafts import Definition
from memory_fabric.store.names import LinkedItem

__all__ = ["MAX_ENTRIES", "Ranked", "draw_map"]

MAX_ENTRIES = 4_000
"""Of one map; no budget that a model reads takes more."""

_INDENT = "  "


class Ranked(msgspec.Struct, frozen=True):
    """A file, or a symbol in it, with its rank."""

    item: LinkedItem
    rank: float
    definition: Definition | None = None


def draw_map(
    entries: Sequence[Ranked], *, root: str, budget_tokens: int, count_tokens: Callable[[str], int]
) -> tuple[str, int, int, int]:
    """Return the map with as many of the best entries as fit.

    Args:
        entries: Files and symbols in any order.
        root: Folder that paths are shown from.
        budget_tokens: Never exceeded.
        count_tokens: By the tokenizer of the model.

    Returns:
        The text, its tokens, and how many files and symbols it shows.
    """
    ordered = sorted(entries, key=lambda e: (-e.rank, e.item.path, e.definition.line_start if e.definition else 0))
    ordered = ordered[:MAX_ENTRIES]
    low, high, best = 0, len(ordered), ""
    while low < high:
        middle = (low + high + 1) // 2
        text = _drawn(ordered[:middle], root)
        if count_tokens(text) <= budget_tokens:
            low, best = middle, text
        else:
            high = middle - 1
    shown = ordered[:low]
    files = len({entry.item.key for entry in shown})
    return best, count_tokens(best) if best else 0, files, sum(entry.definition is not None for entry in shown)


def _drawn(shown: Sequence[Ranked], root: str) -> str:
    files: dict[int, list[Ranked]] = {}
    for entry in shown:
        files.setdefault(entry.item.key, []).append(entry)
    blocks = []
    for entries in files.values():
        item = entries[0].item
        symbols = sorted((e.definition for e in entries if e.definition), key=lambda d: (d.line_start, -d.line_end))
        blocks.append("\n".join([_name(item, root), *_lines(symbols)]))
    return "\n".join(blocks)


def _lines(symbols: Sequence[Definition]) -> list[str]:
    lines: list[str] = []
    around: list[Definition] = []
    for symbol in symbols:
        while around and around[-1].line_end < symbol.line_start:
            around.pop()
        lines.append(f"{_INDENT * (len(around) + 1)}{symbol.line_start}: {symbol.signature or symbol.symbol}")
        around.append(symbol)
    return lines


def _name(item: LinkedItem, root: str) -> str:
    if not item.path:
        return item.uri
    return posixpath.relpath(item.path, root) if root and item.path.startswith(f"{root.rstrip('/')}/") else item.path
