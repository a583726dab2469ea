"""What was asked to be indexed, and which of it the daemon follows by itself, after a restart too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from foundation.errors import NotFoundError
from memory_fabric.store.known_roots import KnownRoot, nearest_root
from memory_fabric.store.store import Store

__all__ = ["FollowedRoots"]


class FollowedRoots:
    """Remembers folders and files. Thread-safe.

    Args:
        store: Keeps them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self.on_change: Callable[[], None] = lambda: None
        """Called when another set of folders is to be followed, on the thread that changed it."""

    def remember(self, roots: Sequence[Path], project: str) -> None:
        """Note that these were asked to be indexed; what is followed stays so."""
        with self._lock:
            known = {root.path: root for root in self._store.known_roots()}
            for path in map(str, roots):
                new = KnownRoot(path, project, path in known and known[path].is_followed)
                if known.get(path) != new:
                    self._store.put_root(new)

    def follow(self, roots: Sequence[Path], project: str) -> None:
        """Have these followed for as long as a daemon runs on this memory."""
        with self._lock:
            for path in map(str, roots):
                self._store.put_root(KnownRoot(path, project, is_followed=True))
        self.on_change()

    def unfollow(self, paths: Sequence[str]) -> None:
        """Follow these no longer; what was remembered of them stays.

        Raises:
            NotFoundError: One of them is not followed; nothing is changed.
        """
        with self._lock:
            followed = {root.path: root for root in self.followed()}
            for path in paths:
                if path not in followed:
                    raise NotFoundError(f"`{path}` is not followed", fix="see `cairn watch --list`")
            for path in paths:
                self._store.put_root(msgspec.structs.replace(followed[path], is_followed=False))
        self.on_change()

    def followed(self) -> list[KnownRoot]:
        """Return what is to be followed, by path."""
        return [root for root in self._store.known_roots() if root.is_followed]

    def forget(self, path: str) -> None:
        """Forget a place with everything below it: it is neither followed nor looked at again."""
        place = KnownRoot(path)
        with self._lock:
            inside = [root for root in self._store.known_roots() if nearest_root([place], root.path)]
            if not inside:
                return
            self._store.drop_roots([root.path for root in inside])
        if any(root.is_followed for root in inside):
            self.on_change()
