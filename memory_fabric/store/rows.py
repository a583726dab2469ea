"""What a stored row is outside SQLite, and the other way round."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from foundation.ids import ChunkId, ItemId
from memory_fabric.records import ChunkRow, ItemSource, Layer, MemoryItem, Meta, Modality
from memory_fabric.store.drafts import FileState, ItemDraft

__all__ = [
    "FILE_COLUMNS",
    "ITEM_COLUMNS",
    "ChunkColumns",
    "FileColumns",
    "ItemColumns",
    "checksum",
    "chunk_row",
    "file_state",
    "file_values",
    "item_values",
    "memory_item",
    "pack_ids",
    "unpack_ids",
]

ITEM_COLUMNS = (
    "project, uri, path, modality, title, mime, timestamp_s, layer, tags, quality, meta, content_hash, repo, commit_id,"
    " redacted, is_personal"
)
FILE_COLUMNS = "path, size, mtime_ns, inode, device, content_hash, state, reason"

ChunkColumns = tuple[
    ChunkId,
    ItemId,
    int,
    int,
    str,
    str,
    int,
    int,
    int,
    str,
    str,
    str,
    bytes,
    Modality,
    str,
    str,
    str,
    float,
    float,
    str,
    int,
]
"""The fields of a `ChunkRow`, in order."""

ItemColumns = tuple[
    ItemId,
    Modality,
    str,
    str,
    str,
    float | None,
    str,
    str,
    Layer,
    str,
    float,
    int,
    str,
    str,
    bytes,
    int,
    int,
    str,
    int,
    int,
]
"""What `memory_item` takes."""

FileColumns = tuple[str, int, int, int, int, bytes, Literal["indexed", "skipped", "failed"], str]
"""The types of `FILE_COLUMNS`."""

_SIGN = 1 << 63


def checksum(context: str, text: str) -> int:
    """Return 32 bits over the words of a chunk: SQLite itself does not notice a flipped bit in a value."""
    return zlib.crc32(text.encode(), zlib.crc32(context.encode()))


def pack_ids(ids: Iterable[int]) -> bytes:
    """Return ids as 8 bytes each, in the machine's order."""
    return array("q", ids).tobytes()


def unpack_ids(blob: bytes) -> array[int]:
    """Return the ids of a journal line.

    Raises:
        ValueError: The length is not a multiple of 8.
    """
    return array("q", blob)


def chunk_row(row: ChunkColumns) -> ChunkRow:
    """Return the fragment of a row that `Reader` selects."""
    return ChunkRow(*row[:-1], is_dated=bool(row[-1]))


def item_values(draft: ItemDraft) -> tuple[Any, ...]:
    """Return the columns that a draft fills, in the order of `ITEM_COLUMNS`."""
    return (
        draft.project,
        draft.uri,
        draft.path,
        draft.modality,
        draft.title,
        draft.mime,
        draft.timestamp_s,
        draft.layer,
        msgspec.json.encode(draft.tags).decode(),
        draft.quality,
        msgspec.json.encode(draft.meta).decode(),
        draft.content_hash,
        draft.repo,
        draft.commit,
        draft.redacted,
        int(draft.is_personal),
    )


def memory_item(row: ItemColumns, text: str, fields: str = "{}") -> MemoryItem:
    """Return the item of a row that `Reader` selects.

    Raises:
        DecodeError: The tags or the fields are not what was written.
    """
    return MemoryItem(
        id=row[0],
        modality=row[1],
        source=ItemSource(path=row[2], repo=row[3], commit=row[4], timestamp=row[5], uri=row[6]),
        meta=Meta(
            project=row[7],
            layer=row[8],
            tags=msgspec.json.decode(row[9], type=tuple[str, ...]),
            quality=row[10],
            version=row[11],
            title=row[12],
            mime=row[13],
            content_hash=row[14].hex(),
            language=row[17],
            secrets_redacted=row[18],
            pii=bool(row[19]),
            fields=msgspec.json.decode(fields, type=dict[str, str]),
        ),
        text=text,
        chunks=row[16],
    )


def file_values(state: FileState) -> tuple[Any, ...]:
    """Return the columns of a file on disk, in the order of `FILE_COLUMNS`."""
    return (
        state.path,
        state.size,
        state.mtime_ns,
        _to_signed(state.inode),
        _to_signed(state.device),
        state.content_hash,
        state.state,
        state.reason,
    )


def file_state(row: FileColumns) -> FileState:
    """Return what is remembered of a file on disk."""
    path, size, mtime_ns, inode, device, content_hash, state, reason = row
    return FileState(path, size, mtime_ns, inode % (2 * _SIGN), device % (2 * _SIGN), content_hash, state, reason)


def _to_signed(number: int) -> int:
    """Some file systems use all 64 bits of an inode; SQLite has 63 and a sign."""
    return number - 2 * _SIGN if number >= _SIGN else number
