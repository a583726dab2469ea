"""What a folder really takes on disk."""

from __future__ import annotations

from pathlib import Path

__all__ = ["folder_bytes"]


def folder_bytes(folder: Path) -> int:
    """Return the bytes of all blocks below `folder`; engines preallocate, so apparent sizes mislead."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_blocks * 512
        except FileNotFoundError:
            # engines replace files while we look
            continue
    return total
