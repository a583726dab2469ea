"""Following folders while they change: a save, a delete, a rename, a branch switch.

The operating system tells what changed; only that is looked at. A branch switch is one burst of changes, so it costs
the difference between the branches and not the tree.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import msgspec
import watchfiles

from foundation.errors import ResourceError
from memory_fabric.ingest.git import find_repository, read_head
from memory_fabric.ingest.walk import is_ignored

__all__ = ["ChangeSet", "follow"]

_DEBOUNCE_MS = 400
"""Longest time that changes are gathered; an editor's save is several events, a checkout thousands."""

_STEP_MS = 50
"""A burst is over when this long nothing more has come."""

_FIRST_MS = 500
"""How long the watcher waits before it comes back without changes."""

_TOO_MANY = 2_000
"""Beyond so many single paths it is cheaper to walk the tree and compare stamps."""


class ChangeSet(msgspec.Struct, frozen=True):
    """One burst of changes."""

    paths: tuple[str, ...]
    """Files and folders that appeared, changed or went; the whole roots when there were too many."""
    count: int
    """How many single changes there were."""
    branch: str = ""
    """The branch now checked out, when it changed with this burst."""


async def follow(roots: Sequence[Path]) -> AsyncGenerator[ChangeSet | None]:
    """Yield None once the system is watching, then a `ChangeSet` for each burst below `roots`, until cancelled.

    Args:
        roots: Resolved folders and files.

    Raises:
        ResourceError: The system allows no more watches.
    """
    branches = _branches(roots)

    def is_wanted(_: watchfiles.Change, path: str) -> bool:
        return _is_head(path) or not _is_ignored(path, roots)

    try:
        bursts = watchfiles.awatch(
            *roots,
            watch_filter=is_wanted,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            rust_timeout=_FIRST_MS,
            yield_on_timeout=True,
        )
        is_announced = False
        async for burst in bursts:
            if not is_announced:
                # the first timeout or change proves that the watches are set
                is_announced = True
                yield None
            now = _branches(roots)
            switched = next((branch for repo, branch in now.items() if branches.get(repo) != branch), "")
            branches = now
            paths = sorted({path for _, path in burst if not _is_head(path)})
            if not paths and not switched:
                continue
            if len(paths) > _TOO_MANY:
                yield ChangeSet(tuple(str(root) for root in roots), len(paths), switched)
            elif paths:
                yield ChangeSet(tuple(paths), len(paths), switched)
    except OSError as error:
        raise ResourceError(
            f"cannot watch: {error.strerror or error}",
            fix="raise `fs.inotify.max_user_watches`, or run `cairn index` by a timer",
        ) from error


def _is_head(path: str) -> bool:
    """Git's own folder is ignored, but for the file that tells the branch."""
    return path.endswith("/.git/HEAD")


def _is_ignored(path: str, roots: Sequence[Path]) -> bool:
    target = Path(path)
    for root in roots:
        if root == target:
            return False
        if root in target.parents:
            return is_ignored(target, root)
    return True


def _branches(roots: Sequence[Path]) -> dict[str, str]:
    repos = {find_repository(str(root)) for root in roots} - {""}
    return {repo: read_head(repo).branch or read_head(repo).commit for repo in repos}
