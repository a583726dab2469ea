"""What is handed to the store, and what it answers."""

from __future__ import annotations

from typing import Literal

import msgspec

from foundation.ids import ItemId, JournalSeq

__all__ = [
    "ChunkDraft",
    "Counts",
    "Definition",
    "FileState",
    "ItemDraft",
    "Reference",
    "ReferenceKind",
    "Selection",
    "WriteReceipt",
]

ReferenceKind = Literal["symbol", "module", "file", "message"]
"""What a reference names: a definition, a source file as it is imported, a file by its path, a mail or turn."""


class Definition(msgspec.Struct, frozen=True):
    """What an item defines under a name, and where."""

    name: str
    """The last part of `symbol`: by it references find it. Of a message, its id."""
    symbol: str
    kind: str
    """`function`, `class`, `method`, `type`, `module`, or `message`."""
    signature: str
    line_start: int
    line_end: int


class Reference(msgspec.Struct, frozen=True):
    """A name that an item uses, kept whether or not anything defines it: a later definition resolves it."""

    relation: str
    kind: ReferenceKind
    name: str
    """Last part of what is named."""
    hint: str
    """What the source says beside the name: the module it was imported from, the path as written; `.` for a member of
    something unknown, `self` for a member of the own class, empty for a bare name."""
    scope: str
    """Symbol of the definition in which it stands."""
    line: int
    """The first of its places."""
    count: int = 1


class ChunkDraft(msgspec.Struct, frozen=True):
    """A fragment before it has an id."""

    text: str
    context: str
    line_start: int
    line_end: int
    page: int
    language: str
    symbol: str
    symbol_kind: str
    content_hash: bytes
    """16 bytes over context and text."""
    timestamp_s: float | None = None
    """Of a turn; None where the item's counts."""


class ItemDraft(msgspec.Struct, frozen=True):
    """An item before it has an id; `(project, uri)` tells which one it replaces."""

    project: str
    uri: str
    path: str
    modality: str
    title: str
    mime: str
    timestamp_s: float | None
    layer: str
    tags: tuple[str, ...]
    quality: float
    meta: dict[str, str]
    chunks: tuple[ChunkDraft, ...]
    content_hash: bytes
    """16 bytes over the source."""
    repo: str = ""
    commit: str = ""
    redacted: int = 0
    """Secrets and personal numbers that were cut out."""
    is_personal: bool = False
    """Whether personal data was found, cut out or not."""
    definitions: tuple[Definition, ...] = ()
    references: tuple[Reference, ...] = ()


class FileState(msgspec.Struct, frozen=True):
    """What the walker remembers of a file on disk; one file may give many items."""

    path: str
    size: int
    mtime_ns: int
    inode: int
    device: int
    content_hash: bytes
    state: Literal["indexed", "skipped", "failed"]
    reason: str = ""


class WriteReceipt(msgspec.Struct, frozen=True):
    """Given when a write is durable."""

    item_ids: tuple[ItemId, ...]
    """One for each item put, in order."""
    chunks: int
    """Chunks that are new."""
    last_seq: JournalSeq
    unchanged: int = 0
    """Chunks of replaced items that stayed as they were, with their ids."""


class Selection(msgspec.Struct, frozen=True):
    """Items chosen by a selector."""

    item_ids: tuple[ItemId, ...]
    chunks: int


class Counts(msgspec.Struct, frozen=True):
    """How much is stored."""

    items: int
    chunks: int
    projects: dict[str, int]
    """Items by project."""
    modalities: dict[str, int]
    """Items by kind."""
    languages: dict[str, int]
    """Chunks by language."""
