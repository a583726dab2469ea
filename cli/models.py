"""What the client returns; field names are those of the documented `--json` output."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from types import NoneType
from typing import Any, TypeVar, get_type_hints

import msgspec

__all__ = [
    "Answer",
    "AnswerSentence",
    "BenchReport",
    "BenchRow",
    "Blame",
    "Blamed",
    "CheckRow",
    "Cite",
    "CoverageRow",
    "Erasure",
    "EvalReport",
    "Followed",
    "FollowedFolder",
    "ForgetSummary",
    "Fragment",
    "Hit",
    "IndexState",
    "IndexSummary",
    "Info",
    "Item",
    "Meta",
    "Neighbour",
    "Pack",
    "Page",
    "Progress",
    "RecallResult",
    "Related",
    "RepoMap",
    "Route",
    "ScoreParts",
    "Skipped",
    "Source",
    "Stats",
    "WatchEvent",
    "from_wire",
]


class Progress(msgspec.Struct, frozen=True):
    """How far a long run is."""

    done: int
    total: int
    unit: str
    rate: float
    eta_s: float
    phase: str
    path: str = ""


class Cite(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a fragment stands."""

    path: str = ""
    line: int = 0
    line_end: int = 0
    page: int = 0
    time_s: float | None = None
    uri: str = ""
    symbol: str = ""
    timestamp: str = ""


class ScoreParts(msgspec.Struct, frozen=True):
    """What a score is made of; None for a leg that did not answer."""

    dense: float | None
    sparse: float | None
    recency: float
    quality: float
    boost: float
    rerank: float | None
    proof: float | None
    share: float | None


class Hit(msgspec.Struct, frozen=True):
    """One answer."""

    id: str
    score: float
    parts: ScoreParts
    snippet: str
    cite: Cite
    modality: str
    project: str
    highlights: tuple[tuple[int, int], ...] = ()
    more: int = 0
    freshness: str = "fresh"


class RecallResult(msgspec.Struct, frozen=True):
    """Ranked answers."""

    items: tuple[Hit, ...]
    took_ms: float
    stages: dict[str, float]
    degraded: tuple[str, ...]
    journal_seq: int = 0
    applied_seq: int = 0


class Fragment(msgspec.Struct, frozen=True):
    """One quote of a pack."""

    number: int
    cite: Cite
    text: str
    tokens: int
    freshness: str = "fresh"


class Pack(msgspec.Struct, frozen=True):
    """Quoted evidence under a budget."""

    text: str
    fragments: tuple[Fragment, ...]
    tokens: int
    budget_tokens: int
    took_ms: float
    degraded: tuple[str, ...]
    second_question: str = ""


class AnswerSentence(msgspec.Struct, frozen=True):
    """One sentence, or line of code, that answers."""

    number: int
    text: str
    cite: Cite
    score: float
    freshness: str = "fresh"


class Answer(msgspec.Struct, frozen=True):
    """An answer in the words of the sources; `nearest` where there is none."""

    is_answered: bool
    sentences: tuple[AnswerSentence, ...]
    nearest: tuple[Cite, ...]
    confidence: float
    took_ms: float
    degraded: tuple[str, ...]


class Skipped(msgspec.Struct, frozen=True):
    """A source that was not indexed, and why."""

    path: str
    reason: str


class IndexSummary(msgspec.Struct, frozen=True):
    """What an index run did."""

    files: int
    unchanged: int
    items: int
    chunks: int
    removed: int
    renamed: int
    skipped: tuple[Skipped, ...]
    redacted: int
    took_s: float
    chunks_per_s: float


class WatchEvent(msgspec.Struct, frozen=True):
    """One burst of changes; none in the first event, which says that watching has begun."""

    changes: int
    branch: str
    summary: IndexSummary


class FollowedFolder(msgspec.Struct, frozen=True):
    """A folder that the daemon keeps level by itself."""

    path: str
    project: str


class Followed(msgspec.Struct, frozen=True):
    """All of them."""

    folders: tuple[FollowedFolder, ...]


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an item comes from."""

    path: str = ""
    repo: str = ""
    commit: str = ""
    timestamp: str = ""
    line_start: int | None = None
    line_end: int | None = None
    time_start_s: float | None = None
    time_end_s: float | None = None
    uri: str = ""


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known about an item."""

    project: str = ""
    language: str = ""
    scope: str = ""
    layer: str = ""
    tags: tuple[str, ...] = ()
    pii: bool = False
    secrets_redacted: int = 0
    permissions: str = ""
    quality: float = 0.0
    version: int = 0
    title: str = ""
    mime: str = ""
    content_hash: str = ""
    fields: dict[str, str] = {}


class Item(msgspec.Struct, frozen=True):
    """One thing that the memory keeps."""

    id: str
    modality: str
    source: Source
    meta: Meta
    text: str
    chunks: int


class Page(msgspec.Struct, frozen=True):
    """A page of items."""

    items: tuple[Item, ...]
    next_cursor: str


class Neighbour(msgspec.Struct, frozen=True):
    """One end of a link, seen from the other."""

    id: str
    relation: str
    direction: str
    cite: Cite
    title: str
    weight: float
    count: int
    line: int
    symbol: str


class Related(msgspec.Struct, frozen=True):
    """What was asked for, and its neighbours."""

    places: tuple[Cite, ...]
    neighbours: tuple[Neighbour, ...]
    took_ms: float


class Blamed(msgspec.Struct, frozen=True):
    """Neighbouring lines of one commit."""

    commit: str
    author: str
    timestamp: str
    summary: str
    line: int
    line_end: int
    id: str


class Blame(msgspec.Struct, frozen=True):
    """The commits behind some lines."""

    commits: tuple[Blamed, ...]


class Route(msgspec.Struct, frozen=True):
    """A shortest way between two items."""

    start: Cite
    steps: tuple[Neighbour, ...]
    is_found: bool
    took_ms: float


class RepoMap(msgspec.Struct, frozen=True):
    """What a tree leans on most, under a budget."""

    text: str
    tokens: int
    budget_tokens: int
    files: int
    symbols: int
    of_files: int
    took_ms: float


class Erasure(msgspec.Struct, frozen=True):
    """An audited erasure and how far it came."""

    id: str
    state: str
    items: int
    chunks: int
    started_at: str
    finished_at: str
    found: int
    limits: tuple[str, ...]
    receipt: str


class ForgetSummary(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was, or would be, forgotten."""

    items: int
    chunks: int
    is_dry_run: bool
    examples: tuple[Item, ...]
    erasure: Erasure | None = None


class CoverageRow(msgspec.Struct, frozen=True):
    """A source and what became of it."""

    path: str
    state: str
    reason: str
    chunks: int


class IndexState(msgspec.Struct, frozen=True):
    """One derived index beside the truth."""

    name: str
    backend: str
    applied_seq: int
    journal_seq: int
    points: int
    disk_bytes: int
    status: str
    detail: str


class Stats(msgspec.Struct, frozen=True):
    """What the memory holds."""

    items: int
    chunks: int
    projects: dict[str, int]
    modalities: dict[str, int]
    languages: dict[str, int]
    indexes: tuple[IndexState, ...]
    store_bytes: int
    model: str
    model_state: str
    queues: dict[str, int]


class Info(msgspec.Struct, frozen=True):
    """The daemon's process."""

    pid: int
    version: str
    profile: str
    uptime_s: float
    serving: bool
    rss_mb: float
    started_at: str


class CheckRow(msgspec.Struct, frozen=True):
    """One finding of the doctor."""

    name: str
    ok: bool
    detail: str
    fix: str


class EvalReport(msgspec.Struct, frozen=True):
    """Quality and latency over a golden set."""

    set: str
    queries: int
    recall_5: float = msgspec.field(name="recall@5")
    recall_10: float = msgspec.field(name="recall@10")
    recall_20: float = msgspec.field(name="recall@20")
    ndcg_10: float = msgspec.field(name="ndcg@10")
    mrr_10: float = msgspec.field(name="mrr@10")
    p50_ms: float
    p95_ms: float
    p99_ms: float
    regressed: bool
    degraded: tuple[str, ...]


class BenchRow(msgspec.Struct, frozen=True):
    """Figures of one part of a benchmark at one granularity."""

    part: str
    granularity: str
    pool: str
    n: int
    figures: dict[str, float]


class BenchReport(msgspec.Struct, frozen=True):
    """What a benchmark measured."""

    bench: str
    strategy: str
    pools: int
    documents: int
    questions: int
    counted: dict[str, int]
    rows: tuple[BenchRow, ...]
    depth: int
    p50_ms: float
    p95_ms: float
    notes: tuple[str, ...]
    degraded: tuple[str, ...]


Kind = TypeVar("Kind", bound=msgspec.Struct)
_Reader = Callable[[Any], Any]


def from_wire(message: Any, kind: type[Kind]) -> Kind:
    """Return a wire message as one of these structs, field by field; fields that the struct lacks are left out."""
    return kind(*[read(message) for read in _readers(kind)])


@cache
def _readers(kind: type[msgspec.Struct]) -> tuple[_Reader, ...]:
    """Return what reads each field: asked once a kind, because an answer has hundreds of them."""
    hints = get_type_hints(kind)
    return tuple(_reader(name, hints[name]) for name in kind.__struct_fields__)


def _reader(name: str, hint: Any) -> _Reader:
    read, arguments = attrgetter(name), getattr(hint, "__args__", ())
    if name == "highlights":
        return lambda message: tuple((part.start, part.end) for part in read(message))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return lambda message: from_wire(read(message), hint)
    inner = arguments[0] if arguments else None
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        if NoneType in arguments:
            return lambda message: from_wire(read(message), inner) if message.HasField(name) else None
        return lambda message: tuple(from_wire(item, inner) for item in read(message))
    if NoneType in arguments:
        return lambda message: read(message) if message.HasField(name) else None
    if arguments:
        whole = dict if arguments[-1] is not Ellipsis else tuple
        return lambda message: whole(read(message))
    return read
