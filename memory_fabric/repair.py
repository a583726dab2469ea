"""Files that an answer found to be other than they were are read again, in the background."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import structlog

from foundation.errors import CairnError, ConflictError, InputError
from memory_fabric.config import IngestConfig
from memory_fabric.ingest.pipeline import index_paths
from memory_fabric.ingest.roots import allowed_roots
from memory_fabric.ingest.states import Narrow
from memory_fabric.operations import Check
from memory_fabric.scan.scanner import Scanner
from memory_fabric.store.known_roots import KnownRoot, nearest_root
from memory_fabric.store.store import FileState, Store

__all__ = ["Repairs"]

log = structlog.get_logger(__name__)

_REST = 10
"""A whole folder is walked because of a missing file at most a tenth of the time."""

_LEAST_REST_S = 1.0


class Repairs:
    """Reads again what changed, and looks for what went: a file that is gone is perhaps elsewhere by another name.

    Args:
        store: The truth.
        limits: Sizes and allowed folders.
        scanner: Cuts out what must not be stored.
        turn: Waits for the place of an index run.
    """

    def __init__(
        self,
        store: Store,
        limits: IngestConfig,
        scanner: Scanner,
        turn: Callable[[Check], AbstractContextManager[None]],
    ) -> None:
        self._store = store
        self._limits = limits
        self._scanner = scanner
        self._turn = turn
        self._wake = threading.Condition()
        self._changed: set[str] = set()
        self._gone: set[str] = set()
        self._is_stopping = False
        self._is_working = False
        self._resting: dict[str, float] = {}
        """When a root may be walked again, on the monotonic clock."""
        self._thread: threading.Thread | None = None

    def want(self, changed: Sequence[str], gone: Sequence[str]) -> None:
        """Have files looked at soon; returns at once.

        Args:
            changed: Files that are not as they were.
            gone: Files that are not there.
        """
        with self._wake:
            self._changed.update(changed)
            self._gone.update(gone)
            if self._thread is None and not self._is_stopping:
                self._thread = threading.Thread(target=self._run, name="cairn-repair", daemon=True)
                self._thread.start()
            self._wake.notify_all()

    def settle(self) -> None:
        """Wait until everything wanted is done."""
        with self._wake:
            while (self._changed or self._gone or self._is_working) and not self._is_stopping:
                self._wake.wait()

    def close(self) -> None:
        """Give up what is under way: the next look finds it again."""
        with self._wake:
            self._is_stopping = True
            thread = self._thread
            self._wake.notify_all()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._is_working = False
                self._wake.notify_all()
                while not (self._changed or self._gone or self._is_stopping):
                    self._wake.wait()
                if self._is_stopping:
                    return
                changed, self._changed = self._changed, set()
                gone, self._gone = self._gone, set()
                self._is_working = True
            try:
                self._repair(changed, gone)
            except Exception as error:  # the thread's last line of defence: a full disk must not end all repairs
                if not self._is_stopping:
                    is_ours = isinstance(error, CairnError)
                    log.warning("repair_failed", error=type(error).__name__, exc_info=not is_ours)

    def _repair(self, changed: Iterable[str], gone: Iterable[str]) -> None:
        roots = self._store.known_roots()
        states = self._store.file_states(list(gone))
        wanted: dict[KnownRoot, tuple[set[str], set[str]]] = {}
        for path in changed:
            if (root := nearest_root(roots, path)) is not None:
                wanted.setdefault(root, (set(), set()))[0].add(path)
        for path, state in states.items():
            root = nearest_root(roots, path)
            if root is not None and _is_deleted(state) and time.monotonic() >= self._resting.get(root.path, 0.0):
                wanted.setdefault(root, (set(), set()))[1].add(path)
        for root, (read, missing) in wanted.items():
            self._bring_level(root, Narrow(frozenset(read), frozenset(missing)))

    def _bring_level(self, root: KnownRoot, narrow: Narrow) -> None:
        """Read what changed; for what is gone, look through the whole root, and touch nothing else there."""
        started = time.monotonic()
        try:
            # a root that is gone takes what it held with it, and names no project any more
            homes = allowed_roots([root.path], self._limits) if os.path.exists(root.path) else []
        except InputError:
            # allowed once, and not any more: what is known of it stays as it is
            return
        with self._turn(self._check):
            done = index_paths(
                self._store,
                [Path(root.path)] if narrow.gone else [Path(path) for path in sorted(narrow.read)],
                project=root.project,
                limits=self._limits,
                scanner=self._scanner,
                is_forced=False,
                report=lambda _: None,
                check=self._check,
                homes=homes,
                narrow=narrow,
            )
        took_s = time.monotonic() - started
        if narrow.gone:
            self._resting[root.path] = time.monotonic() + max(_LEAST_REST_S, took_s * _REST)
        files = len(narrow.read) + len(narrow.gone)
        log.info("repaired", files=files, items=done.items, removed=done.removed, renamed=done.renamed)

    def _check(self) -> None:
        if self._is_stopping:
            raise ConflictError("the memory is being closed")


def _is_deleted(state: FileState) -> bool:
    """Whether a missing file was deleted: one on a disk that is not there now, by its device, was not."""
    above = os.path.dirname(state.path)
    while above != os.path.dirname(above):
        try:
            return os.stat(above).st_dev == state.device
        except (FileNotFoundError, NotADirectoryError):
            above = os.path.dirname(above)
        except OSError:
            return False
    return False
