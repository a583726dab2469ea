"""Which members of an archive its own ignore files leave out, as they would in the folder that was packed."""

from __future__ import annotations

from typing import NamedTuple

from memory_fabric.ingest.ignore import CACHE_TAG, MAX_RULES_BYTES, IgnoreRules, is_matched, rules_of
from memory_fabric.ingest.readers.base import Budget

__all__ = ["MemberRules"]

_GIT_FILES = (".git/info/exclude", ".gitignore")
_OWN_FILES = (".cairnignore",)
_MARKS = ("CACHEDIR.TAG", "pyvenv.cfg")
_MAX_DEPTH = 100
"""Folders of a path that are looked at one by one."""

_FILE_COST, _COMPILED_LINE_COST = 1_000, 100
"""What reading a file and compiling a line take beside trying one pattern on one short path."""

_SHORT_CHARS = 100


class _Chain(NamedTuple):
    """The rules that hold in a folder, outermost first, and how many patterns they have."""

    rules: tuple[IgnoreRules, ...] = ()
    patterns: int = 0


class MemberRules:
    """Decides member by member; what it has not been given does not count, and nothing is read from the disk.

    Args:
        budget: Pays for the work, which nested archives share.
        is_following_gitignore: Whether git's files count; `.cairnignore` always does.
    """

    def __init__(self, budget: Budget, *, is_following_gitignore: bool) -> None:
        self._budget = budget
        self._names = (*(_GIT_FILES if is_following_gitignore else ()), *_OWN_FILES)
        self._contents: dict[str, dict[str, bytes]] = {}
        self._caches: set[str] = set()
        # the folders of the member before, each with its rules or None when it is left out: members come by folder
        self._places: list[tuple[str, _Chain | None]] = []

    def is_wanted(self, name: str) -> bool:
        """Return whether the content of a member of this name is to be given to `add`."""
        return _split(name, (*self._names, *_MARKS)) is not None

    def add(self, name: str, data: bytes) -> None:
        """Learn from a member; of two with one name the first counts.

        Args:
            name: For which `is_wanted` holds.
            data: Its beginning, `MAX_RULES_BYTES` at most.

        Raises:
            UnreadableError: The archive has too many ignore files.
        """
        found = _split(name, (*self._names, *_MARKS))
        if found is None:
            return
        folder, file = found
        self._budget.take_rules(_FILE_COST + len(data))
        if file in self._names:
            self._contents.setdefault(folder, {}).setdefault(file, data[:MAX_RULES_BYTES])
        elif folder != "/" and (file == "pyvenv.cfg" or data.startswith(CACHE_TAG)):
            self._caches.add(folder)

    def leaves_out(self, name: str) -> bool:
        """Return whether a walk of the unpacked folder would pass over this file.

        Args:
            name: Of the member, relative and with `/` between folders.

        Raises:
            UnreadableError: The archive has too many patterns for its members.
        """
        if not self._contents and not self._caches:
            return False
        *folders, last = name.split("/", _MAX_DEPTH)
        place, chain = self._enter(folders)
        return chain is None or self._is_matched(chain, f"{place}{last}", last)

    def _enter(self, folders: list[str]) -> tuple[str, _Chain | None]:
        """Return the innermost folder with the rules that hold in it, or None for the rules when it is left out."""
        if not self._places:
            self._places.append(("/", self._inside(_Chain(), "/")))
        place, chain = self._places[0]
        for depth, folder in enumerate(folders, 1):
            place = f"{place}{folder}/"
            if depth >= len(self._places) or self._places[depth][0] != place:
                del self._places[depth:]
                is_out = chain is None or place in self._caches or self._is_matched(chain, place, f"{folder}/")
                self._places.append((place, None if chain is None or is_out else self._inside(chain, place)))
            chain = self._places[depth][1]
            if chain is None:
                break
        return place, chain

    def _inside(self, chain: _Chain, place: str) -> _Chain:
        """Return the rules of a folder with those above it."""
        files = self._contents.get(place)
        if files is None:
            return chain
        contents = [files[name] for name in self._names if name in files]
        patterns = sum(1 for content in contents for line in content.split(b"\n") if line and line[:1] != b"#")
        self._budget.take_rules(patterns * _COMPILED_LINE_COST)
        return _Chain((*chain.rules, rules_of(place, contents)), chain.patterns + patterns)

    def _is_matched(self, chain: _Chain, path: str, name: str) -> bool:
        self._budget.take_rules(chain.patterns * (1 + len(path) // _SHORT_CHARS))
        return is_matched(chain.rules, path, name)


def _split(name: str, files: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the folder, as `/` or `/a/b/`, and which of the files a member is; None when it is none of them."""
    path = f"/{name}"
    for file in files:
        if path.endswith(f"/{file}"):
            return path.removesuffix(file), file
    return None
