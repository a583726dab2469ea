"""Keeping the memory healthy: forgetting, compaction, rebuilding, and the proof that everything agrees."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Sequence

import structlog

from foundation.errors import CairnError, ConflictError, InputError
from memory_fabric.index.applier import IndexApplier
from memory_fabric.ingest.pacing import Pace
from memory_fabric.legs import Legs
from memory_fabric.operations import Check, DoctorCheck, ForgetSelector, ForgetSummary, Report
from memory_fabric.store.store import Store

__all__ = ["Upkeep"]

log = structlog.get_logger(__name__)

_OPTIMIZE_EVERY_S = 20.0
"""How often the background looks whether an index has changed enough to be rearranged."""

_LONGEST_REST_S = 600.0
"""How long the background rests at most after a failure; the rest is doubled after every one."""

_LOOK_AGAIN_S = 600.0
"""How long a suspected index is not looked at again: each look compares all of it with the truth."""

_SOON_S = 3_600.0
"""A suspicion that comes sooner after the last one must be proved before the index is built again."""

_CHURN, _LEAST_CHURN = 0.2, 1_000
"""An index at rest is rearranged when a fifth of it came or went since the last time, and at least so many chunks."""


class Upkeep:
    """Work on the whole memory.

    Args:
        store: The truth.
        legs: The indexes.
    """

    def __init__(self, store: Store, legs: Legs) -> None:
        self._store = store
        self._legs = legs
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._suspected_at: dict[str, float] = {}
        """When each index was last looked at because of a question that failed, on the monotonic clock."""
        for applier in legs.appliers:
            applier.on_damage = self._wake.set
        self._seen: dict[str, int] = {}
        """Changes that each index had seen when it was last rearranged."""
        self._owing = threading.Lock()
        self._owed: set[bytes] | None = None
        """What was forgotten and is perhaps still in the files; None for nothing."""
        self.resume: Callable[[Check], None] = lambda _: None
        """Finishes erasures that an earlier run of the memory left half-way."""
        self._thread = threading.Thread(target=self._watch, name="cairn-upkeep", daemon=True)

    def start(self) -> None:
        """Begin to optimise in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; an optimisation under way is given up."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self.erase()

    def _watch(self) -> None:
        rest_s = _OPTIMIZE_EVERY_S
        self._resume_erasures()
        while True:
            self._wake.wait(rest_s)
            if self._stop.is_set():
                return
            self._wake.clear()
            self._resume_erasures()
            if all(applier.is_at_rest for applier in self._legs.appliers):
                # not before: what an index is about to embed would be cached after its erasure
                self.erase()
            is_well = [self._is_tended(applier) for applier in self._legs.appliers]
            rest_s = _OPTIMIZE_EVERY_S if all(is_well) else min(rest_s * 2, _LONGEST_REST_S)

    def _resume_erasures(self) -> None:
        try:
            self.resume(self._check_stop)
        except Exception as error:  # as below: it is tried again
            if not self._stop.is_set():
                log.warning("erasure_resume_failed", error=type(error).__name__, exc_info=True)

    def _is_tended(self, applier: IndexApplier) -> bool:
        """Return whether an index is as it should be; what failed is tried again after a rest."""
        try:
            self.rebuild_if_damaged(applier)
            self.optimize_if_due(applier)
        except Exception as error:  # the thread's last line of defence: a full disk must not end all upkeep
            if not self._stop.is_set():
                # what is no error of ours is a surprise: its traceback is wanted
                is_ours = isinstance(error, CairnError)
                log.warning("index_upkeep_failed", index=applier.name, error=str(error), exc_info=not is_ours)
            return False
        return True

    def rebuild_if_damaged(self, applier: IndexApplier) -> None:
        """Have an index built again whose folder is gone, or at which a question has failed."""
        reason = applier.lost_files() or self._confirmed(applier)
        if reason:
            log.warning("index_damaged", index=applier.name, reason=reason)
            applier.request_rebuild(reason)

    def _confirmed(self, applier: IndexApplier) -> str:
        """Return why a suspected index is to be built again, or an empty string.

        The first suspicion is enough: damage that no comparison finds is damage still. What comes soon after a rebuild
        is perhaps a question that the engine cannot bear, and needs proof.
        """
        reason, now_s = applier.suspicion, time.monotonic()
        since_s = now_s - self._suspected_at.get(applier.name, -math.inf)
        if not reason or since_s < _LOOK_AGAIN_S or applier.target(timeout_s=0) is None:
            return ""
        problems = applier.problems(check=self._check_stop) if since_s < _SOON_S else []
        self._suspected_at[applier.name] = now_s
        if problems or since_s >= _SOON_S:
            return (problems or [reason])[0]
        log.warning("index_suspicion_unfounded", index=applier.name, reason=reason)
        applier.suspect("")
        return ""

    def is_due(self, applier: IndexApplier) -> bool:
        """Return whether an index is at rest and has changed enough to be rearranged."""
        seen = self._seen.get(applier.name)
        has_changed = seen is None or applier.changes - seen > max(_LEAST_CHURN, _CHURN * applier.points())
        return has_changed and applier.is_ready

    def optimize_if_due(self, applier: IndexApplier) -> None:
        """Rearrange an index for speed and space when it has changed enough."""
        target = applier.target(timeout_s=0)
        if target is not None and self.is_due(applier):
            changes = applier.changes
            if target.optimize(self._check_stop):
                log.info("index_optimized", index=applier.name, points=target.points())
            self._seen[applier.name] = changes

    def expect_optimizing(self, name: str) -> None:
        """Have an index rearranged with the next look, because it was written anew."""
        self._seen.pop(name, None)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise ConflictError("the memory is being closed")

    # ---- forgetting -------------------------------------------------------------------------------------------

    def forget(self, selector: ForgetSelector, *, is_dry_run: bool, report: Report, check: Check) -> ForgetSummary:
        """Delete what matches from the truth in batches; the journal tells the indexes. `erase` is to follow."""
        selection = self._store.select_items(selector)
        examples = tuple(
            item for item_id in selection.item_ids[:20] if (item := self._store.item_brief(item_id)) is not None
        )
        if not is_dry_run:
            pace = Pace(report, "items", "forget", total=len(selection.item_ids))
            for start in range(0, len(selection.item_ids), 200):
                check()
                part = selection.item_ids[start : start + 200]
                self._owe(self._store.delete_items(part))
                pace.advance(len(part))
            pace.finish()
            if selector == ForgetSelector(path=selector.path):
                # of a place that is forgotten as a whole, the names of what was skipped there go, too
                self._store.write(drop_files=list(self._store.files([selector.path])))
        return ForgetSummary(len(selection.item_ids), selection.chunks, is_dry_run, examples)

    def _owe(self, hashes: Collection[bytes]) -> None:
        with self._owing:
            self._owed = {*(self._owed or ()), *hashes}

    def erase(self) -> None:
        """Remove what was forgotten from the store's files, once no index embeds it any more.

        What a reader or a full disk prevents is done by the background later. After a crash before that, a vector
        without its text may stay until `compact`.
        """
        with self._owing:
            hashes, self._owed = self._owed, None
        if hashes is None:
            return
        try:
            # the vectors are gone at the first attempt; what is left then is a log
            is_done = self._store.erase(hashes)
            hashes = set()
        except CairnError as error:
            log.warning("erase_failed", error=error.message)
            is_done = False
        if not is_done:
            self._owe(hashes)

    # ---- compaction and rebuilding ----------------------------------------------------------------------------

    def compact(self, *, report: Report, check: Check) -> None:
        """Optimise every index, prune the vector cache and the journal, and shrink the truth and its log.

        The journal is pruned up to where every index is durable: one that is being built holds it whole.
        """
        appliers = self._legs.appliers
        pace = Pace(report, "steps", "compact", total=len(appliers) + 1)
        for applier in appliers:
            check()
            target = applier.target()
            if target is not None:
                target.optimize(check)
                target.flush()
            pace.advance(path=applier.name)
        check()
        self._store.prune_embeddings()
        self._store.compact_journal(self._legs.needed_seq())
        self._store.give_space_back(check)
        # last: the file becomes shorter when its log is moved into it
        self._store.checkpoint()
        pace.advance(path="store")
        pace.finish()

    def replay(self, *, names: Sequence[str], report: Report, check: Check) -> None:
        """Rebuild indexes from the truth and wait until they are level again.

        Raises:
            InputError: A name is unknown.
        """
        known = {applier.name: applier for applier in self._legs.appliers}
        for name in names:
            if name not in known:
                raise InputError("names", f"no index `{name}`", fix=f"one of {', '.join(sorted(known))}")
        head = self._store.journal_head()
        chosen = [known[name] for name in names] or list(known.values())
        for applier in chosen:
            applier.request_rebuild()
        for applier in chosen:
            applier.wait_with_progress(head, "replay", self._store.chunk_total(), report=report, check=check)

    # ---- doctor -----------------------------------------------------------------------------------------------

    def doctor(self, *, is_repairing: bool, check: Check) -> list[DoctorCheck]:
        """Check the truth, then each index against it."""
        found = self._store.verify(check)
        fix = "restore the profile's store from a backup" if found else ""
        checks = [DoctorCheck("store", not found, "; ".join(found[:3]) or "the truth is sound", fix)]
        for applier in self._legs.appliers:
            check()
            checks.append(self._check_index(applier, is_repairing=is_repairing, check=check))
        absent = (state for state in self._legs.states() if state.status == "absent")
        checks.extend(DoctorCheck(s.name, True, f"not in use: {s.detail}", "run `make setup`") for s in absent)
        return checks

    def _check_index(self, applier: IndexApplier, *, is_repairing: bool, check: Check) -> DoctorCheck:
        applier.wait_for(self._store.journal_head(), check=check)
        problems = _problems(applier, check)
        if not problems:
            return DoctorCheck(applier.name, True, f"{applier.points()} chunks, level with the truth")
        if not is_repairing:
            return DoctorCheck(applier.name, False, "; ".join(problems[:3]), "run `cairn doctor --repair`")
        applier.request_rebuild()
        applier.wait_for(self._store.journal_head(), check=check)
        left = _problems(applier, check)
        detail = f"rebuilt: {problems[0]}" if not left else "; ".join(left[:3])
        return DoctorCheck(applier.name, not left, detail, "" if not left else "see the log")


def _problems(applier: IndexApplier, check: Check) -> list[str]:
    """Return how an index differs from the truth; that it cannot even be read is a difference too."""
    try:
        return applier.problems(check=check)
    except CairnError as error:
        return [error.message]
