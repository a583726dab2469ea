"""Chunk rows for tests of what works on rows alone."""

from __future__ import annotations

import hashlib

from foundation.ids import ChunkId, ItemId
from memory_fabric.records import ChunkRow, Modality


def make_row(
    number: int,
    text: str = "some text",
    *,
    item: int | None = None,
    path: str = "",
    uri: str = "",
    modality: Modality = "text",
    language: str = "en",
    symbol: str = "",
    symbol_kind: str = "",
    timestamp_s: float = 0.0,
    quality: float = 0.5,
) -> ChunkRow:
    """Return a row whose item is `item`, by default one of its own."""
    key = number if item is None else item
    return ChunkRow(
        id=ChunkId(number),
        item_id=ItemId(f"mi_{key}"),
        item_key=key,
        ordinal=0,
        text=text,
        context="",
        line_start=1,
        line_end=text.count("\n") + 1,
        page=0,
        language=language,
        symbol=symbol,
        symbol_kind=symbol_kind,
        content_hash=hashlib.blake2b(text.encode(), digest_size=16).digest(),
        modality=modality,
        project="p",
        path=path or f"/files/{key}.txt",
        uri=uri or path or f"/files/{key}.txt",
        timestamp_s=timestamp_s,
        quality=quality,
    )
