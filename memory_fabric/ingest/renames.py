"""Recognising files that went to another name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from memory_fabric.ingest.walk import FoundFile
from memory_fabric.store.store import FileState

__all__ = ["GoneFiles", "edited_rename", "is_alike"]


class GoneFiles:
    """Files that are not where they were, to be found again under another name.

    Args:
        states: What is remembered of them.
        digests_of: Yields the content hashes that a file may be known by, the cheaper one first; none when it
            cannot be read.
    """

    def __init__(self, states: Iterable[FileState], digests_of: Callable[[FoundFile], Iterable[bytes]]) -> None:
        self._digests_of = digests_of
        self._left = {state.path: state for state in states}
        self._by_inode = {(s.device, s.inode, s.size): s for s in self._left.values()}
        self._by_size: dict[tuple[int, str], list[FileState]] = {}
        for state in self._left.values():
            self._by_size.setdefault((state.size, Path(state.path).suffix), []).append(state)

    def take(self, file: FoundFile) -> FileState | None:
        """Return what `file` was, at most once: same suffix (another may mean another reader) and same content.

        Known by inode, size and time without reading it; a checkout or a copy writes a new file, known by its words.
        """
        suffix = Path(file.path).suffix
        old = self._by_inode.get((file.device, file.inode, file.size))
        # a time of 0 stood for a stamp that was too fresh to be trusted
        is_same = old is not None and old.path in self._left and old.mtime_ns == file.mtime_ns
        if old is None or not is_same or Path(old.path).suffix != suffix:
            old = self._by_content(file, suffix)
        return self._left.pop(old.path) if old else None

    def _by_content(self, file: FoundFile, suffix: str) -> FileState | None:
        alike = [state for state in self._by_size.get((file.size, suffix), ()) if state.path in self._left]
        if not alike or not file.size:
            return None
        for digest in self._digests_of(file):
            if same := [state for state in alike if state.content_hash == digest]:
                # of several copies the one of the same name
                name = Path(file.path).name
                return min(same, key=lambda state: (Path(state.path).name != name, state.path))
        return None


def edited_rename(gone: Sequence[FileState], new: Sequence[FoundFile]) -> tuple[FileState, FoundFile] | None:
    """Return what looks by its names like one file that was renamed and edited at once; its words decide.

    One file went and one came, with the same suffix, and in the same folder or with the same name. Of several nobody
    could say which became which without reading them all.
    """
    if len(gone) != 1 or len(new) != 1:
        return None
    before, after = Path(gone[0].path), Path(new[0].path)
    is_near = before.parent == after.parent or before.name == after.name
    return (gone[0], new[0]) if is_near and before.suffix == after.suffix else None


def is_alike(before: str, after: str) -> bool:
    """Return whether the lines of both texts are at least half of the longer one, as git judges a renamed file."""
    old, new = (Counter(filter(None, map(str.strip, text.splitlines()))) for text in (before, after))
    both = old & new
    return bool(both) and 2 * _chars(both) >= max(_chars(old), _chars(new))


def _chars(lines: Counter[str]) -> int:
    return sum(len(line) * count for line, count in lines.items())
