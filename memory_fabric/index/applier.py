"""Keeps one derived index level with the journal, on a thread of its own.

The index is opened, checked, caught up, and rebuilt from the truth when it cannot be trusted. Nothing here can lose
data: the worst outcome is time.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

import structlog

from foundation.errors import CairnError, ConflictError
from foundation.ids import ChunkId, JournalSeq
from memory_fabric.errors import IndexCorruptError
from memory_fabric.index.comparison import find_differences
from memory_fabric.index.pause import Pause
from memory_fabric.index.place import IndexPlace
from memory_fabric.index.targets import Target
from memory_fabric.index.watermark import Watermark
from memory_fabric.ingest.pacing import Pace
from memory_fabric.operations import Check, Evidence, IndexState, Report
from memory_fabric.records import ChunkRow
from memory_fabric.store.store import Store

__all__ = ["IndexApplier"]

log = structlog.get_logger(__name__)

Status = Literal["ready", "catching_up", "rebuilding", "absent", "failed"]

_JOURNAL_STEP = 128
"""Journal entries read at a time; one is a whole write batch, so this bounds memory to some ten thousand ids."""

_SAVE_EVERY_S = 2.0
"""While catching up, the index is flushed and the watermark moved this often: a crash repeats at most this much."""

_RETRY_S, _LONGEST_RETRY_S = 30.0, 600.0
"""How long a failed index rests before it is opened again; doubled after every failure that comes soon."""

_PATIENCE_S = 0.1
"""How long a flush waits for more when the last one was a moment ago: each costs a segment of its own."""


class IndexApplier:
    """Follows the journal for one index.

    Args:
        name: `dense` or `sparse`.
        backend: Shown in states.
        store: The truth.
        folder: Where the index lives; `<folder>.json` beside it holds the watermark.
        fingerprint: Backend, layout and model; a change means a rebuild.
        open_target: Opens the index in `folder`; raises IndexCorruptError when it cannot be opened.
        verify_files: Checks the files of an index that was not closed cleanly; returns problems.
        discard_remote: Throws away what the index keeps outside `folder`, for one that lives on a server.
    """

    def __init__(
        self,
        name: str,
        backend: str,
        store: Store,
        folder: Path,
        fingerprint: str,
        open_target: Callable[[], Target],
        verify_files: Callable[[Path], list[str]] = lambda _: [],
        discard_remote: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self._backend = backend
        self._store = store
        self._place = IndexPlace(store, folder, fingerprint, verify_files, discard_remote)
        self._open_target = open_target
        self._target: Target | None = None
        self._applied = JournalSeq(0)
        self._settled = JournalSeq(0)
        self._status: Status = "catching_up"
        self._detail = ""
        self._wake = threading.Condition()
        self._has_work = True
        self._is_stopping = False
        self._is_rebuild_wanted = False
        self._rebuild_reason = ""
        self._pause = Pause()
        self._is_checked = True
        self._saved_at = -math.inf
        self._ready_since: float | None = None
        self._suspicion = ""
        self._has_opened = threading.Event()
        self.changes = 0
        """Chunks that came or went since the start."""
        self.on_damage: Callable[[], None] = lambda: None
        """Called when the index is seen to be damaged, on the thread that saw it; upkeep looks then."""
        self._thread = threading.Thread(target=self._run, name=f"cairn-{name}", daemon=True)

    # ---- for the fabric ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the index and begin to follow; returns at once."""
        self._thread.start()

    def notify(self) -> None:
        """Tell that the journal has grown."""
        with self._wake:
            self._has_work = True
            self._wake.notify_all()

    def target(self, *, timeout_s: float = 2.0) -> Target | None:
        """Return the open index, waiting for it right after start; None while it is absent or being rebuilt."""
        self._has_opened.wait(timeout_s)
        return self._target if self._status in {"ready", "catching_up"} else None

    @property
    def detail(self) -> str:
        """Why the index does not answer, for `degraded`."""
        return self._detail or self._status

    @property
    def lag(self) -> str:
        """How far the index is behind the truth, for `degraded`; empty when it is level. Costs no look at the disk."""
        applied, head = self._applied, self._store.journal_head()
        return "" if applied >= head else f"{self.name}: catching up, {applied} of {head} journal entries"

    @property
    def suspicion(self) -> str:
        """What a question met that only a damaged index does; empty when nothing is suspected."""
        return self._suspicion

    def suspect(self, reason: str) -> None:
        """Have upkeep look whether the index is damaged, and rebuild it.

        Args:
            reason: What a question met; shown in states. Empty: upkeep has looked.
        """
        self._suspicion = reason
        if reason:
            self.on_damage()

    def lost_files(self) -> str:
        """Return what became of the folder of an index in use; empty when it is where it was. Costs microseconds."""
        is_used = self._target is not None and self._status in {"ready", "catching_up"}
        return self._place.lost(is_written=self._settled > 0) if is_used else ""

    def state(self) -> IndexState:
        """Return where the index stands."""
        points, disk_bytes, status, detail = 0, 0, self._status, self._detail or self._suspicion
        if lost := self.lost_files():
            status, detail = "failed", f"{self.name} index: {lost}; it will be rebuilt"
            self.on_damage()
        if target := self._target:
            try:
                points, disk_bytes = target.points(), target.disk_bytes()
            except CairnError as error:
                # a server that does not answer, or an index closed meanwhile: that is part of the state
                detail = detail or error.message
        return IndexState(
            name=self.name,
            backend=self._backend,
            applied_seq=self._applied,
            journal_seq=self._store.journal_head(),
            points=points,
            disk_bytes=disk_bytes,
            status=status,
            detail=detail,
        )

    @property
    def is_ready(self) -> bool:
        """Whether everything the journal held a moment ago is applied."""
        return self._status == "ready"

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is being applied: the index is level, or cannot be."""
        return self._status in {"ready", "absent", "failed"}

    def points(self) -> int:
        """Return how many chunks the index holds now; 0 when it does not answer."""
        target = self._target
        with suppress(CairnError):
            return target.points() if target else 0
        return 0

    def wait_for(self, seq: JournalSeq, *, check: Check, on_tick: Callable[[], None] = lambda: None) -> bool:
        """Wait until the journal up to `seq` is applied.

        Returns:
            False when the index cannot get there (absent or failed).
        """
        while True:
            with self._wake:
                if self._applied >= seq and self._status == "ready":
                    return True
                if self._status in {"absent", "failed"} or not self._thread.is_alive():
                    return False
                self._wake.wait(0.1)
            check()
            on_tick()

    def wait_with_progress(self, seq: JournalSeq, phase: str, total: int, *, report: Report, check: Check) -> bool:
        """Wait like `wait_for`, reporting how many of `total` chunks the index holds."""
        pace = Pace(report, "chunks", phase, total=total, done=self.points())
        is_there = self.wait_for(seq, check=check, on_tick=lambda: pace.reach(self.points(), self.name))
        pace.reach(self.points(), self.name)
        pace.finish()
        return is_there

    def request_rebuild(self, reason: str = "asked for") -> None:
        """Throw the index away and build it again from the truth, in the background."""
        with self._wake:
            self._is_rebuild_wanted = True
            self._rebuild_reason = reason
            self._has_work = True
            self._status = "rebuilding"
            self._wake.notify_all()

    def stop(self) -> None:
        """Finish the present step, flush, seal, and end the thread."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify_all()
        self._pause.end()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def settled_seq(self) -> JournalSeq:
        """Up to where the index is durable: after a crash it goes on from here."""
        return self._settled

    def problems(self, *, check: Check = lambda: None) -> list[str]:
        """Compare the index with the truth, id by id and then by content, while both are written; empty: they agree.

        Args:
            check: Asked again and again; what it raises ends the comparison.
        """
        if not self._look(check):
            return []
        # a merge or a rebuild under way may look like damage: what is really wrong is so with nobody writing, too
        with self._pause.held(check):
            return self._look(check)

    def erase(self, ids: Sequence[ChunkId], *, check: Check) -> Evidence | None:
        """Leave nothing of some chunks in the files of the index, while it answers and nothing is written.

        Returns:
            What was done; None when the index is not open.
        """
        with self._pause.held(check):
            target = self._target
            if target is None:
                return None
            evidence = target.erase(ids, self._store.chunks, check)
            # nothing came and nothing the journal does not tell of went: where it stands is as it was
            target.flush()
            return evidence

    def _look(self, check: Check) -> list[str]:
        settled, target = self._settled, self._target
        if target is None:
            return [f"the index is not open: {self.detail}"]
        try:
            return find_differences(self._store, target, settled, check)
        except IndexCorruptError as error:
            return [error.message]
        except ConflictError:
            if target is self._target:
                raise
            return ["the index was closed meanwhile"]

    # ---- the thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        rest_s = 0.0
        while not self._is_stopping:
            try:
                self._live()
            except Exception as error:  # the thread's last line of defence: the failure is shown in states, not lost
                rest_s = _next_rest(rest_s, self._worked_s())
                self._fail(error, rest_s)
                self._wait_for_rescue(rest_s)
        self._has_opened.set()
        self._close()

    def _live(self) -> None:
        """Open the index and follow the journal until told to stop."""
        if self._target is None and not self._is_rebuild_wanted:
            self._open()
        while not self._is_stopping:
            if self._is_rebuild_wanted:
                self._rebuild(self._rebuild_reason)
            self._follow()
            self._wait_for_work()

    def _worked_s(self) -> float:
        """Return for how long the index was good since it became ready; 0 when it never did."""
        since, self._ready_since = self._ready_since, None
        return 0.0 if since is None else time.monotonic() - since

    def _fail(self, error: Exception, rest_s: float) -> None:
        log.error("index_failed", index=self.name, error=type(error).__name__, rest_s=rest_s, exc_info=True)
        with self._wake:
            # a rebuild that is asked for is still to come: whoever waits for it must go on waiting
            self._status = "rebuilding" if self._is_rebuild_wanted else "failed"
            self._detail = f"{self.name} index failed: {error}"
            self._wake.notify_all()
        self._has_opened.set()
        target, self._target = self._target, None
        if target is not None:
            with suppress(CairnError, OSError):  # it has failed already, and is checked when it is opened again
                target.close()

    def _wait_for_rescue(self, wait_s: float) -> None:
        """Wait for a rebuild that somebody asks for, or for better times: disks are full for a while only."""
        deadline = time.monotonic() + wait_s
        with self._wake:
            while not (self._is_rebuild_wanted or self._is_stopping):
                if not self._wake.wait(max(deadline - time.monotonic(), 0.0)) and time.monotonic() >= deadline:
                    self._status, self._detail = "catching_up", ""
                    return

    def _open(self) -> None:
        mark = self._place.mark()
        reason = self._place.distrust(mark)
        if reason:
            log.warning("index_rebuild", index=self.name, reason=reason)
        if reason or mark is None:
            # without a mark too: a server may hold what an earlier folder has left there
            self._place.discard()
            mark = None
        try:
            self._target = self._opened()
        except IndexCorruptError as error:
            log.warning("index_rebuild", index=self.name, reason=str(error))
            self._place.discard()
            mark = None
            self._target = self._opened()
        self._applied = self._settled = mark.applied_seq if mark else JournalSeq(0)
        was_clean = self._place.break_seal()
        self._has_opened.set()
        found = self._problems_at_start(mark, self._target, was_clean=was_clean) if mark else []
        if found:
            self._rebuild(found[0])

    def _problems_at_start(self, mark: Watermark, target: Target, *, was_clean: bool) -> list[str]:
        if not was_clean:
            return self._problems_after_crash()
        # the seal vouches for the files of the folder, and for nothing that a server keeps
        if self._place.is_remote and (held := target.points()) != mark.points:
            return [f"the server holds {held} points and not {mark.points}"]
        return []

    def _problems_after_crash(self) -> list[str]:
        """Catch up first, then compare with the truth; only what passes is called ready."""
        self._is_checked = False
        try:
            self._follow()
            return [] if self._is_stopping else self.problems()
        finally:
            self._is_checked = True

    def _rebuild(self, reason: str) -> None:
        log.warning("index_rebuild", index=self.name, reason=reason)
        with self._wake:
            self._is_rebuild_wanted = False
            self._status = "rebuilding"
            self._detail = f"{self.name} index is being rebuilt: {reason}"
        with self._pause.writing():
            self._applied = self._settled = JournalSeq(0)
            target, self._target = self._target, None
            if target is not None:
                with suppress(CairnError, OSError):  # damaged files cannot be flushed, and are thrown away
                    target.close()
            self._place.discard()
            self._target = self._opened()
            self._suspicion = ""

    def _opened(self) -> Target:
        target = self._open_target()
        self._place.enter()
        return target

    def _follow(self) -> None:
        """Apply everything the journal holds beyond the watermark."""
        is_dirty = False
        while not self._is_stopping and not self._is_rebuild_wanted:
            head = self._store.journal_head()
            entries = self._store.journal(self._applied, _JOURNAL_STEP)
            if not entries:
                if self._applied < head:
                    # the last lines were pruned: nothing is left of what they told, and who waits for them goes on
                    self._applied, is_dirty = head, True
                if is_dirty and self._has_more_soon():
                    continue
                break
            wanted: dict[ChunkId, bool] = {}
            for entry in entries:
                for chunk_id in entry.chunk_ids:
                    wanted[chunk_id] = entry.op == "put"
            with self._wake:
                if self._status == "ready":
                    self._status = "catching_up"
            if not self._apply(wanted):
                return
            self._applied = entries[-1].seq
            is_dirty = True
            if time.monotonic() - self._saved_at > _SAVE_EVERY_S:
                self._save()
                is_dirty = False
        if is_dirty:
            self._save()
        with self._wake:
            # asked under the lock: whoever asked for a rebuild must not be told that the old index is ready
            if self._is_checked and not self._is_stopping and not self._is_rebuild_wanted:
                self._status, self._detail = "ready", ""
                if self._ready_since is None:
                    self._ready_since = time.monotonic()
                self._wake.notify_all()

    def _apply(self, wanted: dict[ChunkId, bool]) -> bool:
        """Apply final states; returns False when told to stop half-way (the watermark then stays behind).

        Raises:
            IndexCorruptError: The index is not open.
        """
        target = self._target
        if target is None:
            raise IndexCorruptError(f"{self.name} index is not open", fix="run `cairn doctor --repair`")
        drops = [chunk_id for chunk_id, is_put in wanted.items() if not is_put]
        puts = [chunk_id for chunk_id, is_put in wanted.items() if is_put]
        self.changes += len(wanted)
        for start in range(0, max(len(puts), 1), target.step):
            if self._is_stopping or self._is_rebuild_wanted:
                return False
            part = puts[start : start + target.step]
            # a chunk that was dropped later in the journal has no row any more: it must not stay in the index either
            rows = self._rows(part)
            gone = [chunk_id for chunk_id in part if chunk_id not in rows]
            with self._pause.writing():
                target.apply([*drops, *gone] if start == 0 else gone, list(rows.values()))
        return True

    def _rows(self, ids: list[ChunkId]) -> dict[ChunkId, ChunkRow]:
        return self._store.chunks(ids) if ids else {}

    def _save(self) -> None:
        target = self._target
        if target is None:
            return
        with self._pause.writing():
            target.flush()
            self._place.set_mark(self._applied, target.points())
            self._settled = self._applied
        self._saved_at = time.monotonic()

    def _has_more_soon(self) -> bool:
        """Wait a moment for more work where the last flush was a moment ago."""
        with self._wake:
            if not self._has_work and time.monotonic() - self._saved_at < _SAVE_EVERY_S:
                self._wake.wait(_PATIENCE_S)
            has_more, self._has_work = self._has_work, False
            return has_more

    def _wait_for_work(self) -> None:
        with self._wake:
            while not (self._has_work or self._is_stopping or self._is_rebuild_wanted):
                self._wake.wait()
            self._has_work = False

    def _close(self) -> None:
        target = self._target
        if target is None:
            return
        try:
            if lost := self.lost_files():
                # a seal would vouch for files that are not ours
                raise IndexCorruptError(f"the {self.name} index was lost while it was open: {lost}")
            self._save()
            target.close()
            self._place.seal()
        except (CairnError, OSError) as error:
            # without a seal the next start looks at everything, and rebuilds what does not fit
            log.error("index_close_failed", index=self.name, error=type(error).__name__)
            with suppress(CairnError, OSError):  # closing twice is harmless, and a connection must not stay open
                target.close()
        finally:
            self._target = None


def _next_rest(last_s: float, worked_s: float) -> float:
    """Return how long to rest after a failure: twice as long as the last time, or anew where it worked for longer."""
    return _RETRY_S if not last_s or worked_s > last_s else min(last_s * 2, _LONGEST_RETRY_S)
