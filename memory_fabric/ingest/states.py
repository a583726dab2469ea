"""What is remembered of a file, to know it again."""

from __future__ import annotations

import hashlib
import os
from typing import Literal

import msgspec

from memory_fabric.ingest.walk import FoundFile
from memory_fabric.store.store import FileState

__all__ = ["Narrow", "digest_of", "state_of"]


class Narrow(msgspec.Struct, frozen=True):
    """What a run may touch where it is not all that it finds."""

    read: frozenset[str]
    """Files that are read; one that is not on the disk is left as it is, for nobody looked where else it went."""
    gone: frozenset[str]
    """Files that are forgotten, when they are not found under another name."""

    def may_drop(self, path: str) -> bool:
        """Return whether a file may be forgotten that a walk did not meet: it is gone, or left out by a rule now."""
        return path in self.gone or (path in self.read and os.path.lexists(path))


def digest_of(data: bytes) -> bytes:
    """Return 16 bytes over the content of a file."""
    return hashlib.blake2b(data, digest_size=16).digest()


def state_of(
    file: FoundFile, digest: bytes, state: Literal["indexed", "skipped", "failed"], reason: str = ""
) -> FileState:
    """Return what is to be remembered of a file that was found."""
    return FileState(
        path=file.path,
        size=file.size,
        mtime_ns=file.mtime_ns,
        inode=file.inode,
        device=file.device,
        content_hash=digest,
        state=state,
        reason=reason,
    )
