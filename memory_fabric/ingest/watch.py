"""Following folders while they change: a save, a delete, a rename, a branch switch.

The operating system tells what changed; only that is looked at. A branch switch is one burst of changes, so it costs
the difference between the branches and not the tree. Waiting, reading ignore rules and asking git all happen on a
worker thread: a burst of a hundred thousand changes must not hold up anybody's question.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Generator, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

import msgspec
import structlog
import trio
import watchfiles
from watchfiles import Change

from foundation.errors import ResourceError
from memory_fabric.ingest.git import find_repository, read_head
from memory_fabric.ingest.walk import is_ignored

__all__ = ["ChangeSet", "follow"]

_DEBOUNCE_MS = 400
"""Longest time that changes are gathered; an editor's save is several events, a checkout thousands."""

_STEP_MS = 50
"""A burst is over when this long nothing more has come."""

_TICK_MS = 500
"""How long the watcher waits before it comes back without changes, to see whether the roots are still the same."""

_TOO_MANY = 500
"""Beyond so many single paths the roots are walked and stamps compared; a question to SQLite may name 1,000 at most."""

_MOST_FAILURES = 10
"""So many times in a row the watches are set anew before the failure is told."""

_REST_S = 1.0
"""Pause before the watches are set anew."""

_RULE_FILES = frozenset({".gitignore", ".cairnignore", "pyvenv.cfg", "CACHEDIR.TAG"})
"""A change of one of these changes what is left out of its folder."""

_EXCLUDE = "/.git/info/exclude"

log = structlog.get_logger(__name__)


class ChangeSet(msgspec.Struct, frozen=True):
    """One burst of changes."""

    paths: tuple[str, ...]
    """Files and folders that appeared, changed or went; the whole roots when there were too many; none when only
    the branch is another."""
    count: int
    """How many single changes there were."""
    branch: str = ""
    """The branch now checked out, when it is another than at the burst before."""


async def follow(roots: Sequence[Path], *, is_following_gitignore: bool = True) -> AsyncGenerator[ChangeSet | None]:
    """Yield None once the system is watching, then a `ChangeSet` for each burst below `roots`, until cancelled.

    A root that goes is told as a change of itself; when it comes back it is followed again.

    Args:
        roots: Resolved folders and files.
        is_following_gitignore: Whether git's ignore files count.

    Raises:
        ResourceError: The system allows no more watches, or watching fails again and again.
    """
    bursts = _Follower(roots, _WhenCancelled(), is_following_gitignore=is_following_gitignore).bursts()
    try:
        while True:
            is_over, burst = await trio.to_thread.run_sync(_next, bursts)
            if is_over:
                # only a cancellation ends it
                await trio.lowlevel.checkpoint()
                return
            yield burst
    finally:
        bursts.close()


def _next(bursts: Generator[ChangeSet | None]) -> tuple[bool, ChangeSet | None]:
    try:
        return False, next(bursts)
    except StopIteration:
        return True, None


class _Stop(Protocol):
    """What `watchfiles` asks at every step."""

    def is_set(self) -> bool: ...


class _WhenCancelled:
    """Set as soon as the task that waits for the worker thread is cancelled."""

    def is_set(self) -> bool:
        """Return whether the task is cancelled."""
        try:
            trio.from_thread.check_cancelled()
        except trio.Cancelled:
            return True
        return False


class _Follower:
    """Watches, sets the watches anew where they were lost, and sorts what comes.

    A watch holds on to one file or folder of the disk, not to its name: a root that is replaced (an editor saves by
    renaming, a folder is made again) would be watched no more, so the roots' marks are compared at every tick.
    """

    def __init__(self, roots: Sequence[Path], stop: _Stop, *, is_following_gitignore: bool) -> None:
        self._roots = roots
        self._stop = stop
        self._is_following_gitignore = is_following_gitignore
        self._branches = _branches(roots)
        self._failures = 0
        self._marks: dict[Path, tuple[int, int] | None] = {}

    def bursts(self) -> Generator[ChangeSet | None]:
        """Yield None once watching, then each burst, until told to stop.

        Raises:
            ResourceError: Watching cannot be begun, or fails again and again.
        """
        is_announced = False
        unseen: list[Path] = []
        while not self._stop.is_set():
            self._marks = {root: _mark(root) for root in self._roots}
            with closing(self._watched()) as watched:
                for burst in watched:
                    if not is_announced:
                        is_announced = True
                        yield None
                    if unseen:
                        # the watches are set: from now on a look at everything misses nothing
                        yield ChangeSet(tuple(map(str, unseen)), len(unseen))
                        unseen = []
                    if (found := self._sorted(path for _, path in burst)) is not None:
                        yield found
            # without a root that was replaced it was the watching itself that failed, and any change may be lost
            lost = [root for root in self._roots if self._is_replaced(root)] or self._roots
            unseen = [root for root in self._roots if root in lost or root in unseen]

    def _is_replaced(self, root: Path) -> bool:
        return _mark(root) != self._marks[root]

    def _watched(self) -> Generator[set[tuple[Change, str]]]:
        """Yield what the system tells, or nothing at a tick, until a root is no longer what it was or watching fails.

        Raises:
            ResourceError: Watching cannot be begun, or fails again and again.
        """
        present = [root for root, mark in self._marks.items() if mark is not None]
        if not present:
            yield from self._waiting()
            return
        gone = {(Change.deleted, str(root)) for root in present}
        try:
            changes = watchfiles.watch(
                *present,
                watch_filter=None,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=self._stop,
                rust_timeout=_TICK_MS,
                yield_on_timeout=True,
                ignore_permission_denied=True,
            )
            with closing(changes):
                for burst in changes:
                    self._failures = 0
                    yield burst
                    # a root that was made again may have got the number of the one that went
                    if any(map(self._is_replaced, self._roots)) or not gone.isdisjoint(burst):
                        return
        except FileNotFoundError:
            # a root went while the watches were being set
            return
        except (OSError, RuntimeError) as error:
            self._bear(error)

    def _waiting(self) -> Generator[set[tuple[Change, str]]]:
        """Tick while there is nothing to watch; what comes back before the first tick was never gone."""
        while not self._stop.is_set():
            self._rest(_TICK_MS / 1e3)
            if any(map(self._is_replaced, self._roots)):
                return
            yield set()

    def _rest(self, seconds: float) -> None:
        for _ in range(round(seconds * 1e3 / _STEP_MS)):
            if self._stop.is_set():
                return
            time.sleep(_STEP_MS / 1e3)

    def _bear(self, error: OSError | RuntimeError) -> None:
        """Rest before another attempt: the engine gives up at the first name that is no valid Unicode, for example.

        Raises:
            ResourceError: The system allows no more watches, or it was one failure too many.
        """
        self._failures += 1
        if isinstance(error, OSError) or self._failures > _MOST_FAILURES:
            raise ResourceError(
                f"cannot watch: {getattr(error, 'strerror', '') or error}",
                fix="raise `fs.inotify.max_user_watches`, or run `cairn index` by a timer",
            ) from error
        log.warning("watch_restarted", error=type(error).__name__, failures=self._failures)
        self._rest(_REST_S)

    def _sorted(self, changed: Iterable[str]) -> ChangeSet | None:
        """Return what a walk would look at, or None when there is nothing."""
        sieve = _Sieve(self._roots, is_following_gitignore=self._is_following_gitignore)
        paths = {found for path in changed if (found := sieve.place(path))}
        # a root that is gone may be on its way back: that is told after the next tick
        paths -= {str(root) for root in self._roots if self._is_replaced(root)}
        # git moves HEAD last, maybe in a burst of its own, and that of a linked working tree lies elsewhere
        now = _branches(self._roots)
        switched = next((branch for repo, branch in now.items() if self._branches.get(repo) != branch), "")
        self._branches = now
        if not paths and not switched:
            return None
        if len(paths) > _TOO_MANY:
            return ChangeSet(tuple(str(root) for root in self._roots), len(paths), switched)
        return ChangeSet(tuple(sorted(paths)), len(paths), switched)


class _Sieve:
    """Tells which changes of one burst matter; the verdict on a folder is found once."""

    def __init__(self, roots: Sequence[Path], *, is_following_gitignore: bool) -> None:
        self._roots = roots
        self._is_following_gitignore = is_following_gitignore
        self._verdicts: dict[str, bool] = {}

    def place(self, path: str) -> str:
        """Return what to look at because of a change of `path`, or an empty string."""
        folder, name = os.path.split(path)
        if path.endswith(_EXCLUDE):
            folder = path.removesuffix(_EXCLUDE)
        elif name not in _RULE_FILES:
            return path if self._is_wanted(path) else ""
        return folder if self._is_wanted(folder) else ""

    def _is_wanted(self, path: str) -> bool:
        target = Path(path)
        for root in self._roots:
            if target == root:
                return True
            if root in target.parents:
                inner = target.relative_to(root).parts
                folders = (root.joinpath(*inner[:depth]) for depth in range(1, len(inner)))
                return all(self._is_open(folder, root) for folder in folders) and self._is_kept(target, root)
        return False

    def _is_open(self, folder: Path, root: Path) -> bool:
        verdict = self._verdicts.get(str(folder))
        if verdict is None:
            verdict = self._verdicts[str(folder)] = self._is_kept(folder, root)
        return verdict

    def _is_kept(self, path: Path, root: Path) -> bool:
        return not is_ignored(path, root, is_following_gitignore=self._is_following_gitignore)


def _mark(root: Path) -> tuple[int, int] | None:
    """Return what the name stands for on disk, or None when there is nothing."""
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _branches(roots: Sequence[Path]) -> dict[str, str]:
    repos = {find_repository(str(root)) for root in roots} - {""}
    heads = {repo: read_head(repo) for repo in repos}
    return {repo: head.branch or head.commit for repo, head in heads.items()}
