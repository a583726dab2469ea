"""What the client returns; field names are those of the documented `--json` output."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = [
    "CheckRow",
    "Cite",
    "CoverageRow",
    "EvalReport",
    "ForgetSummary",
    "Fragment",
    "Hit",
    "IndexSummary",
    "Item",
    "Meta",
    "Pack",
    "Page",
    "Progress",
    "RecallResult",
    "ScoreParts",
    "Skipped",
    "Source",
    "WatchEvent",
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


class ScoreParts(msgspec.Struct, frozen=True):
    """What a score is made of; None for a leg that did not answer."""

    dense: float | None
    sparse: float | None
    recency: float
    quality: float
    boost: float
    rerank: float | None


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


class RecallResult(msgspec.Struct, frozen=True):
    """Ranked answers."""

    items: tuple[Hit, ...]
    took_ms: float
    stages: dict[str, float]
    degraded: tuple[str, ...]


class Fragment(msgspec.Struct, frozen=True):
    """One quote of a pack."""

    number: int
    cite: Cite
    text: str
    tokens: int


class Pack(msgspec.Struct, frozen=True):
    """Quoted evidence under a budget."""

    text: str
    fragments: tuple[Fragment, ...]
    tokens: int
    budget_tokens: int
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


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an item comes from."""

    path: str = ""
    repo: str = ""
    commit: str = ""
    timestamp: str = ""
    uri: str = ""


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known about an item."""

    project: str = ""
    layer: str = ""
    tags: tuple[str, ...] = ()
    quality: float = 0.0
    version: int = 0
    title: str = ""
    mime: str = ""
    content_hash: str = ""


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


class ForgetSummary(msgspec.Struct, frozen=True):
    """What was, or would be, forgotten."""

    items: int
    chunks: int
    is_dry_run: bool
    examples: tuple[Item, ...]


class CoverageRow(msgspec.Struct, frozen=True):
    """A source and what became of it."""

    path: str
    state: str
    reason: str
    chunks: int


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


def from_wire(message: Any, kind: type[Any]) -> Any:
    """Return a wire message as one of these structs, field by field; fields that the struct lacks are left out."""
    values = {}
    for name, hint in _hints(kind).items():
        values[name] = _value(message, name, hint)
    return kind(**values)


_cache: dict[type[Any], dict[str, Any]] = {}


def _hints(kind: type[Any]) -> dict[str, Any]:
    from typing import get_type_hints

    if kind not in _cache:
        _cache[kind] = get_type_hints(kind)
    return _cache[kind]


def _value(message: Any, name: str, hint: Any) -> Any:
    value = getattr(message, name)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return from_wire(value, hint)
    arguments = getattr(hint, "__args__", ())
    if name == "highlights":
        return tuple((range_.start, range_.end) for range_ in value)
    if arguments and isinstance(arguments[0], type) and issubclass(arguments[0], msgspec.Struct):
        return tuple(from_wire(item, arguments[0]) for item in value)
    if type(None) in arguments:
        return value if message.HasField(name) else None
    if arguments and arguments[-1] is Ellipsis:
        return tuple(value)
    return dict(value) if hasattr(value, "items") else value
