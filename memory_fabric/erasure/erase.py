"""One audited erasure from the intent to the receipt.

The order is what makes it safe to be killed anywhere: an intent without content comes first; then the truth, the
indexes and the caches; then the scan; the receipt is written last, and only then the intent says that it is over. What
is found half-way at a start is finished, and called unproven: nobody knows any more what to look for.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from foundation.clock import Clock, format_rfc3339
from foundation.errors import BusyError, CairnError
from foundation.ids import ItemId, new_ulid
from foundation.receipts import open_key, signed
from memory_fabric.erasure.auditor import audit
from memory_fabric.erasure.job import ScanReport
from memory_fabric.erasure.needles import Needles
from memory_fabric.erasure.places import ProfilePlaces, blank, places_of, stays_of, texts_of
from memory_fabric.erasure.receipt import document
from memory_fabric.ingest.pacing import Pace
from memory_fabric.legs import Legs
from memory_fabric.operations import Check, Erasure, Evidence, ForgetSelector, Report
from memory_fabric.store.erasures import Intent
from memory_fabric.store.store import Store

__all__ = ["Eraser"]

_BATCH = 200
_ATTEMPTS = 3
"""Scans at most: after one that found something the place is written anew."""
_LOG_PATIENCE_S = 15.0
"""How long a reader of the store may hold its log."""
_RETRY_S = 0.1


class Eraser:
    """Erases with evidence, one at a time.

    Args:
        store: The truth.
        legs: The indexes.
        memory: Folder of store and indexes.
        around: What else the profile holds.
        clock: Time of receipts.
        on_rewritten: Told the name of an index that was written anew; it has no graph then.
    """

    def __init__(
        self,
        store: Store,
        legs: Legs,
        memory: Path,
        around: ProfilePlaces,
        clock: Clock,
        on_rewritten: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._legs = legs
        self._memory = memory
        self._around = around
        self._clock = clock
        self._on_rewritten = on_rewritten
        self._turn = threading.Lock()

    def list_erasures(self) -> list[Erasure]:
        """Return every audited erasure, newest first, with its receipt where there is one."""
        return [self._with_receipt(intent.erasure) for intent in reversed(self._store.erasures())]

    def _with_receipt(self, erasure: Erasure) -> Erasure:
        path = self._receipt_path(erasure.id)
        return msgspec.structs.replace(erasure, receipt=path.read_text()) if path.is_file() else erasure

    def _receipt_path(self, erasure_id: str) -> Path:
        return self._around.profile / "receipts" / f"{erasure_id}.json"

    # ---- one erasure ------------------------------------------------------------------------------------------

    def erase(self, selector: ForgetSelector, *, report: Report, check: Check) -> Erasure:
        """Erase what matches, look whether anything is left, and sign what was seen.

        Args:
            selector: What to erase; at least one item must match.
            report: Told how far it is.
            check: What it raises leaves the erasure to be finished in the background.

        Raises:
            BusyError: Another erasure is running.
        """
        if not self._turn.acquire(blocking=False):
            raise BusyError("another erasure is running")
        try:
            # before anything is gone: without a key there would be no receipt
            key = open_key(self._around.profile)
            began_s = time.time()
            selection = self._store.select_items(selector)
            needles = Needles(selection.chunks)
            intent = self._begin(selection.item_ids, selection.chunks)
            self._delete(selection.item_ids, needles, report, check)
            if selector == ForgetSelector(path=selector.path):
                self._store.write(drop_files=list(self._store.files([selector.path])))
            self._store.save_erasure(Intent(intent.erasure))
            holders = self._purge(needles, check)
            scan, limits = self._scan(needles, began_s, holders, report=report, check=check)
            erasure = self._judged(intent.erasure, needles, holders, scan, limits)
            looked = {"stride_bytes": needles.stride, "short_names": needles.short}
            whole = document(
                erasure,
                selector,
                selection.item_ids,
                store=(self._store.store_id, self._store.journal_head()),
                holders=holders,
                scan=scan,
                looked=looked,
            )
            content = signed(whole, key)
            _write(self._receipt_path(erasure.id), content)
            self._store.save_erasure(Intent(erasure))
            return msgspec.structs.replace(erasure, receipt=content.decode())
        finally:
            self._turn.release()

    def _now(self) -> str:
        return format_rfc3339(self._clock.now_s())

    def _begin(self, item_ids: Sequence[ItemId], chunks: int) -> Intent:
        erasure = Erasure(f"er_{new_ulid()}", "running", len(item_ids), chunks, self._now())
        intent = Intent(erasure, tuple(item_ids))
        self._store.save_erasure(intent)
        return intent

    def _delete(self, item_ids: Sequence[ItemId], needles: Needles, report: Report, check: Check) -> None:
        pace = Pace(report, "items", "forget", total=len(item_ids))
        for start in range(0, len(item_ids), _BATCH):
            check()
            part = item_ids[start : start + _BATCH]
            self._gather(part, needles)
            needles.hashes.update(self._store.delete_items(part))
            pace.advance(len(part))
        pace.finish()

    def _gather(self, item_ids: Sequence[ItemId], needles: Needles) -> None:
        """Take in what is to be looked for, while it is still there."""
        rows = self._store.chunks_of(item_ids)
        for item_id in item_ids:
            item = self._store.item(item_id)
            if item is not None:
                needles.add_item(item, rows.get(item_id, []))
        flat = [row for part in rows.values() for row in part]
        needles.add_traces(self._legs.traces(flat))
        stored = self._legs.stored_vectors([row.id for row in flat])
        needles.add_vectors((row, stored[row.id]) for row in flat if row.id in stored)
        for model in self._store.embeddings.models():
            cached = self._store.embeddings.get(model, [row.content_hash for row in flat])
            needles.add_vectors((row, cached[row.content_hash]) for row in flat if row.content_hash in cached)

    # ---- leaving nothing --------------------------------------------------------------------------------------

    def _purge(self, needles: Needles, check: Check) -> dict[str, Evidence]:
        """Have every holder leave nothing of it in its files."""
        done = self._legs.erase(needles.chunk_ids, check=check)
        for name in done:
            self._on_rewritten(name)
        # after the indexes: what one of them was about to embed would be cached again
        done["store"] = self._purge_store(needles, check)
        return done

    def _purge_store(self, needles: Needles, check: Check) -> Evidence:
        until = time.monotonic() + _LOG_PATIENCE_S
        while not self._store.erase(needles.hashes):
            check()
            if time.monotonic() > until:
                return Evidence(len(needles.chunk_ids), 0, "a long read holds the log of the store")
            time.sleep(_RETRY_S)
        return Evidence(len(needles.chunk_ids))

    # ---- looking ----------------------------------------------------------------------------------------------

    def _scan(
        self, needles: Needles, began_s: float, holders: dict[str, Evidence], *, report: Report, check: Check
    ) -> tuple[ScanReport | None, list[str]]:
        """Look through the profile; where something is found the place is written anew, and looked through again."""
        databases = (str(self._memory / "store/memory.db"), str(self._memory / "store/embeddings.db"))
        try:
            for attempt in range(1, _ATTEMPTS + 1):
                check()
                job = needles.job(
                    places_of(self._memory, self._around),
                    stays_of(self._memory),
                    texts_of(self._memory, self._around),
                    databases=databases,
                    since_s=began_s,
                )
                scan = audit(job, report=report, check=check)
                if not any(place.found for place in scan.places) or attempt == _ATTEMPTS:
                    break
                self._mend(scan, holders, check)
        except (CairnError, OSError) as error:
            check()
            return None, [f"the profile was not looked through: {error}"]
        limits = [f"{place.name}: {unread}" for place in scan.places for unread in place.unread]
        return scan, limits

    def _mend(self, scan: ScanReport, holders: dict[str, Evidence], check: Check) -> None:
        dirty = {place.name for place in scan.places if place.found}
        if "store" in dirty:
            self._store.rewrite()
            self._store.checkpoint()
        if dirty & {"dense", "sparse", "indexes"}:
            for name, evidence in self._legs.erase([], check=check).items():
                holders[name] = msgspec.structs.replace(evidence, gone=holders[name].gone if name in holders else 0)
        if "logs" in dirty:
            blank(scan.findings)

    def _judged(
        self,
        erasure: Erasure,
        needles: Needles,
        holders: Mapping[str, Evidence],
        scan: ScanReport | None,
        limits: Sequence[str],
    ) -> Erasure:
        found = sum(place.found for place in scan.places) if scan else 0
        all_limits = [*limits, *(evidence.limit for evidence in holders.values() if evidence.limit)]
        if left := len(self._store.chunks(needles.chunk_ids)):
            all_limits.append(f"{left} fragments are still in the store")
        is_whole = scan is not None and not found and not all_limits
        return msgspec.structs.replace(
            erasure,
            state="erased" if is_whole else "incomplete",
            finished_at=self._now(),
            found=found,
            chunks=len(needles.chunk_ids),
            limits=tuple(all_limits),
        )

    # ---- after a crash ----------------------------------------------------------------------------------------

    @property
    def has_unfinished(self) -> bool:
        """Whether an erasure was interrupted and is not finished."""
        return any(intent.erasure.state == "running" for intent in self._store.erasures())

    def resume(self, check: Check) -> None:
        """Finish what was interrupted; does nothing while an erasure is running.

        Without the texts there is nothing to look for: everything that could hold some is written anew instead.
        """
        if not self._turn.acquire(blocking=False):
            return
        try:
            open_ = [intent for intent in self._store.erasures() if intent.erasure.state == "running"]
            open_ = [intent for intent in open_ if not self._is_signed(intent)]
            for intent in open_:
                for start in range(0, len(intent.item_ids), _BATCH):
                    check()
                    self._store.delete_items(intent.item_ids[start : start + _BATCH])
            if open_:
                limits = self._purge_blindly(check)
            for intent in open_:
                ended = msgspec.structs.replace(
                    intent.erasure, state="unproven", finished_at=self._now(), limits=tuple(limits)
                )
                self._store.save_erasure(Intent(ended))
        finally:
            self._turn.release()

    def _is_signed(self, intent: Intent) -> bool:
        """Take over what a receipt says that was written just before the end; returns whether there is one."""
        path = self._receipt_path(intent.erasure.id)
        if not path.is_file():
            return False
        said = json.loads(path.read_bytes())
        ended = msgspec.structs.replace(
            intent.erasure,
            state=said["verdict"],
            finished_at=said["finished_at"],
            chunks=said["chunks"],
            found=said["found"],
            limits=tuple(said["limits"]),
        )
        self._store.save_erasure(Intent(ended))
        return True

    def _purge_blindly(self, check: Check) -> list[str]:
        done = self._legs.erase([], check=check)
        for name in done:
            self._on_rewritten(name)
        self._store.prune_embeddings()
        check()
        self._store.rewrite()
        limits = ["it was interrupted: everything was written anew, and nothing was looked for"]
        if not self._store.checkpoint():
            limits.append("a long read holds the log of the store")
        return limits + [evidence.limit for evidence in done.values() if evidence.limit]


def _write(path: Path, content: bytes) -> None:
    """Write a receipt whole or not at all."""
    path.parent.mkdir(exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
