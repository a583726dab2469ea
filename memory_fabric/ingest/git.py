"""What git knows about a folder, read from its files: no process is started and nothing is written."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec

__all__ = ["GitHead", "find_repository", "read_head"]


class GitHead(msgspec.Struct, frozen=True):
    """The checked-out state of a repository."""

    root: str
    branch: str
    """Empty when detached."""
    commit: str
    """40 hex digits, empty before the first commit."""


@lru_cache(maxsize=4096)
def find_repository(folder: str) -> str:
    """Return the top folder of the repository that holds `folder`, or an empty string."""
    path = Path(folder)
    for candidate in (path, *path.parents):
        if (candidate / ".git").exists():
            return str(candidate)
    return ""


def read_head(root: str) -> GitHead:
    """Return branch and commit of the repository at `root`; fields are empty where git has nothing to say."""
    folder = _git_folder(Path(root))
    try:
        head = (folder / "HEAD").read_text().strip()
    except OSError:
        return GitHead(root=root, branch="", commit="")
    if not head.startswith("ref: "):
        return GitHead(root=root, branch="", commit=head)
    ref = head.removeprefix("ref: ")
    return GitHead(root=root, branch=ref.removeprefix("refs/heads/"), commit=_resolve(folder, ref))


def _git_folder(root: Path) -> Path:
    """Return the real git folder: worktrees and submodules have a file that points to it."""
    dot_git = root / ".git"
    if dot_git.is_file():
        text = dot_git.read_text().strip()
        if text.startswith("gitdir: "):
            return (root / text.removeprefix("gitdir: ")).resolve()
    return dot_git


def _resolve(folder: Path, ref: str) -> str:
    common = folder
    if (folder / "commondir").is_file():
        common = (folder / (folder / "commondir").read_text().strip()).resolve()
    for base in (folder, common):
        try:
            return (base / ref).read_text().strip()
        except OSError:
            continue
    try:
        packed = (common / "packed-refs").read_text()
    except OSError:
        return ""
    for line in packed.splitlines():
        commit, _, name = line.partition(" ")
        if name == ref:
            return commit
    return ""
