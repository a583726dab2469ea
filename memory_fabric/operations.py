"""What the fabric is asked to do beside recall, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from foundation.ids import ItemId
from memory_fabric.records import Cite, Freshness, Hit, MemoryItem, SkippedFile

__all__ = [
    "Answer",
    "AnswerSentence",
    "Check",
    "ContextPack",
    "CoverageRow",
    "DoctorCheck",
    "Erasure",
    "Evidence",
    "FabricStats",
    "FollowedFolder",
    "ForgetSelector",
    "ForgetSummary",
    "Fragment",
    "IndexState",
    "IndexSummary",
    "IngestRecord",
    "ItemPage",
    "Link",
    "Progress",
    "Relation",
    "Report",
]

Check = Callable[[], None]
"""Called at every safe point; raises to stop the work (deadline passed, client gone, daemon draining)."""


class Progress(msgspec.Struct, frozen=True):
    """How far a long run is; at most ten a second are reported."""

    done: int
    total: int
    """0 while unknown."""
    unit: str
    rate: float
    """Units a second, lately; 0 while unknown."""
    eta_s: float
    """Seconds to go; 0 while unknown."""
    phase: str
    """`scan`, `index`, `embed`, `replay`, `compact`, `forget`, `erase`, `audit`."""
    path: str = ""


Report = Callable[[Progress], None]
"""Receives progress."""


class IndexSummary(msgspec.Struct, frozen=True):
    """What one `index` or `ingest` run did."""

    files: int
    """Sources seen, changed or not."""
    unchanged: int
    items: int
    """Items written."""
    chunks: int
    """Chunks written."""
    removed: int
    renamed: int
    skipped: tuple[SkippedFile, ...]
    redacted: int
    took_s: float
    chunks_per_s: float


class IngestRecord(msgspec.Struct, frozen=True):
    """One line of an imported corpus."""

    id: str
    text: str
    timestamp: str = ""
    """RFC 3339 or a common written form; empty is undated."""
    project: str = ""
    title: str = ""
    modality: str = ""
    """`text`, `code`, `conversation`; decided by content when empty."""
    language: str = ""
    meta: dict[str, str] = {}


class ForgetSelector(msgspec.Struct, frozen=True):
    """What to forget: every field that is set must match; at least one must be set."""

    ids: tuple[str, ...] = ()
    path: str = ""
    """A file, or a folder with everything below it."""
    project: str = ""
    since_s: float | None = None
    until_s: float | None = None
    session: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """What a holder of memory did to be rid of some fragments."""

    gone: int
    """Fragments that it held of them."""
    rewritten: int = 0
    """Fragments that stay and were written anew, because they shared a file with what went."""
    limit: str = ""
    """What it could not do or cannot prove; empty when it holds nothing of them any more."""


class Erasure(msgspec.Struct, frozen=True):
    """One audited erasure and how far it came. Holds no content."""

    id: str
    state: Literal["running", "erased", "incomplete", "unproven"]
    """`erased`: nothing was found. `incomplete`: something was found, or could not be looked at. `unproven`: it was
    interrupted and finished later, when nobody knew any more what to look for."""
    items: int
    chunks: int
    started_at: str
    finished_at: str = ""
    found: int = 0
    """Erased patterns that were still found at the end."""
    limits: tuple[str, ...] = ()
    """What could not be proved."""
    receipt: str = ""
    """The signed receipt, as it lies in the profile; empty while there is none."""


class ForgetSummary(msgspec.Struct, frozen=True):
    """What was, or would be, forgotten."""

    items: int
    chunks: int
    is_dry_run: bool
    examples: tuple[MemoryItem, ...] = ()
    """Up to 20 of them, without text."""
    erasure: Erasure | None = None
    """Of a forgetting that was audited."""


class ItemPage(msgspec.Struct, frozen=True):
    """A page of items, newest first, without text."""

    items: tuple[MemoryItem, ...]
    next_cursor: str = ""


class IndexState(msgspec.Struct, frozen=True):
    """One derived index beside the truth."""

    name: str
    backend: str
    applied_seq: int
    journal_seq: int
    points: int
    disk_bytes: int
    status: Literal["ready", "catching_up", "rebuilding", "absent", "failed"]
    detail: str = ""


class FabricStats(msgspec.Struct, frozen=True):
    """What the memory holds."""

    items: int
    chunks: int
    projects: dict[str, int]
    modalities: dict[str, int]
    languages: dict[str, int]
    indexes: tuple[IndexState, ...]
    store_bytes: int
    model: str
    model_state: Literal["ready", "cold", "absent", "failed"]
    queues: dict[str, int]


class DoctorCheck(msgspec.Struct, frozen=True):
    """One finding of `doctor`."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


class CoverageRow(msgspec.Struct, frozen=True):
    """One source and what became of it."""

    path: str
    state: Literal["indexed", "pending", "skipped", "failed"]
    reason: str = ""
    chunks: int = 0


class FollowedFolder(msgspec.Struct, frozen=True):
    """A folder or file that the daemon keeps level by itself."""

    path: str
    project: str = ""
    """As asked for; empty is the repository's or folder's name."""


class Fragment(msgspec.Struct, frozen=True):
    """One quoted piece of evidence."""

    number: int
    """The citation mark: `[1]`."""
    hit: Hit
    text: str
    tokens: int


class ContextPack(msgspec.Struct, frozen=True):
    """Evidence for a question under a token budget."""

    text: str
    """Ready to hand to a model: numbered quotes with their places."""
    fragments: tuple[Fragment, ...]
    tokens: int
    budget_tokens: int
    took_ms: float
    degraded: tuple[str, ...] = ()
    second_question: str = ""
    """What was asked of the memory beside the question: names that the first answers brought in; empty for nothing."""


class AnswerSentence(msgspec.Struct, frozen=True):
    """One sentence, or line of code, that answers."""

    number: int
    """The citation mark: `[1]`."""
    text: str
    """As it stands in the source, white space folded."""
    cite: Cite
    """Its own lines, not those of the whole fragment."""
    score: float
    """How well it answers, 0..1."""
    freshness: Freshness = "fresh"
    """Of the fragment that it stands in."""


class Answer(msgspec.Struct, frozen=True):
    """An answer in the words of the sources, or that there is none."""

    is_answered: bool
    """False: not in memory."""
    sentences: tuple[AnswerSentence, ...]
    """Best first; empty where nothing answers."""
    nearest: tuple[Cite, ...]
    """Where nothing answers: what comes nearest, for a look."""
    confidence: float
    """How sure it is that the memory holds an answer, 0..1."""
    took_ms: float
    degraded: tuple[str, ...] = ()


Relation = Literal[
    "mentions",
    "defines",
    "calls",
    "imports",
    "replies",
    "touches",
    "same_scene",
    "derived_from",
    "contradicts",
    "supersedes",
]
"""What an edge between two items says; `touches` leads from a commit to the files it changed."""


class Link(msgspec.Struct, frozen=True):
    """A typed edge between two items."""

    src: ItemId
    dst: ItemId
    relation: Relation
    weight: float = 1.0
