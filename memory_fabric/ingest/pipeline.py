"""One `index` run: find what changed on disk, read it, cut it, and write it to the truth in batches."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import msgspec

from memory_fabric.config import IngestConfig
from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.drafts import draft_document
from memory_fabric.ingest.git import find_repository, read_head
from memory_fabric.ingest.opening import read_regular
from memory_fabric.ingest.pacing import Pace
from memory_fabric.ingest.readers.factory import read_bytes_with_skips
from memory_fabric.ingest.renames import GoneFiles, edited_rename, is_alike
from memory_fabric.ingest.roots import resolved
from memory_fabric.ingest.screening import digests_of, marked, named, screen_file
from memory_fabric.ingest.states import Narrow, digest_of, state_of
from memory_fabric.ingest.walk import FoundFile, walk_tree
from memory_fabric.operations import Check, IndexSummary, Report
from memory_fabric.records import Filters, SkippedFile
from memory_fabric.scan.scanner import Scanner
from memory_fabric.store.store import FileState, ItemDraft, Store

__all__ = ["index_paths"]

_RACY_S = 0.05
"""A file changed this recently may change again within the same clock tick: its stamp is not trusted next time."""


class _ReadFile(msgspec.Struct, frozen=True):
    """A file after reading: what to write, or why not."""

    found: FoundFile
    content_hash: bytes
    items: tuple[ItemDraft, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    reason: str = ""
    is_same: bool = False
    is_failed: bool = False
    """It could not be opened or read just now: it is tried again next time, and what it gave before stays."""


class _Tally(msgspec.Struct):
    files: int = 0
    unchanged: int = 0
    items: int = 0
    chunks: int = 0
    removed: int = 0
    renamed: int = 0
    redacted: int = 0
    skipped: dict[str, str] = {}


def index_paths(
    store: Store,
    roots: Sequence[Path],
    *,
    project: str,
    limits: IngestConfig,
    scanner: Scanner,
    is_forced: bool,
    report: Report,
    check: Check,
    homes: Sequence[Path] = (),
    narrow: Narrow | None = None,
) -> IndexSummary:
    """Bring the truth level with the files below `roots`; a root that is gone takes what it held with it.

    Unchanged files are skipped by size, inode and modification time; renamed ones keep their ids; removed ones are
    forgotten. Each batch is durable when written, so a run that is stopped goes on where it was.

    Args:
        store: The truth.
        roots: Resolved files and folders.
        project: Name to file under; empty takes the repository's or the root folder's name.
        limits: Sizes and switches.
        scanner: Cuts out what must not be stored.
        is_forced: Whether unchanged files are read again.
        report: Receives progress.
        check: Called between files; raises to stop.
        homes: Folders that name the project where `roots` are single changes below them.
        narrow: What may be read and forgotten; None is all of it.
    """
    run = _IndexRun(store, roots, project, limits, scanner, report, check, is_forced=is_forced, homes=homes or roots)
    return run.run(narrow)


class _IndexRun:
    """State of one run."""

    def __init__(
        self,
        store: Store,
        roots: Sequence[Path],
        project: str,
        limits: IngestConfig,
        scanner: Scanner,
        report: Report,
        check: Check,
        *,
        is_forced: bool,
        homes: Sequence[Path],
    ) -> None:
        self._homes = homes
        self._is_forced = is_forced
        self._commits: dict[str, str] = {}
        self._store = store
        self._roots = roots
        self._project = project
        self._limits = limits
        self._scanner = scanner
        self._report = report
        self._check = check
        self._tally = _Tally()
        self._unnamed: set[str] = set()
        self._members: dict[str, dict[str, str]] = {}
        self._started = time.monotonic()
        self._started_ns = time.time_ns()

    def run(self, narrow: Narrow | None) -> IndexSummary:
        known = self._store.files([str(root) for root in self._roots])
        for path, state in known.items():
            if "!/" in path:
                self._members.setdefault(_file_of(path), {})[path] = state.reason
        found = self._walk(known)
        changed = [f for f in found.values() if self._is_forced or not self._is_unchanged(f, known.get(f.path))]
        self._tally.files = len(found) + len(self._tally.skipped)
        self._tally.unchanged = len(found) - len(changed)
        refused = dict(self._tally.skipped)
        unread = set(found).difference(file.path for file in changed)
        for path, state in known.items():
            if state.state != "indexed" and _file_of(path) in unread and state.reason:
                self._tally.skipped.setdefault(path, state.reason)
                # INVARIANT: a file is read, unchanged or skipped, never two of them; a member of an archive is no file
                self._tally.unchanged -= path in unread
        missing = {path: state for path, state in known.items() if _file_of(path) not in found}
        if narrow is not None:
            missing = {path: state for path, state in missing.items() if narrow.may_drop(_file_of(path))}
        changed = self._follow_renames(changed, missing, known)
        edited = self._follow_edit([file for file in changed if file.path not in known], missing)
        if narrow is not None:
            changed = [file for file in changed if file.path in narrow.read or file is edited]
        self._read_and_write(changed, known)
        self._drop({path: state for path, state in missing.items() if not _is_as_before(state, refused)})
        if narrow is None:
            self._remember_refused(refused, known)
        return self._summary()

    def _walk(self, known: Mapping[str, FileState]) -> dict[str, FoundFile]:
        pace = Pace(self._report, "files", "scan")
        found: dict[str, FoundFile] = {}
        walker = walk_tree(
            [root for root in self._roots if root.exists()],
            max_file_bytes=self._limits.max_file_bytes,
            is_following_gitignore=self._limits.is_following_gitignore,
            on_skip=lambda skip: self._skip(skip, known),
            check=self._check,
            homes=self._homes,
            denied=[str(folder) for folder in resolved(self._limits.denied)],
        )
        for file in walker:
            why = "" if file.path in known else named(file.path, self._scanner)[1]
            if why:
                self._skip(SkippedFile(file.path, why), known)
            else:
                found[file.path] = file
            pace.advance()
        return found

    def _skip(self, skip: SkippedFile, known: Mapping[str, FileState]) -> None:
        """Note what is not taken; a name that holds a secret is shown with a mark, and not remembered."""
        shown, why = (skip.path, "") if skip.path in known else named(skip.path, self._scanner)
        self._tally.skipped[shown] = skip.reason
        if why:
            self._unnamed.add(shown)

    @staticmethod
    def _is_unchanged(file: FoundFile, state: FileState | None) -> bool:
        return (
            state is not None
            and state.state != "failed"
            and state.mtime_ns == file.mtime_ns
            and state.size == file.size
            and state.inode == file.inode
        )

    # ---- renames ----------------------------------------------------------------------------------------------

    def _follow_renames(
        self, changed: list[FoundFile], missing: dict[str, FileState], known: dict[str, FileState]
    ) -> list[FoundFile]:
        """Recognise files that moved; their items keep their ids and nothing is cut or embedded again.

        A file that stood at the new place keeps its own id: an editor that saves by renaming changes it, no more.
        """
        gone = GoneFiles((state for state in missing.values() if state.state == "indexed"), self._digests_of)
        moves: list[tuple[str, str]] = []
        rest: list[FoundFile] = []
        states: list[FileState] = []
        for file in changed:
            there = known.get(file.path)
            old = None if there is not None and there.state == "indexed" else gone.take(file)
            if old is None or self._place_of(old.path) != self._place_of(file.path):
                rest.append(file)
                continue
            moves.append((old.path, file.path))
            states.append(state_of(file, old.content_hash, "indexed"))
            del missing[old.path]
        if moves:
            self._store.rename_paths(moves)
            self._store.write(files=states, drop_files=[old for old, _ in moves])
            self._tally.renamed = len(moves)
            self._tally.unchanged += len(moves)
        return rest

    def _follow_edit(self, new: list[FoundFile], missing: dict[str, FileState]) -> FoundFile | None:
        """Let a file that was renamed and edited between two looks keep its id; it is read as any changed one.

        Returns:
            The file under its new name, if there is one.
        """
        found = edited_rename([state for state in missing.values() if state.state == "indexed"], new)
        if found is None or self._place_of(found[0].path) != self._place_of(found[1].path):
            return None
        old, file = found
        held = self._store.list_items(Filters(path_prefix=old.path), limit=2).items
        # an archive or a book of many parts gives several
        given = self._read(file, None).items if len(held) == 1 else ()
        if len(given) != 1 or given[0].project != held[0].meta.project:
            return None
        before = self._store.item(held[0].id)
        if before is not None and is_alike(before.text, "".join(part.text for part in given[0].chunks)):
            self._store.rename_paths([(old.path, file.path)])
            del missing[old.path]
            self._tally.renamed += 1
            return file
        return None

    def _digests_of(self, file: FoundFile) -> Iterator[bytes]:
        return digests_of(file.path, self._limits, self._scanner)

    def _place_of(self, path: str) -> str:
        """Return the project that a file belongs to by its path: one that went to another is another item."""
        return self._project_of(path, find_repository(str(Path(path).parent)))

    # ---- reading ----------------------------------------------------------------------------------------------

    def _read_and_write(self, changed: list[FoundFile], known: dict[str, FileState]) -> None:
        pace = Pace(self._report, "files", "index", total=len(changed))
        batch: list[_ReadFile] = []
        size = 0
        for read in self._read_all(changed, known):
            self._check()
            if read.is_failed and not os.path.lexists(read.found.path):
                # it went meanwhile: as it was it can still be found under another name
                continue
            batch.append(read)
            size += sum(len(item.chunks) for item in read.items) + 1
            pace.advance(path=read.found.path)
            if len(batch) >= self._limits.batch_files or size >= _BATCH_CHUNKS:
                self._write(batch)
                batch, size = [], 0
        if batch:
            self._write(batch)
        if changed:
            pace.finish()

    def _read_all(self, changed: list[FoundFile], known: dict[str, FileState]) -> Iterator[_ReadFile]:
        """Read on a few threads, in order, with a bounded number of files in flight."""
        workers = max(self._limits.readers, 1)
        waiting: deque[Future[_ReadFile]] = deque()
        with ThreadPoolExecutor(workers, thread_name_prefix="cairn-read") as pool:
            try:
                for file in changed:
                    waiting.append(pool.submit(self._read, file, known.get(file.path)))
                    if len(waiting) > workers * 4:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _read(self, file: FoundFile, state: FileState | None) -> _ReadFile:
        try:
            data = read_regular(file.path, self._limits.max_file_bytes)
        except UnreadableError as error:
            return _ReadFile(file, b"", reason=error.reason, is_failed=True)
        digest = digest_of(data)
        if self._is_same(state, digest):
            return _ReadFile(file, digest, is_same=True)
        try:
            documents, skipped = read_bytes_with_skips(file.path, data, self._limits)
        except UnreadableError as error:
            return _ReadFile(file, digest, reason=error.reason)
        screened = screen_file(file.path, documents, digest, self._scanner, skipped=skipped)
        if screened.reason:
            return _ReadFile(file, screened.digest, reason=screened.reason)
        if self._is_same(state, digest := screened.digest):
            return _ReadFile(file, digest, is_same=True)
        repo = find_repository(str(Path(file.path).parent))
        commit = self._commit(repo)
        items = tuple(
            marked(
                draft_document(
                    document,
                    file.path,
                    project=self._project_of(file.path, repo),
                    limits=self._limits,
                    fallback_time_s=file.mtime_ns / 1e9,
                    repo=repo,
                    commit=commit,
                    source_hash=digest,
                ),
                screen,
            )
            for document, screen in screened.documents
        )
        return _ReadFile(file, digest, items, screened.skipped)

    def _is_same(self, state: FileState | None, digest: bytes) -> bool:
        return state is not None and state.content_hash == digest and state.state == "indexed" and not self._is_forced

    def _commit(self, repo: str) -> str:
        if not repo:
            return ""
        if repo not in self._commits:
            self._commits[repo] = read_head(repo).commit
        return self._commits[repo]

    def _project_of(self, path: str, repo: str) -> str:
        if self._project:
            return self._project
        if repo:
            return Path(repo).name
        for root in self._homes:
            if root == Path(path):
                return root.parent.name
            if root in Path(path).parents:
                return root.name
        return ""

    # ---- writing ----------------------------------------------------------------------------------------------

    def _write(self, batch: list[_ReadFile]) -> None:
        put: list[ItemDraft] = []
        drops: list[tuple[str, str]] = []
        states: list[FileState] = []
        for read in batch:
            if read.is_same:
                states.append(self._state_of(read, "indexed"))
                self._tally.unchanged += 1
                self._tally.skipped.update(self._members.get(read.found.path, {}))
                continue
            put.extend(read.items)
            for skip in read.skipped:
                self._tally.skipped[skip.path] = skip.reason
                states.append(FileState(skip.path, 0, 0, 0, 0, b"", "skipped", skip.reason))
            if read.reason:
                self._tally.skipped[read.found.path] = read.reason
                states.append(self._state_of(read, "failed" if read.is_failed else "skipped"))
            else:
                states.append(self._state_of(read, "indexed"))
            drops.extend(() if read.is_failed else self._outdated(read))
        receipt = self._store.write(put=put, drop_uris=drops, files=states, drop_files=self._healed(batch))
        self._tally.items += len(put)
        self._tally.redacted += sum(item.redacted for item in put)
        self._tally.chunks += receipt.chunks

    def _healed(self, batch: list[_ReadFile]) -> list[str]:
        """Return members that were skipped when their archive was read before, and are not now."""
        changed = {read.found.path: {skip.path for skip in read.skipped} for read in batch if not read.is_same}
        return [path for archive, now in changed.items() for path in self._members.get(archive, {}) if path not in now]

    def _outdated(self, read: _ReadFile) -> Iterator[tuple[str, str]]:
        """Yield items that this file gave before and gives no more (a member left a zip, a file became binary)."""
        now = {(item.project, item.uri) for item in read.items}
        for project, uri in self._store.uris_of(read.found.path):
            if (project, uri) not in now:
                yield project, uri

    def _state_of(self, read: _ReadFile, state: Literal["indexed", "skipped", "failed"]) -> FileState:
        file = read.found
        is_racy = self._started_ns - file.mtime_ns < _RACY_S * 1e9
        stamp = msgspec.structs.replace(file, mtime_ns=0) if is_racy else file
        return state_of(stamp, read.content_hash, state, read.reason)

    def _drop(self, missing: dict[str, FileState]) -> None:
        """Forget what is deleted, ignored now, or grown too large; not what the walk could not look into."""
        closed = tuple(f"{path}/" for path in self._tally.skipped)
        gone = [path for path in missing if not path.startswith(closed)]
        for start in range(0, len(gone), 500):
            self._check()
            part = gone[start : start + 500]
            uris = [pair for path in part for pair in self._store.uris_of(path)]
            self._store.write(drop_uris=uris, drop_files=part)
            self._tally.removed += sum(missing[path].state != "skipped" for path in part)

    def _remember_refused(self, refused: dict[str, str], known: dict[str, FileState]) -> None:
        """Keep what the walk would not take, and why, for whoever asks later."""
        new = [
            FileState(path, 0, 0, 0, 0, b"", "skipped", reason)
            for path, reason in refused.items()
            if path not in self._unnamed and (path not in known or not _is_as_before(known[path], refused))
        ]
        for start in range(0, len(new), 500):
            self._store.write(files=new[start : start + 500])

    def _summary(self) -> IndexSummary:
        took_s = time.monotonic() - self._started
        tally = self._tally
        return IndexSummary(
            files=tally.files,
            unchanged=tally.unchanged,
            items=tally.items,
            chunks=tally.chunks,
            removed=tally.removed,
            renamed=tally.renamed,
            skipped=tuple(SkippedFile(path, reason) for path, reason in sorted(tally.skipped.items())),
            redacted=tally.redacted,
            took_s=took_s,
            chunks_per_s=tally.chunks / took_s if took_s else 0.0,
        )


def _file_of(path: str) -> str:
    """Return the file on disk that a path names: an archive for its members."""
    return path.partition("!/")[0]


def _is_as_before(state: FileState, refused: dict[str, str]) -> bool:
    """Whether the walk refuses again, for the same reason, what it refused before."""
    return state.state == "skipped" and bool(state.reason) and refused.get(state.path) == state.reason


_BATCH_CHUNKS = 2_000
"""Chunks after which a batch is written even when it has few files."""
