"""Evidence for a question under a strict token budget: quotes that prove, in an order that reads well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from foundation.ids import ChunkId
from memory_fabric.answer.windows import Neighbours, Window, cited, holds, joined, merged, next_outside, opened
from memory_fabric.operations import Check, ContextPack, Fragment
from memory_fabric.records import ChunkRow, Cite, Hit, RecallResult

__all__ = ["pack_context", "place_of"]

_FOUND_SHARE = 0.75
"""Share of the budget for what was found; the rest first widens that to whole functions, sections and turns.

What neither needs goes back to what was found.
"""

_NOTES = {
    "stale": " (stale: the source has changed since)",
    "gone": " (gone: the source is no longer there)",
    "unknown": " (the source could not be looked at)",
}
"""What a model must know of a quotation: it is evidence of what was, and perhaps not of what is."""


class _Quote(msgspec.Struct, frozen=True):
    """A text with the hit that led to it, its citation made right."""

    hit: Hit
    text: str
    order: tuple[int, int]
    """Item and place in it."""


def place_of(cite: Cite) -> str:
    """Return a citation as people write it: `path:12-30`, `path page 3`, or the uri."""
    if not cite.path:
        return cite.uri
    if cite.page:
        return f"{cite.path} page {cite.page}"
    if cite.line_end > cite.line:
        return f"{cite.path}:{cite.line}-{cite.line_end}"
    return f"{cite.path}:{cite.line}"


def pack_context(
    result: RecallResult,
    rows: Mapping[ChunkId, ChunkRow],
    *,
    neighbours: Neighbours,
    budget_tokens: int,
    count_tokens: Callable[[str], int],
    check: Check,
) -> ContextPack:
    """Take the best fragments whole while they fit, widen them, and quote of the first that does not fit a part.

    Sources come by their best fragment, what is of one source by its lines; each is quoted once.

    Args:
        result: The recall, best first.
        rows: The fragments' rows.
        neighbours: Returns what stands around a fragment.
        budget_tokens: Never exceeded.
        count_tokens: Counts by the tokenizer of the model that will read the pack.
        check: Raises to stop.
    """
    purse = _Purse(budget_tokens, count_tokens)
    found = [(hit, rows[hit.chunk_id]) for hit in result.items if hit.chunk_id in rows]
    windows, left = _taken([], found, purse, round(budget_tokens * _FOUND_SHARE), check)
    windows = _widened(windows, neighbours, purse, check)
    windows, left = _taken(windows, left, purse, budget_tokens, check)
    quotes = [_quote(window) for window in merged(windows)]
    if left and (part := _part(*left[0], purse)) is not None:
        quotes.append(part)
    text, fragments = _written(quotes, budget_tokens, count_tokens)
    return ContextPack(
        text=text,
        fragments=fragments,
        tokens=count_tokens(text) if text else 0,
        budget_tokens=budget_tokens,
        took_ms=0.0,
        degraded=result.degraded,
    )


class _Purse:
    """What is spent of a budget, by an upper estimate: each text alone has no fewer tokens than within a longer one."""

    def __init__(self, budget_tokens: int, count_tokens: Callable[[str], int]) -> None:
        self._count = count_tokens
        self._budget = budget_tokens
        self.spent = 0

    def pay(self, price: int, limit: int | None = None) -> bool:
        """Spend tokens unless that goes beyond `limit`, or the budget; return whether they were spent."""
        if self.spent + price > (self._budget if limit is None else limit):
            return False
        self.spent += price
        return True

    def price(self, text: str, cite: Cite | None = None, freshness: str = "") -> int:
        """Return the tokens of a text, with its head where it has one."""
        head = f"\n\n[99] {place_of(cite)}{_NOTES.get(freshness, '')}\n" if cite is not None else ""
        return self._count(f"{head}{text}")


def _taken(
    windows: Sequence[Window], found: Sequence[tuple[Hit, ChunkRow]], purse: _Purse, limit: int, check: Check
) -> tuple[list[Window], list[tuple[Hit, ChunkRow]]]:
    """Return the windows with what fits of what was found, and what does not fit."""
    taken, left = list(windows), []
    for hit, row in found:
        check()
        if any(holds(window, row) for window in taken):
            continue
        if purse.pay(purse.price(row.text, hit.cite, hit.freshness), limit):
            taken.append(opened(hit, row))
        else:
            left.append((hit, row))
    return taken, left


def _widened(windows: Sequence[Window], neighbours: Neighbours, purse: _Purse, check: Check) -> list[Window]:
    """Return the windows widened, the best first and one step at a time, as far as the budget allows."""
    widened = list(windows)
    is_growing = [True] * len(widened)
    while any(is_growing):
        for number, window in enumerate(widened):
            check()
            if not is_growing[number]:
                continue
            is_growing[number] = False
            for row in next_outside(window, neighbours):
                is_known = any(holds(other, row) for other in widened)
                if not is_known and purse.pay(purse.price(row.text)):
                    widened[number] = joined(widened[number], row) or widened[number]
                    is_growing[number] = True
    return widened


def _quote(window: Window) -> _Quote:
    first = window.rows[0]
    hit = msgspec.structs.replace(window.hit, cite=cited(window))
    return _Quote(hit, window.text, (first.item_key, first.ordinal))


def _part(hit: Hit, row: ChunkRow, purse: _Purse) -> _Quote | None:
    """Return the snippet of a fragment that does not fit whole, if that fits; its lines are its own."""
    start = row.text.find(hit.snippet)
    if not hit.snippet.strip() or start < 0:
        return None
    cite = hit.cite
    if row.text.rstrip("\n").count("\n") <= row.line_end - row.line_start <= row.text.count("\n"):
        line = row.line_start + row.text.count("\n", 0, start)
        cite = msgspec.structs.replace(cite, line=line, line_end=line + hit.snippet.count("\n"))
    if not purse.pay(purse.price(hit.snippet, cite, hit.freshness)):
        return None
    return _Quote(msgspec.structs.replace(hit, cite=cite), hit.snippet, (row.item_key, row.ordinal))


def _written(
    quotes: Sequence[_Quote], budget_tokens: int, count_tokens: Callable[[str], int]
) -> tuple[str, tuple[Fragment, ...]]:
    """Return the pack and its fragments; a tokenizer that counts more for the whole loses the weakest quote."""
    kept = list(quotes)
    while kept:
        blocks = [(quote, _block(number, quote)) for number, quote in enumerate(_in_order(kept), 1)]
        text = "\n\n".join(block for _, block in blocks)
        if count_tokens(text) <= budget_tokens:
            return text, tuple(
                Fragment(number, quote.hit, quote.text, count_tokens(block))
                for number, (quote, block) in enumerate(blocks, 1)
            )
        kept.remove(min(kept, key=lambda quote: quote.hit.score))
    return "", ()


def _in_order(quotes: Sequence[_Quote]) -> list[_Quote]:
    best: dict[int, float] = {}
    for quote in quotes:
        best[quote.order[0]] = max(best.get(quote.order[0], 0.0), quote.hit.score)
    return sorted(quotes, key=lambda quote: (-best[quote.order[0]], quote.order))


def _block(number: int, quote: _Quote) -> str:
    hit = quote.hit
    return f"[{number}] {place_of(hit.cite)}{_NOTES.get(hit.freshness, '')}\n{quote.text}"
