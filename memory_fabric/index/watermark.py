"""How far an index has followed the journal, kept beside the index and never inside it."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import msgspec

from foundation.ids import JournalSeq
from memory_fabric.index.disk import remove_whole

__all__ = ["Watermark", "load_watermark", "save_watermark"]


class Watermark(msgspec.Struct, frozen=True):
    """What an index was built from, and up to where."""

    store_id: str
    """The truth that it follows: an index next to another database is not trusted."""
    fingerprint: str
    """Backend, layout version and model: a change means a rebuild."""
    applied_seq: JournalSeq
    points: int


class _Saved(msgspec.Struct, frozen=True):
    """A mark as it lies on disk: one flipped bit in a number would be another number, and work be skipped."""

    mark: Watermark
    crc32: int


def load_watermark(path: Path) -> Watermark | None:
    """Return the watermark at `path`, or None where there is none that can be believed."""
    try:
        if not path.is_file():  # a pipe would be waited at for ever
            return None
        saved = msgspec.json.decode(path.read_bytes(), type=_Saved)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return saved.mark if saved.crc32 == _crc32(saved.mark) else None


def save_watermark(path: Path, mark: Watermark) -> None:
    """Replace the watermark atomically.

    INVARIANT: called only after the index itself was flushed; a crash in between repeats work, it never skips any.
    """
    temporary = path.with_suffix(".tmp")
    # what a crash left, or something else that is in the way: opened as it is, a link would be followed
    remove_whole(temporary)
    with temporary.open("xb") as file:
        file.write(msgspec.json.encode(_Saved(mark, _crc32(mark))))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _crc32(mark: Watermark) -> int:
    return zlib.crc32(msgspec.json.encode(mark))
