"""Finding the files of a folder: quickly, in a stable order, and without leaving it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import msgspec

from memory_fabric.ingest.ignore import (
    IGNORED_DIRECTORIES,
    IgnoreRules,
    directory_rules,
    inherited_rules,
    is_always_ignored,
    is_cache,
    is_matched,
)
from memory_fabric.ingest.readers.base import too_large
from memory_fabric.operations import Check
from memory_fabric.records import SkippedFile

__all__ = ["FoundFile", "is_ignored", "walk_tree"]

_RULES = (".git", ".gitignore", ".cairnignore")

_KINDS = (
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "named pipe"),
    (stat.S_ISBLK, "block device"),
    (stat.S_ISCHR, "character device"),
)


class FoundFile(msgspec.Struct, frozen=True):
    """A regular file with the marks that tell whether it changed."""

    path: str
    """Absolute and resolved."""
    size: int
    """In bytes."""
    mtime_ns: int
    """Modification time, nanoseconds since the epoch."""
    inode: int
    device: int


def walk_tree(
    roots: Sequence[Path],
    *,
    max_file_bytes: int,
    is_following_gitignore: bool = True,
    on_skip: Callable[[SkippedFile], None],
    check: Check = lambda: None,
    homes: Sequence[Path] = (),
    denied: Collection[str] = (),
) -> Iterator[FoundFile]:
    """Yield the regular files below `roots`, each once, sorted within their folder.

    Symbolic links are never followed: a target inside the roots is found by its own path, any other is reported.
    What the ignore rules leave out is neither yielded nor reported; a root itself is never left out, unless it is a
    change below one of `homes`.

    Args:
        roots: Folders and single files.
        max_file_bytes: Larger files are reported instead of yielded.
        is_following_gitignore: Whether git's ignore files count; `.cairnignore` always does.
        on_skip: Receives what cannot be indexed, with the reason.
        check: Called for each folder; raises to stop.
        denied: Resolved folders and files that are passed over without a word.
        homes: Resolved folders: a root below one of them, that is none itself, fares as in a walk of that folder.
    """
    walk = _Walk(
        roots, max_file_bytes, on_skip, is_following_gitignore=is_following_gitignore, homes=homes, denied=denied
    )
    return walk.run(check)


def is_ignored(path: Path, root: Path, *, is_following_gitignore: bool = True) -> bool:
    """Return whether a walk of `root` would leave out `path`, which need not exist any more.

    Args:
        path: Absolute, below `root` or equal to it.
        root: Resolved folder.
        is_following_gitignore: Whether git's ignore files count.
    """
    if path == root or root not in path.parents:
        return False
    parts = path.relative_to(root).parts
    base = str(root)
    chain = list(inherited_rules(base, is_following_gitignore=is_following_gitignore))
    for depth, name in enumerate(parts):
        if depth and is_cache(base, _marks(base)):
            return True
        own = directory_rules(base, is_following_gitignore=is_following_gitignore, names=_RULES)
        if own is not None:
            chain.append(own)
        base = f"{base.rstrip('/')}/{name}"
        is_directory = depth < len(parts) - 1 or os.path.isdir(base)
        ending = "/" if is_directory else ""
        if is_always_ignored(name, is_directory=is_directory) or is_matched(chain, base + ending, name + ending):
            return True
    return False


def _home_of(root: Path, homes: Sequence[Path]) -> Path | None:
    return None if root in homes else next((home for home in homes if home in root.parents), None)


def _marks(directory: str) -> list[str]:
    return [name for name in ("pyvenv.cfg", "CACHEDIR.TAG") if os.path.lexists(f"{directory}/{name}")]


class _Walk:
    """State of one walk."""

    def __init__(
        self,
        roots: Sequence[Path],
        max_file_bytes: int,
        on_skip: Callable[[SkippedFile], None],
        *,
        is_following_gitignore: bool,
        homes: Sequence[Path],
        denied: Collection[str],
    ) -> None:
        self._denied = frozenset(denied)
        inner = {str(root): home for root in roots if (home := _home_of(root, homes)) is not None}
        self._homes = {path: str(home) for path, home in inner.items()}
        self._roots = sorted({str(root) if str(root) in inner else os.path.realpath(root) for root in roots})
        self._inside = [*self._roots, *(str(home) for home in homes)]
        self._max_file_bytes = max_file_bytes
        self._on_skip = on_skip
        self._is_following_gitignore = is_following_gitignore
        self._entered: set[str] = set()

    def run(self, check: Check) -> Iterator[FoundFile]:
        for root in self._roots:
            if self._is_denied(root):
                continue
            if root in self._homes and not self._is_reached(root, self._homes[root]):
                continue
            if os.path.isdir(root):
                yield from self._folder(root, check)
            else:
                yield from self._root_file(root)

    def _is_denied(self, root: str) -> bool:
        """Whether a root lies in a denied folder: a change below a followed folder may."""
        return any(root == folder or root.startswith(f"{folder.rstrip('/')}/") for folder in self._denied)

    def _is_reached(self, root: str, home: str) -> bool:
        """Whether a walk of `home` would come to `root`; reports it when it is a link that leads out."""
        above = root
        while (above := os.path.dirname(above)) != home:
            if os.path.islink(above):
                return False
        if is_ignored(Path(root), Path(home), is_following_gitignore=self._is_following_gitignore):
            return False
        if os.path.islink(root):
            self._refuse_link(root)
            return False
        return True

    def _root_file(self, path: str) -> Iterator[FoundFile]:
        if os.path.dirname(path) in self._entered and self._is_found(path):
            return
        try:
            found = self._accept(path, os.lstat(path))
        except OSError as error:
            self._skip(path, _unreadable(error))
            return
        if found is not None:
            yield found

    def _is_found(self, path: str) -> bool:
        """Whether the walk of another root, which is done before its files by sorting, has yielded this file."""
        return any(
            path.startswith(f"{root.rstrip('/')}/")
            and not is_ignored(Path(path), Path(root), is_following_gitignore=self._is_following_gitignore)
            for root in self._roots
            if root != path
        )

    def _folder(self, root: str, check: Check) -> Iterator[FoundFile]:
        inherited = self._rules_above(root)
        waiting: list[tuple[str, tuple[IgnoreRules, ...]]] = [(root, inherited)]
        while waiting:
            check()
            folder, rules = waiting.pop()
            if folder in self._entered:
                continue
            entries = self._entries(folder)
            names = {entry.name for entry in entries}
            is_named = folder in self._roots and folder not in self._homes
            if not is_named and is_cache(folder, names):
                continue
            self._entered.add(folder)
            own = directory_rules(folder, is_following_gitignore=self._is_following_gitignore, names=names)
            if own is not None:
                rules = (*rules, own)
            below: list[tuple[str, tuple[IgnoreRules, ...]]] = []
            for entry in entries:
                if entry.path in self._denied:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if self._is_wanted(entry, rules):
                        below.append((entry.path, rules))
                elif (found := self._file(entry, rules)) is not None:
                    yield found
            waiting.extend(reversed(below))

    def _rules_above(self, root: str) -> tuple[IgnoreRules, ...]:
        home = self._homes.get(root, root)
        rules = list(inherited_rules(home, is_following_gitignore=self._is_following_gitignore))
        between: list[str] = []
        above = root
        while above != home:
            above = os.path.dirname(above)
            between.append(above)
        for folder in reversed(between):
            own = directory_rules(folder, is_following_gitignore=self._is_following_gitignore, names=_RULES)
            if own is not None:
                rules.append(own)
        return tuple(rules)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._skip(folder, _unreadable(error))
            return []

    def _is_wanted(self, entry: os.DirEntry[str], rules: tuple[IgnoreRules, ...]) -> bool:
        """Whether to go into a folder."""
        name = entry.name
        if name in IGNORED_DIRECTORIES or name.endswith(".egg-info"):
            return False
        if rules and is_matched(rules, f"{entry.path}/", f"{name}/"):
            return False
        return self._has_valid_name(entry)

    def _file(self, entry: os.DirEntry[str], rules: tuple[IgnoreRules, ...]) -> FoundFile | None:
        name, path = entry.name, entry.path
        if is_always_ignored(name, is_directory=False) or (rules and is_matched(rules, path, name)):
            return None
        if not self._has_valid_name(entry):
            return None
        try:
            if entry.is_symlink():
                self._refuse_link(path)
                return None
            return self._accept(path, entry.stat(follow_symlinks=False))
        except OSError as error:
            self._skip(path, _unreadable(error))
            return None

    def _accept(self, path: str, status: os.stat_result) -> FoundFile | None:
        mode, size = status.st_mode, status.st_size
        if not stat.S_ISREG(mode):
            self._skip(path, f"not a regular file ({_kind(mode)})")
        elif size > self._max_file_bytes:
            self._skip(path, too_large(size, self._max_file_bytes))
        elif not mode & 0o444 and not os.access(path, os.R_OK):
            self._skip(path, f"unreadable: {os.strerror(errno.EACCES)}")
        else:
            return FoundFile(path, size, status.st_mtime_ns, status.st_ino, status.st_dev)
        return None

    def _refuse_link(self, path: str) -> None:
        try:
            target = os.path.realpath(path, strict=True)
        except OSError as error:
            self._skip(path, "symlink loop" if error.errno == errno.ELOOP else "broken symlink")
            return
        if not any(target == root or target.startswith(f"{root.rstrip('/')}/") for root in self._inside):
            self._skip(path, "symlink outside the folder")
        elif path.startswith(f"{target.rstrip('/')}/"):
            self._skip(path, "symlink loop")

    def _has_valid_name(self, entry: os.DirEntry[str]) -> bool:
        """A name that is no valid Unicode could be neither stored nor sent."""
        if entry.name.isascii():
            return True
        try:
            entry.name.encode()
        except UnicodeEncodeError:
            self._skip(os.fsencode(entry.path).decode("utf-8", "replace"), "name is not utf-8")
            return False
        return True

    def _skip(self, path: str, reason: str) -> None:
        self._on_skip(SkippedFile(path, reason))


def _kind(mode: int) -> str:
    return next((name for test, name in _KINDS if test(mode)), "special")


def _unreadable(error: OSError) -> str:
    return f"unreadable: {error.strerror}"
