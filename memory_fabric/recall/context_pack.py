"""Evidence for a question under a strict token budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from foundation.ids import ChunkId
from memory_fabric.operations import ContextPack, Fragment
from memory_fabric.records import ChunkRow, Cite, Hit, RecallResult

__all__ = ["pack_context", "place_of"]

_NOTES = {
    "stale": " (stale: the source has changed since)",
    "gone": " (gone: the source is no longer there)",
    "unknown": " (the source could not be looked at)",
}
"""What a model must know of a quotation: it is evidence of what was, and perhaps not of what is."""


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
    budget_tokens: int,
    count_tokens: Callable[[str], int],
    took_ms: float,
) -> ContextPack:
    """Take the best fragments whole while they fit; the last one that does not fit is given as its snippet.

    Args:
        result: The recall, best first.
        rows: The fragments' rows.
        budget_tokens: Never exceeded.
        count_tokens: Counts by the tokenizer of the model that will read the pack.
        took_ms: Time spent before packing.
    """
    fragments: list[Fragment] = []
    blocks: list[str] = []
    used = 0
    for hit in result.items:
        row = rows.get(hit.chunk_id)
        if row is None:
            continue
        for text in (row.text.strip("\n"), hit.snippet):
            block = _block(len(fragments) + 1, hit, text)
            tokens = count_tokens(block)
            if used + tokens <= budget_tokens:
                fragments.append(Fragment(len(fragments) + 1, hit, text, tokens))
                blocks.append(block)
                used += tokens
                break
    text = "\n\n".join(blocks)
    return ContextPack(
        text=text,
        fragments=tuple(fragments),
        tokens=used,
        budget_tokens=budget_tokens,
        took_ms=took_ms,
        degraded=result.degraded,
    )


def _block(number: int, hit: Hit, text: str) -> str:
    return f"[{number}] {place_of(hit.cite)}{_NOTES.get(hit.freshness, '')}\n{text}"
