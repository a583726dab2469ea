"""What is remembered of a file, to know it again."""

from __future__ import annotations

from typing import Literal

from memory_fabric.ingest.walk import FoundFile
from memory_fabric.store.store import FileState

__all__ = ["state_of"]


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
