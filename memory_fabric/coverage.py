"""Every source and what became of it, held against the indexes and, for one place, against the disk."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from foundation.ids import ChunkId, JournalSeq
from memory_fabric.config import IngestConfig
from memory_fabric.ingest.roots import resolved
from memory_fabric.ingest.screening import digests_of, named
from memory_fabric.ingest.walk import FoundFile, walk_tree
from memory_fabric.operations import Check, CoverageRow
from memory_fabric.records import SkippedFile
from memory_fabric.scan.scanner import Scanner
from memory_fabric.store.known_roots import KnownRoot
from memory_fabric.store.store import FileState, Store

__all__ = ["cover"]

_JOURNAL_STEP = 500

_CHANGED, _NEW, _GONE = "changed since it was read", "not read yet", "gone from the disk, not forgotten yet"
_LEFT_OUT = "left out by an ignore rule now, not forgotten yet"


def cover(
    store: Store,
    settled: Mapping[str, JournalSeq],
    limits: IngestConfig,
    scanner: Scanner,
    under: str,
    check: Check,
) -> Iterator[CoverageRow]:
    """Yield every source below `under`, or all of them, with what became of it.

    A file is `pending` while a chunk of it is missing from an index; with `under` also when the disk holds something
    else, or a file of an indexed folder that was never read.

    Args:
        store: The truth.
        settled: Up to where each index in use holds everything, by its name.
        limits: What a walk may look at.
        scanner: Tells which names may not be shown.
        under: Resolved file or folder; empty looks at what is known, and not at the disk.
        check: Called again and again; raises to stop.
    """
    report = _Report(store, settled, under or "/", check)
    if not under:
        for state in report.known.values():
            check()
            yield report.row(state)
        return
    yield from _Look(report, limits, scanner, store.known_roots(), under).rows(check)


class _Report:
    """What the truth and the indexes know of the files below a folder."""

    def __init__(self, store: Store, settled: Mapping[str, JournalSeq], under: str, check: Check) -> None:
        self._store = store
        self.known = store.files([under])
        self._chunks = store.chunk_counts([under])
        self._waiting: dict[str, dict[str, int]] = {}
        for name, seq in settled.items():
            for path, count in self._missing(seq, check).items():
                self._waiting.setdefault(path, {})[name] = count

    def _missing(self, seq: JournalSeq, check: Check) -> dict[str, int]:
        """Return how many chunks of each file came after a position of the journal."""
        fresh: set[ChunkId] = set()
        while entries := self._store.journal(seq, _JOURNAL_STEP):
            check()
            for entry in entries:
                if entry.op == "put":
                    fresh.update(entry.chunk_ids)
                else:
                    fresh.difference_update(entry.chunk_ids)
            seq = entries[-1].seq
        return self._store.chunk_files(sorted(fresh))

    def row(self, state: FileState, reason: str = "") -> CoverageRow:
        """Return what became of a file.

        Args:
            state: What is remembered of it.
            reason: Why it is to be looked at again; empty when it is not.
        """
        chunks = self._chunks.get(state.path, 0)
        if reason:
            return CoverageRow(state.path, "pending", reason, chunks)
        waiting = self._waiting.get(state.path) if state.state == "indexed" else None
        if waiting:
            parts = [f"{count} of {chunks} chunks wait for the {name} index" for name, count in waiting.items()]
            return CoverageRow(state.path, "pending", "; ".join(parts), chunks)
        return CoverageRow(state.path, state.state, state.reason, chunks)


class _Look:
    """Compares what is known with the disk, a file at a time."""

    def __init__(
        self, report: _Report, limits: IngestConfig, scanner: Scanner, roots: Sequence[KnownRoot], under: str
    ) -> None:
        self._report = report
        self._limits = limits
        self._scanner = scanner
        self._under = under
        self._skipped: dict[str, str] = {}
        inner = [Path(root.path) for root in roots if _is_in(root.path, under) and os.path.lexists(root.path)]
        self._homes = [Path(root.path) for root in roots if _is_in(under, root.path) and root.path != under]
        outer = [Path(under)] if self._homes and os.path.lexists(under) else []
        self._walked = [*outer, *inner]

    def rows(self, check: Check) -> Iterator[CoverageRow]:
        """Yield the files in the order of the walk, then those that it did not meet."""
        seen: set[str] = set()
        known = self._report.known
        for file in self._walk(check):
            seen.add(file.path)
            state = known.get(file.path)
            if state is None:
                shown, why = named(file.path, self._scanner)
                yield CoverageRow(shown, "skipped" if why else "pending", why or _NEW)
            else:
                yield self._report.row(state, self._why_again(state, file))
        for path, reason in self._skipped.items():
            seen.add(path)
            yield CoverageRow(path, "skipped", reason)
        for path, state in known.items():
            if path not in seen:
                check()
                yield self._report.row(state, self._why_unmet(state, seen))

    def _walk(self, check: Check) -> Iterator[FoundFile]:
        def skip(skipped: SkippedFile) -> None:
            path = skipped.path if skipped.path in self._report.known else named(skipped.path, self._scanner)[0]
            self._skipped[path] = skipped.reason

        return walk_tree(
            self._walked,
            max_file_bytes=self._limits.max_file_bytes,
            is_following_gitignore=self._limits.is_following_gitignore,
            on_skip=skip,
            check=check,
            homes=[*self._homes, *(root for root in self._walked if str(root) != self._under)],
            denied=[str(folder) for folder in resolved(self._limits.denied)],
        )

    def _why_again(self, state: FileState, file: FoundFile) -> str:
        marks = (file.mtime_ns, file.size, file.inode)
        if state.state == "failed" or marks == (state.mtime_ns, state.size, state.inode):
            return ""
        # a time of 0 stood for a stamp that was too fresh to be trusted: then the content tells
        return _CHANGED if state.mtime_ns or self._has_changed(state) else ""

    def _has_changed(self, state: FileState) -> bool:
        return state.content_hash not in digests_of(state.path, self._limits, self._scanner)

    def _why_unmet(self, state: FileState, seen: Collection[str]) -> str:
        file, mark, _ = state.path.partition("!/")
        if mark and file in seen:
            return ""
        if any(_is_in(file, str(root)) for root in self._walked):
            return _LEFT_OUT if os.path.lexists(file) else _GONE
        try:
            found = os.lstat(file)
        except (FileNotFoundError, NotADirectoryError):
            return _GONE
        except OSError:
            return ""
        if mark or (not state.size and not state.mtime_ns):
            return ""
        marks = FoundFile(file, found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev)
        return self._why_again(state, marks)


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
