"""Opening what a walk found, without trusting that it is still what it was."""

from __future__ import annotations

import os
import stat

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.base import too_large

__all__ = ["read_regular"]


def read_regular(path: str, max_bytes: int) -> bytes:
    """Return the bytes of a regular file that stands at exactly this path.

    Between the walk and now the file, or a folder above it, may have become a link to somewhere else, a named pipe, or
    larger: a link is not followed, a pipe is not waited for, and no more than `max_bytes` is read.

    Args:
        path: Absolute, without symbolic links when it was found.
        max_bytes: Larger files are refused.

    Raises:
        UnreadableError: It cannot be read, or is not what was found; carries the reason.
    """
    try:
        with open(path, "rb", buffering=0, opener=_open_now) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError("not a regular file")
            if os.path.realpath(path) != path or not os.path.samestat(status, os.lstat(path)):
                raise UnreadableError("moved while it was read")
            if status.st_size > max_bytes:
                raise UnreadableError(too_large(status.st_size, max_bytes))
            data = _read_up_to(file.fileno(), max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableError(f"unreadable: {reason}") from error
    if len(data) > max_bytes:
        raise UnreadableError(too_large(len(data), max_bytes))
    return data


def _open_now(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


def _read_up_to(descriptor: int, limit: int) -> bytes:
    parts: list[bytes] = []
    while limit > 0 and (part := os.read(descriptor, min(limit, 1 << 20))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)
