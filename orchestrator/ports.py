"""What the doors may ask for: the memory, the process and the evaluation, as protocols."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from foundation.ids import ItemId
from memory_eval.bench.records import BenchReport
from memory_fabric.ingest.watch import ChangeSet
from memory_fabric.links.records import Commit, Neighbour, Place, RepoMap, Route
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
from memory_fabric.records import Cite, Filters, MemoryItem, RecallQuery, RecallResult

__all__ = ["BenchRequest", "EvalReport", "EvalService", "Info", "LinkService", "MemoryService", "SystemService"]


class LinkService(Protocol):
    """The links between items, and the history behind them; every method blocks."""

    def related(
        self, place: Place, *, relations: Sequence[str] = (), direction: str = "", limit: int = 50
    ) -> tuple[list[Cite], list[Neighbour]]:
        """Return what a place means, and its neighbours."""

    def path_between(self, start: Place, end: Place, *, most_steps: int, check: Check) -> Route:
        """Return a shortest way between two items."""

    def repo_map(
        self, path: str, *, project: str = "", focus: Sequence[Place] = (), budget_tokens: int, check: Check
    ) -> RepoMap:
        """Draw what a tree leans on most."""

    def blame(self, path: str, line: int = 0, line_end: int = 0) -> list[Commit]:
        """Return the commits behind some lines of a file."""


class MemoryService(Protocol):
    """The memory; every method blocks and may be called from many threads. `MemoryFabric` is the one that ships."""

    def index(
        self, paths: Sequence[str], *, project: str = "", is_forced: bool = False, report: Report, check: Check
    ) -> IndexSummary:
        """Bring the memory level with files and folders."""

    def sync(self, changes: ChangeSet, roots: Sequence[str], *, project: str, check: Check) -> IndexSummary:
        """Bring the memory level with one burst of changes."""

    def follow(self, roots: Sequence[str]) -> AsyncIterator[ChangeSet | None]:
        """Yield None once watching has begun, then each burst of changes."""

    def ingest(self, records: Iterable[IngestRecord], *, project: str, report: Report, check: Check) -> IndexSummary:
        """Import records with known ids."""

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

    def recall(self, query: RecallQuery, *, check: Check) -> RecallResult:
        """Answer a question."""

    def context_pack(
        self, query: RecallQuery, *, budget_tokens: int, model: str = "", has_second: bool = True, check: Check
    ) -> ContextPack:
        """Return quoted evidence under a budget."""

    def ask(self, query: RecallQuery, *, most: int, check: Check) -> Answer:
        """Answer in the words of the sources, or say that it is not in memory."""

    def get(self, item_id: ItemId) -> MemoryItem:
        """Return one item with its text."""

    def list_items(self, filters: Filters, *, cursor: str = "", limit: int = 50) -> ItemPage:
        """Return a page of items."""

    def link(self, link: Link) -> None:
        """Add a typed edge."""

    @property
    def graph(self) -> LinkService:
        """Return who answers about links."""

    def forget(
        self,
        selector: ForgetSelector,
        *,
        is_dry_run: bool,
        is_audited: bool = False,
        report: Report,
        check: Check,
    ) -> ForgetSummary:
        """Forget what matches; audited, with a signed receipt."""

    def erasures(self) -> list[Erasure]:
        """Return every audited erasure, newest first."""

    def stats(self) -> FabricStats:
        """Return what is held."""

    def coverage(self, path: str = "", *, check: Check) -> Iterator[CoverageRow]:
        """Yield every source and what became of it; below a path, as the disk is now."""

    def keep_following(self, paths: Sequence[str], *, project: str = "") -> None:
        """Have folders followed from now on, after a restart too."""

    def stop_following(self, paths: Sequence[str]) -> None:
        """Follow folders no longer."""

    def followed(self) -> Sequence[FollowedFolder]:
        """Return the folders that are to be followed."""

    def on_followed(self, told: Callable[[], None]) -> None:
        """Have `told` called, on any thread, when other folders are to be followed."""

    def compact(self, *, report: Report, check: Check) -> None:
        """Merge and shrink."""

    def replay(self, *, names: Sequence[str] = (), report: Report, check: Check) -> None:
        """Rebuild indexes from the truth."""

    def doctor(self, *, is_repairing: bool, check: Check) -> list[DoctorCheck]:
        """Compare the truth and its indexes."""

    def wait_until_searchable(self, *, is_dense: bool, report: Report, check: Check) -> None:
        """Wait for the indexes."""


class Info(msgspec.Struct, frozen=True):
    """The process."""

    pid: int
    version: str
    profile: str
    uptime_s: float
    serving: bool
    rss_mb: float
    started_at: str


class SystemService(Protocol):
    """The process itself."""

    def info(self) -> Info:
        """Return who is running."""

    def config(self) -> str:
        """Return the configuration in force as TOML, secrets masked."""

    def metrics(self) -> str:
        """Return figures in Prometheus' text format."""

    def drain(self) -> None:
        """Begin to stop; returns at once."""


class EvalReport(msgspec.Struct, frozen=True):
    """Quality and latency over one golden set."""

    set: str
    queries: int
    recall_5: float
    recall_10: float
    recall_20: float
    ndcg_10: float
    mrr_10: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    regressed: bool = False
    degraded: tuple[str, ...] = ()
    """Why answers were less than they could be, each reason once."""


class BenchRequest(msgspec.Struct, frozen=True):
    """What a benchmark is run on."""

    format: str
    paths: tuple[str, ...]
    strategy: str = "adaptive"
    split: str = ""
    """Which judgements of BEIR; empty is `test`."""
    keys: tuple[str, ...] = ()
    """Corrected keys of LoCoMo."""
    limit: int = 0
    """Pools that are looked at; 0 for all."""


class EvalService(Protocol):
    """The evaluation."""

    def run(self, set_name: str, *, strategy: str, report: Report, check: Check) -> EvalReport:
        """Run a golden set against a memory of its own."""

    def bench(self, request: BenchRequest, *, report: Report, check: Check) -> BenchReport:
        """Run a public benchmark on files of the user's, against a memory of its own."""
