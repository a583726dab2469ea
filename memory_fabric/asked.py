"""What comes with a request: paths as people write them, and the patience of who waits for a turn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from foundation.errors import InputError
from foundation.paths import real_path
from memory_fabric.operations import Check

__all__ = ["Turn", "known_path", "led"]


def known_path(field: str, text: str) -> str:
    """Return a path as the memory knows it; what stands behind `!/` is inside an archive."""
    path, mark, inner = text.partition("!/")
    return f"{led(field, path, real_path)}{mark}{inner}"


def led(field: str, text: str, follow_path: Callable[[str], Path]) -> Path:
    """Return where a path leads by one of the ways of `foundation.paths`.

    Raises:
        InputError: Nowhere.
    """
    try:
        return follow_path(text)
    except ValueError as error:
        raise InputError(field, f"`{text}` leads nowhere: {error}") from error


class Turn:
    """A lock that can be waited for under a deadline."""

    def __init__(self, lock: threading.Lock, check: Check) -> None:
        self._lock = lock
        self._check = check

    def __enter__(self) -> None:
        while not self._lock.acquire(timeout=0.2):
            self._check()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
