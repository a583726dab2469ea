"""What is left out of the memory: the built-in list, `.gitignore`, `.git/info/exclude` and `.cairnignore`."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from memory_fabric.ingest.wildmatch import parse_pattern

__all__ = [
    "CACHE_TAG",
    "IGNORED_DIRECTORIES",
    "IGNORED_FILES",
    "MAX_RULES_BYTES",
    "IgnoreRules",
    "directory_rules",
    "inherited_rules",
    "is_always_ignored",
    "is_cache",
    "is_matched",
    "rules_of",
]

IGNORED_DIRECTORIES = frozenset({
    # version control
    ".git", ".hg", ".svn", ".bzr", "CVS", ".jj",
    # installed packages
    "node_modules", "bower_components", ".venv", ".eggs", ".tox", ".nox",
    # caches and build output that no one writes by hand
    "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".ipynb_checkpoints", ".cache",
    ".gradle", ".terraform", ".next", ".nuxt", ".parcel-cache", ".svelte-kit", ".turbo", ".idea", ".Trash",
    # keys, never to be quoted
    ".ssh", ".gnupg", ".password-store",
})  # fmt: skip
"""Folders left out everywhere, without being listed as skipped."""

IGNORED_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".git"})
"""Files left out everywhere; `.git` is a file in linked working trees."""

_IGNORED_ENDINGS = (".pyc", ".pyo", ".swp", "~", ".egg-info")
CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55"
"""First bytes of `CACHEDIR.TAG`. Source: the Cache Directory Tagging Specification."""

MAX_RULES_BYTES = 256 * 1024
"""Of one ignore file; the rest is not read. People write a few thousand; this takes seconds to compile."""


class IgnoreRules:
    """The patterns of one folder's ignore files; the last pattern that matches decides, as in git.

    A walk leaves out a folder as a whole, so a pattern without a slash needs to be tried on the name alone.

    Args:
        base: Absolute path of the folder that the patterns are relative to.
        lines: Patterns in the syntax of `.gitignore`, without their line ends; malformed ones are passed over.
    """

    __slots__ = ("_base_length", "_names", "_ordered", "_paths")

    def __init__(self, base: str, lines: Iterable[str]) -> None:
        self._base_length = len(base.rstrip("/")) + 1
        # a line that stands twice decides where it stands last
        lasts = dict.fromkeys(reversed([*lines]))
        patterns = [pattern for line in reversed(lasts) if (pattern := parse_pattern(line)) is not None]
        names = [pattern.regex for pattern in patterns if pattern.is_name]
        paths = [pattern.regex for pattern in patterns if not pattern.is_name]
        self._names = re.compile("|".join(names)) if names else None
        self._paths = re.compile("|".join(paths)) if paths else None
        # without negation any match decides, and the order means nothing
        self._ordered: list[tuple[bool, bool, re.Pattern[str]]] | None = None
        if not all(pattern.is_left_out for pattern in patterns):
            self._ordered = [(each.is_left_out, each.is_name, re.compile(each.regex)) for each in patterns]

    def decide(self, path: str, name: str) -> bool | None:
        """Return whether the entry is left out; None when no pattern speaks of it.

        Args:
            path: Absolute path below the base; a folder's ends with a slash.
            name: Its last part; a folder's ends with a slash.
        """
        relative = path[self._base_length :] if self._paths is not None else ""
        is_hit = (self._names is not None and self._names.match(name) is not None) or (
            self._paths is not None and self._paths.match(relative) is not None
        )
        if not is_hit:
            return None
        if self._ordered is None:
            return True
        for is_included, is_name, pattern in reversed(self._ordered):
            if pattern.match(name if is_name else relative):
                return is_included
        return None


def is_always_ignored(name: str, *, is_directory: bool) -> bool:
    """Return whether the built-in list leaves out an entry of this name."""
    if is_directory:
        return name in IGNORED_DIRECTORIES or name.endswith(".egg-info")
    return name in IGNORED_FILES or name.endswith(_IGNORED_ENDINGS) or name.startswith(".#")


def is_cache(directory: str, names: Collection[str]) -> bool:
    """Return whether a folder declares itself a cache (`CACHEDIR.TAG`) or a virtual environment.

    Args:
        directory: Its path.
        names: Names of its entries.
    """
    if "pyvenv.cfg" in names:
        return True
    return "CACHEDIR.TAG" in names and _read(f"{directory}/CACHEDIR.TAG").startswith(CACHE_TAG)


def directory_rules(directory: str, *, is_following_gitignore: bool, names: Collection[str]) -> IgnoreRules | None:
    """Return the patterns that this folder's own files hold, or None when it has none.

    `.cairnignore` is read after `.gitignore` and so wins over it; `.git/info/exclude` comes first.

    Args:
        directory: Absolute path.
        is_following_gitignore: Whether git's files count.
        names: Names of its entries.
    """
    files = []
    if is_following_gitignore:
        if ".git" in names:
            files.append(f"{directory}/.git/info/exclude")
        if ".gitignore" in names:
            files.append(f"{directory}/.gitignore")
    if ".cairnignore" in names:
        files.append(f"{directory}/.cairnignore")
    stamps = tuple((path, stamp) for path in files if (stamp := _stamp(path)))
    return _load(directory, stamps) if stamps else None


def inherited_rules(directory: str, *, is_following_gitignore: bool) -> tuple[IgnoreRules, ...]:
    """Return what the folders above `directory` say, outermost first, up to the repository that holds it.

    Without a repository above nothing is inherited. A folder that the rules above would leave out was named by the
    user on purpose: then they do not apply.
    """
    chain: list[str] = []
    top = directory
    while not os.path.lexists(f"{top}/.git"):
        parent = os.path.dirname(top)
        if parent == top:
            return ()
        chain.append(parent)
        top = parent
    rules: list[IgnoreRules] = []
    inner = [*reversed(chain), directory]
    for above, below in pairwise(inner):
        found = directory_rules(
            above, is_following_gitignore=is_following_gitignore, names=(".git", ".gitignore", ".cairnignore")
        )
        if found is not None:
            rules.append(found)
        if is_matched(rules, f"{below}/", f"{os.path.basename(below)}/"):
            return ()
    return tuple(rules)


def is_matched(rules: Sequence[IgnoreRules], path: str, name: str) -> bool:
    """Return whether the innermost folder that speaks of the entry leaves it out.

    Args:
        rules: Outermost first.
        path: Absolute path; a folder's ends with a slash.
        name: Its last part; a folder's ends with a slash.
    """
    for rule in reversed(rules):
        decided = rule.decide(path, name)
        if decided is not None:
            return decided
    return False


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=512)
def _load(directory: str, stamps: tuple[tuple[str, tuple[int, int]], ...]) -> IgnoreRules:
    """Compile the files named in `stamps`; their times and sizes are part of the cache key."""
    return rules_of(directory, (_read(path) for path, _ in stamps))


def rules_of(directory: str, contents: Iterable[bytes]) -> IgnoreRules:
    """Return the patterns of a folder's ignore files, given what these hold.

    Args:
        directory: Absolute path.
        contents: The files' bytes; what comes later wins.
    """
    lines: list[str] = []
    for content in contents:
        lines.extend(content[:MAX_RULES_BYTES].decode("utf-8", "replace").removeprefix("\ufeff").split("\n"))
    return IgnoreRules(directory, lines)


def _read(path: str) -> bytes:
    """Return the first part of a small file; nothing when it cannot be read or is not a plain file."""
    if not os.path.isfile(path):
        return b""
    try:
        with open(path, "rb") as file:
            return file.read(MAX_RULES_BYTES)
    except OSError:
        return b""
