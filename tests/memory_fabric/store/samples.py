"""Drafts for the tests of the store."""

from __future__ import annotations

import hashlib
from pathlib import Path

from foundation.ids import ChunkId, JournalSeq
from memory_fabric.store.store import ChunkDraft, FileState, ItemDraft, Store


def digest(text: str) -> bytes:
    """Return 16 bytes over `text`."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def chunk(text: str, line: int = 1, *, context: str = "", language: str = "en", symbol: str = "") -> ChunkDraft:
    """Return a fragment of one line."""
    return ChunkDraft(
        text=text,
        context=context,
        line_start=line,
        line_end=line,
        page=0,
        language=language,
        symbol=symbol,
        symbol_kind="",
        content_hash=digest(f"{context}\0{text}"),
    )


def item(
    path: str,
    *texts: str,
    uri: str = "",
    project: str = "p",
    timestamp_s: float | None = 1_000.0,
    modality: str = "text",
    layer: str = "document",
    meta: dict[str, str] | None = None,
) -> ItemDraft:
    """Return an item with a fragment for each text."""
    return ItemDraft(
        project=project,
        uri=uri or path,
        path=path,
        modality=modality,
        title=path.rpartition("/")[2],
        mime="text/plain",
        timestamp_s=timestamp_s,
        layer=layer,
        tags=("one", "two"),
        quality=0.5,
        meta=meta or {},
        chunks=tuple(chunk(text, line) for line, text in enumerate(texts, 1)),
        content_hash=digest("\0".join(texts)),
    )


def file_state(path: str, *, inode: int = 7, reason: str = "") -> FileState:
    """Return what the walker remembers of a file."""
    return FileState(path, 10, 20, inode, 1, digest(path), "skipped" if reason else "indexed", reason)


def texts_of(store: Store, uri: str, project: str = "p") -> list[str]:
    """Return the fragments of an item in order; [] when it is not stored."""
    rows = store.chunks([ChunkId(i) for i in store.live_chunk_ids().tolist()])
    mine = [row for row in rows.values() if (row.project, row.uri) == (project, uri)]
    return [row.text for row in sorted(mine, key=lambda row: row.ordinal)]


def replayed(store: Store) -> set[int]:
    """Return the chunks that a replay of the whole journal gives."""
    live: set[int] = set()
    after = JournalSeq(0)
    while entries := store.journal(after, 7):
        for entry in entries:
            if entry.op == "put":
                live.update(entry.chunk_ids)
            else:
                live.difference_update(entry.chunk_ids)
        after = entries[-1].seq
    return live


def database(folder: Path) -> Path:
    """Return the truth's file in a store's folder."""
    return folder / "memory.db"
