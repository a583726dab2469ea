"""Holding a writer still between two of its steps, while somebody looks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from memory_fabric.operations import Check

__all__ = ["Pause"]


class Pause:
    """One thread writes in steps; others may hold it. Who holds goes first, so that a busy writer starves nobody."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holds = 0
        self._is_over = False
        self._is_writing = False

    @contextmanager
    def held(self, check: Check) -> Iterator[None]:
        """Keep the writer from its next step; the step under way is waited for.

        Args:
            check: Asked while waiting; what it raises ends the wait.
        """
        with self._changed:
            self._holds += 1
        try:
            while self.is_writing(wait_s=0.1):
                check()
            yield
        finally:
            with self._changed:
                self._holds -= 1
                self._changed.notify_all()

    def is_writing(self, *, wait_s: float) -> bool:
        """Return whether a step is under way still, after waiting a moment for its end."""
        with self._changed:
            return not self._changed.wait_for(lambda: not self._is_writing, wait_s)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Mark a step of the writer, which begins when nobody holds it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._holds or self._is_over)
            self._is_writing = True
        try:
            yield
        finally:
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()

    def end(self) -> None:
        """Let the writer go: from now on nobody holds it."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
