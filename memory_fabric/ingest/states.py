"""What is remembered of a file, to know it again."""

from __future__ import annotations

import hashlib
from typing import Literal

from memory_fabric.ingest.walk import FoundFile
from memory_fabric.store.store import FileState

__all__ = ["digest_of", "state_of"]


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
