"""A memory in a dictionary: it really stores, finds by words, and forgets, and a test can hold its work at a gate."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from pathlib import Path

import trio

from foundation.errors import InputError, NotFoundError
from foundation.ids import ChunkId, ItemId, new_item_id
from memory_fabric.ingest.moments import parse_when
from memory_fabric.ingest.watch import ChangeSet
from memory_fabric.links.records import Commit, Neighbour, Place, RepoMap, Route
from memory_fabric.operations import (
    Answer,
    AnswerSentence,
    Check,
    ContextPack,
    CoverageRow,
    DoctorCheck,
    Erasure,
    FabricStats,
    FollowedFolder,
    ForgetSelector,
    ForgetSummary,
    Fragment,
    IndexState,
    IndexSummary,
    IngestRecord,
    ItemPage,
    Link,
    Progress,
    Report,
)
from memory_fabric.records import (
    Cite,
    Filters,
    Hit,
    ItemSource,
    MemoryItem,
    Meta,
    RecallQuery,
    RecallResult,
    ScoreParts,
    SkippedFile,
)

__all__ = ["FakeMemory"]

_STEP_S = 0.005


class FakeMemory:
    """Answers as `MemoryService` does.

    Work passes `gate` at every safe point: a test clears it to hold the work there, and `stopped_s` tells when held
    work was told to stop.
    """

    def __init__(self) -> None:
        self.items: dict[ItemId, MemoryItem] = {}
        self.erased: list[Erasure] = []
        self.links: list[Link] = []
        self.replayed: list[tuple[str, ...]] = []
        self.bursts: tuple[ChangeSet, ...] = ()
        self.skipped: dict[str, str] = {}
        self.kept: dict[str, FollowedFolder] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = threading.Semaphore(0)
        self.stopped = threading.Event()
        self.stopped_s = 0.0
        self.begun = 0
        self.passed = 0
        self._lock = threading.Lock()

    def _pass(self, check: Check) -> None:
        """A safe point; `waiting` counts who is held here."""
        self.begun += 1
        try:
            check()
            if not self.gate.is_set():
                self.waiting.release()
            while not self.gate.wait(_STEP_S):
                check()
            self.passed += 1
        except BaseException:
            self.stopped_s = time.monotonic()
            self.stopped.set()
            raise

    # ---- remembering ------------------------------------------------------------------------------------------

    def index(
        self, paths: Sequence[str], *, project: str = "", is_forced: bool = False, report: Report, check: Check
    ) -> IndexSummary:
        """Keep every text file below `paths` whole."""
        files = [file for path in paths for file in self._files(path)]
        fresh = 0
        for number, file in enumerate(files, 1):
            report(Progress(number, len(files), "files", 1.0, 0.0, "index", str(file)))
            self._pass(check)
            known = any(item.source.path == str(file) for item in self.items.values())
            if is_forced or not known:
                fresh += self._keep_file(file, project or Path(paths[0]).name)
        return self._summary(len(files), fresh)

    @staticmethod
    def _files(path: str) -> list[Path]:
        root = Path(path)
        if not root.exists():
            raise InputError("paths", f"`{path}` does not exist")
        return sorted(file for file in root.rglob("*") if file.is_file()) if root.is_dir() else [root]

    def _keep_file(self, file: Path, project: str) -> int:
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            self.skipped[str(file)] = "binary"
            return 0
        self._keep(text, ItemSource(path=str(file), uri=str(file)), Meta(project=project))
        return 1

    def _keep(self, text: str, source: ItemSource, meta: Meta) -> MemoryItem:
        item = MemoryItem(new_item_id(), "text", source, meta, text, 1)
        with self._lock:
            self.items[item.id] = item
        return item

    def _summary(self, seen: int, fresh: int) -> IndexSummary:
        skipped = tuple(SkippedFile(path, reason) for path, reason in self.skipped.items())
        return IndexSummary(seen, seen - fresh - len(skipped), fresh, fresh, 0, 0, skipped, 0, 0.01, fresh / 0.01)

    def sync(self, changes: ChangeSet, roots: Sequence[str], *, project: str, check: Check) -> IndexSummary:
        """Index what changed."""
        present = [path for path in changes.paths if Path(path).exists()]
        return self.index(present, project=project, is_forced=True, report=lambda _: None, check=check)

    async def follow(self, roots: Sequence[str]) -> AsyncIterator[ChangeSet | None]:
        """Yield the bursts that a test has prepared, and then wait for ever."""
        yield None
        for burst in self.bursts:
            yield burst
        await trio.sleep_forever()

    def ingest(self, records: Iterable[IngestRecord], *, project: str, report: Report, check: Check) -> IndexSummary:
        """Keep records."""
        count = 0
        for record in records:
            count += 1
            self._pass(check)
            home = project or record.project
            source = ItemSource(uri=f"jsonl:{home}/{record.id}", timestamp=parse_when(record.timestamp))
            self._keep(record.text, source, Meta(project=home, title=record.title))
        return self._summary(count, count)

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
        """Keep a text."""
        meta = Meta(project=project, tags=tuple(tags), layer=layer, title=title)  # type: ignore[arg-type]  # as given
        return self._keep(text, ItemSource(uri=uri, timestamp=parse_when(timestamp)), meta)

    def link(self, link: Link) -> None:
        """Add an edge between two items that exist."""
        self.get(link.src)
        self.get(link.dst)
        self.links.append(link)

    # ---- links ------------------------------------------------------------------------------------------------

    @property
    def graph(self) -> FakeMemory:
        """Answers about links itself."""
        return self

    def blame(self, path: str, line: int = 0, line_end: int = 0) -> list[Commit]:
        """Say that the text of a kept file was written at once."""
        item = self._meant(Place(path=path))
        last = line_end or line or len(item.text.splitlines())
        return [Commit("a" * 40, "A. Author", 1_000.0, "all of it", line or 1, last, item.id)]

    def related(
        self, place: Place, *, relations: Sequence[str] = (), direction: str = "", limit: int = 50
    ) -> tuple[list[Cite], list[Neighbour]]:
        """Return the drawn links of an item, or of what stands at a path; a symbol is a title here."""
        item = self._meant(place)
        found = []
        for link in self.links:
            for own, other, way in ((link.src, link.dst, "out"), (link.dst, link.src, "in")):
                if own == item.id and (not relations or link.relation in relations) and direction in {"", way}:
                    found.append(_neighbour(self.items[other], link.relation, way, link.weight))
        return [_cite(item)], found[:limit]

    def _meant(self, place: Place) -> MemoryItem:
        for item in self.items.values():
            if place.id == item.id or (place.path and place.path == item.source.path):
                return item
            if place.symbol and place.symbol == item.meta.title:
                return item
        raise NotFoundError(f"nothing is `{place.id or place.path or place.symbol}`")

    def path_between(self, start: Place, end: Place, *, most_steps: int, check: Check) -> Route:
        """Follow drawn links, breadth first."""
        self._pass(check)
        first, last = self._meant(start), self._meant(end)
        ways: list[tuple[ItemId, tuple[Neighbour, ...]]] = [(first.id, ())]
        seen = {first.id}
        for here, steps in ways:
            if here == last.id:
                return Route(_cite(first), steps, is_found=True)
            if len(steps) == most_steps:
                continue
            for neighbour in self.related(Place(id=here))[1]:
                if neighbour.id not in seen:
                    seen.add(neighbour.id)
                    ways.append((neighbour.id, (*steps, neighbour)))
        return Route(_cite(first), (), is_found=False)

    def repo_map(
        self, path: str, *, project: str = "", focus: Sequence[Place] = (), budget_tokens: int, check: Check
    ) -> RepoMap:
        """List paths while their words fit, those in focus first."""
        self._pass(check)
        near = [self._meant(place).source.path for place in focus]
        paths = [item.source.path for item in self.items.values() if item.source.path.startswith(path or "/")]
        shown = sorted(paths, key=lambda one: (one not in near, one))[:budget_tokens]
        return RepoMap("\n".join(shown), len(shown), budget_tokens, len(shown), 0, len(paths), 0.5)

    # ---- recalling --------------------------------------------------------------------------------------------

    def recall(self, query: RecallQuery, *, check: Check) -> RecallResult:
        """Rank by the share of the query's words that an item holds."""
        self._pass(check)
        wanted = set(query.text.lower().split())
        scored = []
        for item in list(self.items.values()):
            share = len(wanted & set(item.text.lower().split())) / len(wanted)
            if share and query.project in ("", item.meta.project):
                scored.append((share, item))
        scored.sort(key=lambda pair: (-pair[0], pair[1].id))
        return RecallResult(tuple(_hit(share, item) for share, item in scored[: query.k]), 0.5, {"sparse": 0.5}, ())

    def context_pack(
        self, query: RecallQuery, *, budget_tokens: int, model: str = "", has_second: bool = True, check: Check
    ) -> ContextPack:
        """Quote whole items while their words fit."""
        fragments: list[Fragment] = []
        left = budget_tokens
        for hit in self.recall(query, check=check).items:
            text = self.items[hit.id].text
            if (size := len(text.split())) <= left:
                left -= size
                fragments.append(Fragment(len(fragments) + 1, hit, text, size))
        text = "\n".join(f"[{f.number}] {f.text}" for f in fragments)
        second = f"{query.text} for {model}" if has_second and model else ""
        return ContextPack(text, tuple(fragments), budget_tokens - left, budget_tokens, 0.5, (), second)

    def ask(self, query: RecallQuery, *, most: int, check: Check) -> Answer:
        """Quote the first line of items that hold every word of the question."""
        hits = self.recall(query, check=check).items
        whole = [hit for hit in hits if hit.score == 1.0][:most]
        sentences = tuple(
            AnswerSentence(number, self.items[hit.id].text.partition("\n")[0], hit.cite, hit.score)
            for number, hit in enumerate(whole, 1)
        )
        nearest = () if whole else tuple(hit.cite for hit in hits[:3])
        return Answer(bool(whole), sentences, nearest, max((hit.score for hit in hits), default=0.0), 0.5)

    def get(self, item_id: ItemId) -> MemoryItem:
        """Return an item."""
        if item_id not in self.items:
            raise NotFoundError(f"no item `{item_id}`", fix="see `cairn list`")
        return self.items[item_id]

    def list_items(self, filters: Filters, *, cursor: str = "", limit: int = 50) -> ItemPage:
        """Return a page, newest first; the cursor is a row number."""
        found = [i for i in reversed(self.items.values()) if not filters.projects or i.meta.project in filters.projects]
        start = int(cursor or 0)
        more = str(start + limit) if len(found) > start + limit else ""
        return ItemPage(tuple(found[start : start + limit]), more)

    # ---- forgetting and upkeep --------------------------------------------------------------------------------

    def forget(
        self,
        selector: ForgetSelector,
        *,
        is_dry_run: bool,
        is_audited: bool = False,
        report: Report,
        check: Check,
    ) -> ForgetSummary:
        """Forget what matches every field set; a dictionary leaves nothing behind."""
        chosen = [item for item in self.items.values() if _is_chosen(item, selector)]
        for number, item in enumerate(chosen, 1):
            self._pass(check)
            report(Progress(number, len(chosen), "items", 1.0, 0.0, "forget"))
            if not is_dry_run:
                del self.items[item.id]
        erasure = None
        if is_audited and not is_dry_run and chosen:
            erasure = Erasure(f"er_{len(self.erased)}", "erased", len(chosen), len(chosen), "2026-01-01T00:00:00Z")
            self.erased.insert(0, erasure)
        return ForgetSummary(len(chosen), len(chosen), is_dry_run, tuple(chosen[:20]), erasure)

    def erasures(self) -> list[Erasure]:
        """Return what was audited."""
        return list(self.erased)

    def stats(self) -> FabricStats:
        """Count."""
        projects: dict[str, int] = {}
        for item in list(self.items.values()):
            projects[item.meta.project] = projects.get(item.meta.project, 0) + 1
        size = len(self.items)
        state = IndexState("sparse", "words", size, size, size, 0, "ready")
        return FabricStats(size, size, projects, {"text": size}, {"en": size}, (state,), 0, "", "absent", {"runs": 0})

    def keep_following(self, paths: Sequence[str], *, project: str = "") -> None:
        """Note the folders."""
        self.kept.update((path, FollowedFolder(path, project)) for path in paths)

    def stop_following(self, paths: Sequence[str]) -> None:
        """Strike them out."""
        for path in paths:
            if path not in self.kept:
                raise NotFoundError(f"`{path}` is not followed", fix="see `cairn watch --list`")
            del self.kept[path]

    def followed(self) -> list[FollowedFolder]:
        """Return what is noted, by path."""
        return [self.kept[path] for path in sorted(self.kept)]

    def on_followed(self, told: Callable[[], None]) -> None:
        """Nobody listens here."""

    def coverage(self, path: str = "", *, check: Check) -> Iterator[CoverageRow]:
        """Yield what was kept and what was skipped."""
        for item in list(self.items.values()):
            if item.source.path.startswith(path):
                yield CoverageRow(item.source.path, "indexed", "", 1)
        for skipped, reason in self.skipped.items():
            yield CoverageRow(skipped, "skipped", reason, 0)

    def compact(self, *, report: Report, check: Check) -> None:
        """Walk over everything twice."""
        for number in range(1, 3):
            self._pass(check)
            report(Progress(number, 2, "indexes", 1.0, 0.0, "compact"))

    def replay(self, *, names: Sequence[str] = (), report: Report, check: Check) -> None:
        """Note what was asked for."""
        self._pass(check)
        self.replayed.append(tuple(names))
        report(Progress(1, 1, "chunks", 1.0, 0.0, "replay"))

    def doctor(self, *, is_repairing: bool, check: Check) -> list[DoctorCheck]:
        """Find everything sound."""
        self._pass(check)
        return [
            DoctorCheck("store", True, "sound"),
            DoctorCheck("sparse", True, "repaired" if is_repairing else "level"),
        ]

    def wait_until_searchable(self, *, is_dense: bool, report: Report, check: Check) -> None:
        """Everything is found at once."""
        check()


def _cite(item: MemoryItem) -> Cite:
    return Cite(path=item.source.path, line=1, uri=item.source.uri)


def _neighbour(item: MemoryItem, relation: str, direction: str, weight: float) -> Neighbour:
    return Neighbour(item.id, relation, direction, _cite(item), item.meta.title, weight)  # type: ignore[arg-type]  # one of two


def _hit(score: float, item: MemoryItem) -> Hit:
    cite = Cite(path=item.source.path, line=1, line_end=item.text.count("\n") + 1, uri=item.source.uri)
    parts = ScoreParts(sparse=score, recency=0.5)
    return Hit(item.id, score, parts, item.text[:80], cite, "text", item.meta.project, ChunkId(1), ((0, 4),))


def _is_chosen(item: MemoryItem, selector: ForgetSelector) -> bool:
    when = item.source.timestamp
    return (
        (not selector.ids or item.id in selector.ids)
        and (not selector.project or item.meta.project == selector.project)
        and (not selector.path or item.source.path.startswith(selector.path))
        and (selector.since_s is None or (when is not None and when >= selector.since_s))
        and (selector.until_s is None or (when is not None and when < selector.until_s))
    )
