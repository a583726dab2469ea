"""The memory as one object: everything that the daemon asks of it goes through here."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec

from foundation.clock import Clock, SystemClock, format_rfc3339
from foundation.errors import InputError, NotFoundError
from foundation.ids import ItemId, new_ulid
from foundation.paths import expanded_path, real_path
from memory_fabric.answer.answerer import Answerer
from memory_fabric.answer.packer import Packer
from memory_fabric.answer.weights import AnswerWeights, load_weights
from memory_fabric.asked import Turn, known_path, led
from memory_fabric.config import MemoryConfig
from memory_fabric.coverage import cover
from memory_fabric.erasure.erase import Eraser
from memory_fabric.erasure.places import ProfilePlaces
from memory_fabric.followed import FollowedRoots
from memory_fabric.ingest.drafts import draft_record
from memory_fabric.ingest.history import remember_histories
from memory_fabric.ingest.importing import import_records
from memory_fabric.ingest.moments import parse_when
from memory_fabric.ingest.pipeline import index_paths
from memory_fabric.ingest.roots import allowed_roots
from memory_fabric.ingest.screening import marked, refuse_names, screen_record
from memory_fabric.ingest.watch import ChangeSet, follow
from memory_fabric.legs import Legs
from memory_fabric.links.links import Links
from memory_fabric.operations import (
    Answer,
    Check,
    ContextPack,
    CoverageRow,
    DoctorCheck,
    Erasure,
    FabricStats,
    FollowedFolder,
    ForgetSelector,
    ForgetSummary,
    IndexSummary,
    IngestRecord,
    ItemPage,
    Link,
    Report,
)
from memory_fabric.recall.freshness import FreshnessJudge
from memory_fabric.recall.retrieve import Retriever
from memory_fabric.records import Filters, MemoryItem, RecallQuery, RecallResult
from memory_fabric.repair import Repairs
from memory_fabric.scan.scanner import Scanner
from memory_fabric.store.store import ItemDraft, Store
from memory_fabric.upkeep import Upkeep

__all__ = ["MemoryFabric"]


def _no_check() -> None:
    """Nothing stops the work."""


class MemoryFabric:
    """Stores, finds, cites and forgets. Thread-safe; everything blocks, nothing is global.

    Use `open`, then `start`; `close` when done.
    """

    def __init__(
        self, config: MemoryConfig, store: Store, legs: Legs, clock: Clock, folder: Path, places: ProfilePlaces
    ) -> None:
        self._config = config
        self._store = store
        self._legs = legs
        self._clock = clock
        self._scanner = Scanner(config.scan)
        self._retriever = Retriever(store, legs.source(), config.recall, clock)
        self._repairs = Repairs(store, config.ingest, self._scanner, self._turn)
        self._freshness = FreshnessJudge(store, self._repairs.want)
        self._upkeep = Upkeep(store, legs)
        self._eraser = Eraser(store, legs, folder, places, clock, self._upkeep.expect_optimizing)
        self._upkeep.resume = self._eraser.resume
        self._roots = FollowedRoots(store)
        self.graph = Links(store, legs.count_tokens, config.ingest)
        """Neighbours, ways, maps, and the commits behind lines."""
        # two index runs over the same tree would read everything twice and argue about what is missing
        self._index_lock = threading.Lock()

    @classmethod
    def open(
        cls,
        config: MemoryConfig,
        folder: Path,
        *,
        profile: Path | None = None,
        places: ProfilePlaces | None = None,
        clock: Clock | None = None,
    ) -> MemoryFabric:
        """Open the memory in `folder`, creating it when it is not there.

        Args:
            config: The `[memory]` section.
            folder: Holds the truth and its indexes.
            profile: Profile folder; models of its own come before the user's.
            places: What else of the profile an audited erasure looks through; by default there is only `folder`.
            clock: Time source.

        Raises:
            StoreCorruptError: The truth is damaged.
        """
        clock = clock or SystemClock()
        store = Store.open(folder / "store", clock=clock)
        legs = Legs(config, store, folder / "indexes", profile)
        return cls(config, store, legs, clock, folder, places or ProfilePlaces(folder, folder, folder))

    def start(self) -> None:
        """Open the indexes and begin to follow the journal, in the background."""
        self._store.listen(self._legs.notify)
        self._legs.start()
        self._upkeep.start()

    def close(self) -> None:
        """Finish the present steps, flush everything, and release all files."""
        self._repairs.close()
        self._upkeep.stop()
        self._legs.stop()
        self._retriever.close()
        self._freshness.close()
        self._store.close()

    # ---- remembering ------------------------------------------------------------------------------------------

    def index(
        self, paths: Sequence[str], *, project: str = "", is_forced: bool = False, report: Report, check: Check
    ) -> IndexSummary:
        """Bring the memory level with files and folders.

        Raises:
            InputError: A path does not exist or lies outside the allowed folders, or a name holds a secret.
            StoreFullError: The disk is full; everything acknowledged before is kept.
        """
        roots = allowed_roots(paths, self._config.ingest)
        refuse_names([*map(str, roots), project], self._scanner)
        # before the run: what is stopped half-way was asked for, too
        self._roots.remember(roots, project)
        with self._turn(check):
            summary = index_paths(
                self._store,
                roots,
                project=project,
                limits=self._config.ingest,
                scanner=self._scanner,
                is_forced=is_forced,
                report=report,
                check=check,
            )
            return self._with_history(summary, roots, check, is_thorough=True)

    def sync(self, changes: ChangeSet, roots: Sequence[str], *, project: str, check: Check) -> IndexSummary:
        """Bring the memory level with one burst of changes below `roots`; only what changed is looked at.

        Raises:
            InputError: A root names a user without a home folder, or lies outside the allowed folders.
        """
        # a root that is gone takes what it held with it, and names no project any more
        present = [root for root in roots if led("paths", root, expanded_path).exists()]
        homes = allowed_roots(present, self._config.ingest) if present else []
        with self._turn(check):
            summary = index_paths(
                self._store,
                [Path(path) for path in changes.paths],
                project=project,
                limits=self._config.ingest,
                scanner=self._scanner,
                is_forced=False,
                report=lambda _: None,
                check=check,
                homes=homes,
            )
            return self._with_history(summary, homes, check, is_thorough=False)

    def _with_history(
        self, summary: IndexSummary, roots: Sequence[Path], check: Check, *, is_thorough: bool
    ) -> IndexSummary:
        found = remember_histories(
            self._store,
            [str(root) for root in roots],
            limits=self._config.ingest,
            scanner=self._scanner,
            check=check,
            is_thorough=is_thorough,
        )
        return msgspec.structs.replace(
            summary,
            items=summary.items + found.items,
            chunks=summary.chunks + found.chunks,
            redacted=summary.redacted + found.redacted,
        )

    async def follow(self, roots: Sequence[str]) -> AsyncIterator[ChangeSet | None]:
        """Yield None once watching has begun, then each burst of changes, until cancelled.

        Raises:
            InputError: A path does not exist or lies outside the allowed folders.
            ResourceError: The system allows no more watches.
        """
        limits = self._config.ingest
        changes = follow(allowed_roots(roots, limits), is_following_gitignore=limits.is_following_gitignore)
        async with aclosing(changes) as bursts:
            async for burst in bursts:
                yield burst

    def keep_following(self, paths: Sequence[str], *, project: str = "") -> None:
        """Have folders followed from now on by whoever listens, after a restart too.

        Raises:
            InputError: A path does not exist or lies outside the allowed folders, or a name holds a secret.
        """
        roots = allowed_roots(paths, self._config.ingest)
        refuse_names([*map(str, roots), project], self._scanner)
        self._roots.follow(roots, project)

    def stop_following(self, paths: Sequence[str]) -> None:
        """Follow folders no longer; what is remembered of them stays.

        Raises:
            InputError: A path leads nowhere.
            NotFoundError: One of them is not followed.
        """
        self._roots.unfollow([str(led("paths", path, real_path)) for path in paths])

    def followed(self) -> list[FollowedFolder]:
        """Return the folders that are to be followed, by path."""
        return [FollowedFolder(root.path, root.project) for root in self._roots.followed()]

    def on_followed(self, told: Callable[[], None]) -> None:
        """Have `told` called, on any thread, when other folders are to be followed."""
        self._roots.on_change = told

    def ingest(self, records: Iterable[IngestRecord], *, project: str, report: Report, check: Check) -> IndexSummary:
        """Import records with known ids; a known id is replaced.

        Raises:
            InputError: A record has no id or no project.
        """
        return import_records(
            self._store,
            records,
            project=project,
            limits=self._config.ingest,
            scanner=self._scanner,
            report=report,
            check=check,
        )

    def remember(
        self,
        text: str,
        *,
        project: str = "",
        tags: Sequence[str] = (),
        layer: str = "semantic",
        title: str = "",
        uri: str = "",
        timestamp: str = "",
    ) -> MemoryItem:
        """Keep a text that the user says; durable when this returns.

        Raises:
            InputError: The text is empty, the time cannot be read, or it holds what is not to be stored.
        """
        if not text.strip():
            raise InputError("text", "nothing to remember")
        if timestamp and parse_when(timestamp) is None:
            raise InputError("timestamp", f"`{timestamp}` is not a time", fix="write it as 2026-01-31T12:00:00Z")
        when = timestamp or format_rfc3339(self._clock.now_s())
        record = IngestRecord(id=new_ulid(), text=text, timestamp=when, title=title, project=project)
        record, tags, uri, screen = screen_record(record, self._scanner, tags=tags, uri=uri)
        if screen.refused:
            raise InputError("text", screen.refused, fix="leave it out, or change that setting")
        draft = draft_record(record, project=project, limits=self._config.ingest)
        receipt = self._store.write(put=[marked(_as_note(draft, uri, tags, layer), screen)])
        return self.get(receipt.item_ids[0])

    def link(self, link: Link) -> None:
        """Add a typed edge between two items.

        Raises:
            NotFoundError: One of them does not exist.
        """
        self.get(link.src)
        self.get(link.dst)
        self._store.put_link(link)

    # ---- recalling --------------------------------------------------------------------------------------------

    def recall(self, query: RecallQuery, *, check: Check = _no_check) -> RecallResult:
        """Answer a question with ranked, cited fragments.

        Raises:
            QueryError: The query is empty or `k` is out of range.
        """
        with self._legs.foreground():
            journal_seq, applied_seq = self._store.journal_head(), self._legs.level_seq()
            found = self._freshness.judged(self._retriever.recall(query, check=check), journal_seq)
            return msgspec.structs.replace(found, journal_seq=journal_seq, applied_seq=applied_seq)

    def context_pack(
        self,
        query: RecallQuery,
        *,
        budget_tokens: int,
        model: str = "",
        has_second: bool = True,
        check: Check = _no_check,
    ) -> ContextPack:
        """Return quoted evidence for a question under a strict token budget.

        Args:
            query: The question.
            budget_tokens: Never exceeded.
            model: Whose tokenizer counts; the text model's without a name.
            has_second: Whether a second recall may follow names that the first one brings in.
            check: Raises to stop.

        Raises:
            QueryError: The query is empty or `k` is out of range.
            InputError: The model's tokenizer is in no model cache.
        """
        packer = Packer(self._store, self._legs.source(), lambda query, check: self.recall(query, check=check))
        count = self._legs.counter(model)
        return packer.pack(query, budget_tokens=budget_tokens, count_tokens=count, has_second=has_second, check=check)

    def ask(self, query: RecallQuery, *, most: int, check: Check = _no_check) -> Answer:
        """Answer in the words of the sources, each sentence cited, or say that it is not in memory.

        Raises:
            QueryError: The query is empty.
            ModelError: The shipped weights are damaged.
        """
        with self._legs.foreground():
            return self.answerer().ask(query, most=most, check=check)

    def answerer(self, weights: Callable[[], AnswerWeights] = load_weights) -> Answerer:
        """Return what answers questions.

        Args:
            weights: Returns what it learned; the shipped ones by default.
        """
        return Answerer(self._store, self._legs.source(), lambda query, check: self.recall(query, check=check), weights)

    def get(self, item_id: ItemId) -> MemoryItem:
        """Return one item with its text.

        Raises:
            NotFoundError: There is no such item.
        """
        item = self._store.item(item_id)
        if item is None:
            raise NotFoundError(f"no item `{item_id}`", fix="see `cairn list`")
        return item

    def list_items(self, filters: Filters, *, cursor: str = "", limit: int = 50) -> ItemPage:
        """Return a page of items, newest first, without text."""
        return self._store.list_items(filters, cursor=cursor, limit=limit)

    def coverage(self, path: str = "", *, check: Check = _no_check) -> Iterator[CoverageRow]:
        """Yield every source below `path`, which is held against the disk, or every one that is known.

        Raises:
            InputError: The path leads nowhere.
        """
        under = str(led("path", path, real_path)) if path else ""
        yield from cover(self._store, self._legs.settled(), self._config.ingest, self._scanner, under, check)

    # ---- forgetting -------------------------------------------------------------------------------------------

    def forget(
        self,
        selector: ForgetSelector,
        *,
        is_dry_run: bool,
        is_audited: bool = False,
        report: Report,
        check: Check,
    ) -> ForgetSummary:
        """Forget every item that matches all fields of `selector`; gone from both indexes when this returns.

        No file of the store holds the texts and vectors then, unless a long read holds the log: the background goes on
        until it is empty. Both engines leave parts of what was deleted in segments that nothing reads any more, words
        in the term index and vectors in the vector index, until these are merged: `compact` does so at once.
        Audited, nothing of it is left in any file when this returns, every file has been looked through for it, and a
        signed receipt says so.

        Raises:
            BusyError: Another audited erasure is running.
            InputError: No field is set, or the path leads nowhere.
        """
        if selector == ForgetSelector():
            raise InputError("selector", "nothing selected", fix="give ids, a path, a project or a time")
        if selector.path:
            selector = msgspec.structs.replace(selector, path=known_path("path", selector.path))
        if not is_dry_run and selector == ForgetSelector(path=selector.path):
            self._roots.forget(selector.path)
        summary = self._upkeep.forget(selector, is_dry_run=is_dry_run or is_audited, report=report, check=check)
        if is_audited and not is_dry_run and summary.items:
            erasure = self._eraser.erase(selector, report=report, check=check)
            return msgspec.structs.replace(
                summary, items=erasure.items, chunks=erasure.chunks, is_dry_run=False, erasure=erasure
            )
        if not is_dry_run and summary.items:
            self._legs.wait_for(self._store.journal_head(), check=check)
            self._upkeep.erase()
        return summary

    def erasures(self) -> list[Erasure]:
        """Return every audited erasure, newest first, with its receipt where there is one."""
        return self._eraser.list_erasures()

    # ---- state and upkeep -------------------------------------------------------------------------------------

    def stats(self) -> FabricStats:
        """Return what the memory holds and where its indexes stand."""
        counts = self._store.counts()
        return FabricStats(
            items=counts.items,
            chunks=counts.chunks,
            projects=counts.projects,
            modalities=counts.modalities,
            languages=counts.languages,
            indexes=self._legs.states(),
            store_bytes=self._store.disk_bytes(),
            model=self._legs.model_name,
            model_state=self._legs.model_state(),
            queues={f"{s.name}_behind": s.journal_seq - s.applied_seq for s in self._legs.states()},
        )

    def wait_until_searchable(self, *, is_dense: bool, report: Report, check: Check) -> None:
        """Wait until what is in the truth now can be found: by terms, and by meaning too when `is_dense`."""
        self._legs.wait_until_searchable(is_dense=is_dense, report=report, check=check)

    def compact(self, *, report: Report, check: Check) -> None:
        """Merge index segments, build graphs, and give deleted space back."""
        self._upkeep.compact(report=report, check=check)

    def replay(self, *, names: Sequence[str] = (), report: Report, check: Check) -> None:
        """Throw the named indexes away and build them again from the truth.

        Raises:
            InputError: A name is not `dense` or `sparse`.
        """
        self._upkeep.replay(names=names, report=report, check=check)

    def doctor(self, *, is_repairing: bool, check: Check) -> list[DoctorCheck]:
        """Compare the truth with itself and with both indexes; rebuild what differs when `is_repairing`."""
        return self._upkeep.doctor(is_repairing=is_repairing, check=check)

    def _turn(self, check: Check) -> Turn:
        return Turn(self._index_lock, check)


def _as_note(draft: ItemDraft, uri: str, tags: Sequence[str], layer: str) -> ItemDraft:
    """A remembered text is a note with an address of its own, not an imported record."""
    address = uri or f"memory:{draft.uri.rsplit('/', 1)[-1]}"
    return msgspec.structs.replace(draft, uri=address, tags=tuple(tags), layer=layer, quality=0.8)
