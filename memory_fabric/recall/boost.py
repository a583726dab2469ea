"""Exact matches that no score sees: the symbol asked for, the file named, the phrase quoted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from memory_fabric.recall.query import QueryPlan
from memory_fabric.records import ChunkRow

__all__ = ["matcher", "raised"]

_SYMBOL, _MODULE, _FILE, _QUOTE, _TIME = 0.30, 0.10, 0.15, 0.10, 0.25
_MOST = 0.5


def matcher(plan: QueryPlan) -> Callable[[ChunkRow], float]:
    """Return what gives a fragment's boost, 0..0.5; the question is taken apart once and not for every candidate."""
    symbols = {_last_name(symbol) for symbol in plan.signals.code_symbols}
    names = set(plan.signals.file_hints)
    folders = [inner for hint in names if "/" in hint and (inner := hint.strip("/."))]

    def boost(row: ChunkRow) -> float:
        value = 0.0
        if row.symbol and symbols and any(_last_name(name) in symbols for name in row.symbol.split(", ")):
            value += _SYMBOL if row.symbol_kind != "module" else _MODULE
        if row.path and names and (_is_named(row.path, names) or any(inner in row.path for inner in folders)):
            value += _FILE
        if any(phrase in row.text for phrase in plan.quoted):
            value += _QUOTE
        # a document's date is that of its last edit
        if plan.periods and row.is_dated and row.layer != "document":
            value += _TIME * any(period.holds(row.timestamp_s) for period in plan.periods)
        return min(value, _MOST)

    return boost


def raised(relevance: float, boost: float, top: float = 1.0) -> float:
    """Return a relevance of 0..`top` brought nearer to the top by `boost`: order within equal boosts stays."""
    return relevance + boost * (top - relevance)


def _last_name(symbol: str) -> str:
    return symbol.replace("::", ".").replace("#", ".").replace("->", ".").rsplit(".", 1)[-1]


def _is_named(path: str, names: set[str]) -> bool:
    pure = PurePath(path)
    return pure.name in names or pure.stem in names
