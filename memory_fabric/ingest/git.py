"""What git knows about a folder, read from its files: no process is started and nothing is written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec

__all__ = ["GitHead", "find_repository", "read_head"]

_MAX_BYTES = 64 * 1024 * 1024
"""Only `packed-refs` is ever large: 64 MB hold a million references."""

_MAX_HOPS = 5
"""Source: git follows a symbolic reference to at most five others."""

_REFTABLE_HEAD = ".invalid"
"""What HEAD names where the references are kept in a table: then these files tell nothing."""


_HASH = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


class GitHead(msgspec.Struct, frozen=True):
    """The checked-out state of a repository."""

    root: str
    branch: str
    """Empty when detached."""
    commit: str
    """40 hex digits, or 64 where the repository uses SHA-256; empty before the first commit."""


def find_repository(folder: str) -> str:
    """Return the top folder of the repository that holds `folder`, or an empty string.

    Nothing is remembered: a folder may become a repository, or cease to be one, while the daemon runs.
    """
    top = folder
    while not os.path.exists(f"{top.rstrip('/')}/.git"):
        parent = os.path.dirname(top)
        if parent == top:
            return ""
        top = parent
    return top


def read_head(root: str) -> GitHead:
    """Return branch and commit of the repository at `root`; fields are empty where git has nothing to say."""
    folder = _git_folder(Path(root))
    head = _read(folder / "HEAD")
    if not head.startswith("ref: "):
        return GitHead(root=root, branch="", commit=_commit(head))
    ref = head.removeprefix("ref: ").strip()
    branch = ref.removeprefix("refs/heads/")
    return GitHead(root=root, branch="" if branch == _REFTABLE_HEAD else branch, commit=_commit(_resolve(folder, ref)))


def _git_folder(root: Path) -> Path:
    """Return the real git folder: worktrees and submodules have a file that points to it."""
    dot_git = root / ".git"
    text = _read(dot_git)
    return root / text.removeprefix("gitdir: ") if text.startswith("gitdir: ") else dot_git


def _resolve(folder: Path, ref: str) -> str:
    shared = _read(folder / "commondir")
    common = folder / shared if shared else folder
    for _ in range(_MAX_HOPS):
        found = _read(folder / ref) or _read(common / ref)
        if not found:
            return _packed(common, ref)
        if not found.startswith("ref: "):
            return found
        ref = found.removeprefix("ref: ").strip()
    return ""


def _packed(common: Path, ref: str) -> str:
    for line in _read(common / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        if name == ref:
            return commit
    return ""


def _commit(text: str) -> str:
    return text if _HASH.fullmatch(text) else ""


def _read(path: Path) -> str:
    """Return a small file's text; nothing when it is missing, closed, or no plain file that could be waited for."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace").strip()
    except (OSError, ValueError):
        return ""
