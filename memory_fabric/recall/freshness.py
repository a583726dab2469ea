"""Whether what an answer quotes still stands in its source: a look at the disk, under a deadline.

A file whose size, inode and modification time are those of the walk is fresh, and is not opened. Of any other the
content is compared, then the cited lines. Whatever may hang is asked on a thread of its own, one a device: a network
file system that does not answer holds up that thread and nobody's question.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import msgspec

from foundation.ids import JournalSeq
from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.opening import read_regular
from memory_fabric.ingest.states import digest_of
from memory_fabric.recall.devices import Device
from memory_fabric.records import ChunkRow, Freshness, Hit, RecallResult
from memory_fabric.scan.redact import is_rest_of
from memory_fabric.store.store import FileState, Store

__all__ = ["FreshnessJudge", "file_of"]

_PATIENCE_S = 0.05
"""How long an answer waits for the disk; local ones take microseconds."""

_COMPARED_BYTES = 4 * 1024 * 1024
"""A changed file larger than this is called stale unread: an answer must not read hundreds of megabytes."""

_AT_WORK_NS = 2 * 10**9
"""A file that was written this recently is perhaps being written."""

_NO_DEVICE = -1


class FreshnessJudge:
    """Marks every hit of an answer. Thread-safe.

    Args:
        store: Knows what the walk saw of each file.
        on_change: Told the files that are not as they were, and those that are gone; must return at once.
        patience_s: How long an answer waits for the disk.
        look: Asks the disk; another one in tests of a disk that hangs.
    """

    def __init__(
        self,
        store: Store,
        on_change: Callable[[Sequence[str], Sequence[str]], None] = lambda *_: None,
        *,
        patience_s: float = _PATIENCE_S,
        look: Callable[[str], os.stat_result] = os.lstat,
    ) -> None:
        self._store = store
        self._on_change = on_change
        self._patience_s = patience_s
        self._look = look
        self._lock = threading.Lock()
        self._devices: dict[int, Device] = {}

    def close(self) -> None:
        """End the threads; one that hangs in its disk is left behind and holds nothing."""
        with self._lock:
            devices, self._devices = list(self._devices.values()), {}
        for device in devices:
            device.close()

    def judged(self, result: RecallResult, asked_at: JournalSeq | None = None) -> RecallResult:
        """Return the answer with the freshness of each hit, and what that took as the stage `fresh`.

        Args:
            result: The answer.
            asked_at: Position of the journal when the question came. What is written after it may replace a fragment
                that is quoted, and then the marks of its file are those of the new words.
        """
        started = time.perf_counter()
        files = {hit.chunk_id: path for hit in result.items if (path := file_of(hit))}
        if not files:
            return result
        seen = self._seen(files.values(), time.monotonic() + self._patience_s)
        verdicts: list[Freshness] = [
            self._verdict(hit, seen[files[hit.chunk_id]]) if hit.chunk_id in files else "fresh" for hit in result.items
        ]
        if asked_at is not None and self._store.journal_head() != asked_at:
            live = self._store.chunks([hit.chunk_id for hit in result.items])
            for place, hit in enumerate(result.items):
                if hit.chunk_id not in live and verdicts[place] == "fresh":
                    verdicts[place] = "stale"
        self._tell(seen)
        took_ms = (time.perf_counter() - started) * 1e3
        return msgspec.structs.replace(
            result,
            items=tuple(
                hit if verdict == "fresh" else msgspec.structs.replace(hit, freshness=verdict)
                for hit, verdict in zip(result.items, verdicts, strict=True)
            ),
            took_ms=result.took_ms + took_ms,
            stages=result.stages | {"fresh": took_ms},
            degraded=(*result.degraded, *self._unknown(seen)),
        )

    def _seen(self, paths: Iterable[str], deadline: float) -> dict[str, _Sight]:
        """Look at each file once, all devices at the same time."""
        states = self._store.file_states(list(dict.fromkeys(paths)))
        by_device: dict[int, list[_Sight]] = {}
        seen: dict[str, _Sight] = {}
        for path in dict.fromkeys(paths):
            state = states.get(path)
            seen[path] = sight = _Sight(path, state)
            by_device.setdefault(state.device if state else _NO_DEVICE, []).append(sight)
        self._ask(by_device, lambda sight: sight.look(self._look), deadline, is_quick=True)
        changed = {
            device: [sight for sight in sights if sight.what == "changed"] for device, sights in by_device.items()
        }
        if any(changed.values()):
            self._ask(changed, _Sight.read, deadline, is_quick=False)
        return seen

    def _ask(
        self, sights: Mapping[int, Sequence[_Sight]], act: Callable[[_Sight], None], deadline: float, *, is_quick: bool
    ) -> None:
        waits = []
        for device, group in sights.items():
            job = partial(_each, group, act)
            if group and (done := self._device(device).begin(job, is_quick=is_quick)) is not None:
                waits.append(done)
        for done in waits:
            done.wait(max(deadline - time.monotonic(), 0.0))

    def _device(self, number: int) -> Device:
        with self._lock:
            if number not in self._devices:
                self._devices[number] = Device(number, self._patience_s)
            return self._devices[number]

    def _verdict(self, hit: Hit, sight: _Sight) -> Freshness:
        match sight.what:
            case "same":
                return "fresh"
            case "gone":
                return "gone"
            case "changed":
                if sight.is_same_content:
                    return "fresh"
                row = self._store.chunks([hit.chunk_id]).get(hit.chunk_id) if sight.lines else None
                return "fresh" if row is not None and _stands(row, sight.lines) else "stale"
            case _:
                return "unknown"

    def _tell(self, seen: Mapping[str, _Sight]) -> None:
        # the same content under another stamp is to be known by it, once nobody is at work on the file any more
        now_ns = time.time_ns()
        changed = [
            path
            for path, sight in seen.items()
            if sight.what == "changed" and not (sight.is_same_content and now_ns - sight.mtime_ns < _AT_WORK_NS)
        ]
        gone = [path for path, sight in seen.items() if sight.what == "gone"]
        if changed or gone:
            self._on_change(changed, gone)

    def _unknown(self, seen: Mapping[str, _Sight]) -> list[str]:
        count = sum(sight.what == "" for sight in seen.values())
        if not count:
            return []
        files = "1 source" if count == 1 else f"{count} sources"
        return [f"not known whether {files} changed: the disk did not answer within {self._patience_s * 1e3:.0f} ms"]


def file_of(hit: Hit) -> str:
    """Return the file on disk that a hit comes from, an archive for its members; empty for records and notes."""
    # an item that is not addressed by its place (a commit that names a file) says nothing of the file's content; the
    # conversations of one file stand at `path#session`
    path, uri = hit.cite.path, hit.cite.uri
    return path.partition("!/")[0] if path and (uri == path or uri.startswith(f"{path}#")) else ""


class _Sight:
    """What a look at one file found; written by a device's thread, read by the one that asked."""

    def __init__(self, path: str, state: FileState | None) -> None:
        self._path = path
        self._state = state
        self.what = ""
        """`same`, `changed` or `gone`; empty while, or because, the disk did not answer."""
        self.mtime_ns = 0
        self.is_same_content = False
        self.lines: list[str] = []

    def look(self, look: Callable[[str], os.stat_result]) -> None:
        """Compare the marks of the file with those of the walk."""
        try:
            found = look(self._path)
        except (FileNotFoundError, NotADirectoryError):
            self.what = "gone"
            return
        except OSError:
            # neither there nor away: closed, broken, or disconnected
            return
        state, self.mtime_ns = self._state, found.st_mtime_ns
        if not stat.S_ISREG(found.st_mode):
            self.what = "gone"
        elif state is not None and (found.st_mtime_ns, found.st_size, found.st_ino) == (
            state.mtime_ns,
            state.size,
            state.inode,
        ):
            self.what = "same"
        else:
            self.what = "changed"

    def read(self) -> None:
        """Compare the content with what was indexed; what cannot be read stays changed."""
        try:
            data = read_regular(self._path, _COMPARED_BYTES)
        except UnreadableError:
            return
        self.is_same_content = self._state is not None and digest_of(data) == self._state.content_hash
        if not self.is_same_content and b"\x00" not in data:
            self.lines = data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")


def _each(sights: Sequence[_Sight], act: Callable[[_Sight], None]) -> None:
    for sight in sights:
        act(sight)


def _stands(row: ChunkRow, lines: Sequence[str]) -> bool:
    """Whether the words of a fragment still stand at the lines that it cites."""
    words = row.text.strip()
    return bool(words) and is_rest_of(words, "\n".join(lines[max(row.line_start - 1, 0) : row.line_end]))
