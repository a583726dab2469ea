"""The memory's own words: what goes in, what is kept, what comes out.

Field names of `MemoryItem`, `RecallQuery` and `RecallResult` are wire names (contracts §1): change them only with
the schema. Everything is frozen; times are seconds since the epoch inside the memory and RFC 3339 at the edge.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from foundation.ids import ChunkId, ItemId, JournalSeq

__all__ = [
    "ChunkRow",
    "ChunkSpan",
    "Cite",
    "Document",
    "Filters",
    "Freshness",
    "Hit",
    "ItemSource",
    "JournalEntry",
    "MemoryItem",
    "Meta",
    "Modality",
    "RecallQuery",
    "RecallResult",
    "ScoreParts",
    "Signals",
    "SkippedFile",
    "Turn",
    "Weights",
]

Modality = Literal["text", "code", "image", "audio", "video", "conversation"]
Layer = Literal["document", "session", "episodic", "semantic", "preference", "diary"]


# ---- going in -------------------------------------------------------------------------------------------------


class Turn(msgspec.Struct, frozen=True):
    """What one speaker says before another does; the turns of a document lie end to end and cover it whole."""

    start: int
    """Offset in the document text at which it begins, the speaker's name included."""
    speaker: str = ""
    """Empty for what stands before the first speaker."""
    timestamp_s: float | None = None
    """None where the source does not tell: then the document's time counts."""


class Document(msgspec.Struct, frozen=True):
    r"""What a reader makes of one source: clean text, and how its lines map back to the source.

    Line `i` (0-based) of `text.split("\n")` stands at source line `source_lines[i]` (1-based) and on page
    `pages[i]`; None means that text and source lines are the same, and that there are no pages. Where a line is put
    together from several of the source, `source_ends[i]` is the last of them; None means that no line is.
    """

    text: str
    modality: Modality
    format: str
    """Chooses the chunker: `markdown`, `rst`, `text`, `csv`, `conversation`, or a language such as `python`."""
    mime: str
    inner_path: str = ""
    """Path inside a container (`mail/1.txt` of a zip); empty for the file itself."""
    part: str = ""
    """Which of several documents of one file it is, such as a conversation's id; empty for the only one."""
    title: str = ""
    language: str = ""
    """Programming language of code; empty for prose, whose natural language is decided per chunk."""
    source_lines: tuple[int, ...] | None = None
    source_ends: tuple[int, ...] | None = None
    pages: tuple[int, ...] | None = None
    timestamp_s: float | None = None
    meta: dict[str, str] = {}
    turns: tuple[Turn, ...] = ()
    """Of a conversation, in order."""
    links: tuple[tuple[str, int], ...] = ()
    """Targets that the text shows no more, as of the links of a web page, each with its source line."""


class ChunkSpan(msgspec.Struct, frozen=True):
    """One fragment of a document; the spans of a document lie end to end and cover it whole.

    `text[start:end]` is the fragment. Lines are 1-based in the *document text*, both inclusive; the pipeline maps
    them to source lines.
    """

    start: int
    end: int
    line_start: int
    line_end: int
    headings: tuple[str, ...] = ()
    """Heading path of prose, outermost first."""
    symbol: str = ""
    """Scope name of code, e.g. `Parser.parse`; those of several small definitions joined by `, `, in their order;
    empty outside a definition. In a conversation who speaks, in the same manner."""
    symbol_kind: str = ""
    """`function`, `class`, `method`, `type`, `module`, `speaker` or empty."""
    signature: str = ""
    docstring: str = ""
    timestamp_s: float | None = None
    """When the first turn was said; None where that is not known."""


# ---- kept -----------------------------------------------------------------------------------------------------


class ItemSource(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an item comes from."""

    path: str = ""
    repo: str = ""
    commit: str = ""
    timestamp: float | None = None
    line_start: int | None = None
    line_end: int | None = None
    time_start_s: float | None = None
    time_end_s: float | None = None
    uri: str = ""


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known about an item beside its words."""

    project: str = ""
    language: str = ""
    scope: str = ""
    layer: Layer = "document"
    tags: tuple[str, ...] = ()
    pii: bool = False
    secrets_redacted: int = 0
    quality: float = 0.5
    permissions: str = ""
    version: int = 1
    title: str = ""
    mime: str = ""
    content_hash: str = ""
    fields: dict[str, str] = {}
    """What the source said of it: a mail's headers, an archive's folders, a record's `meta`; empty in lists."""


class MemoryItem(msgspec.Struct, frozen=True):
    """One thing that the memory keeps."""

    id: ItemId
    modality: Modality
    source: ItemSource
    meta: Meta
    text: str = ""
    chunks: int = 0


class ChunkRow(msgspec.Struct, frozen=True):
    """A stored fragment together with what the indexes and citations need of its item."""

    id: ChunkId
    item_id: ItemId
    item_key: int
    """The item's integer key: cheap grouping and payload field."""
    ordinal: int
    text: str
    context: str
    """Title, heading path, scope, signature and path: searched and embedded with the text, never quoted."""
    line_start: int
    line_end: int
    page: int
    """0 when the source has no pages."""
    language: str
    """`en`, `ru`, another ISO 639-1 code, `und`, or a programming language."""
    symbol: str
    symbol_kind: str
    content_hash: bytes
    """16 bytes over context and text: the key of the embedding cache, and exact-duplicate detection."""
    modality: Modality
    project: str
    path: str
    uri: str
    timestamp_s: float
    """Of a turn the time at which it was said, else the item's; 0 where there is none: then `is_dated` says so, and no
    condition on time is met."""
    quality: float
    layer: str = "document"
    is_dated: bool = True


class JournalEntry(msgspec.Struct, frozen=True):
    """One line of the ingest journal: chunks that came or went."""

    seq: JournalSeq
    op: Literal["put", "drop"]
    chunk_ids: tuple[ChunkId, ...]


class SkippedFile(msgspec.Struct, frozen=True):
    """A source that was not indexed, and why."""

    path: str
    reason: str


# ---- asked and answered ---------------------------------------------------------------------------------------


class Filters(msgspec.Struct, frozen=True):
    """What a search may return; empty fields do not restrict.

    Times are seconds since the epoch, `since` inclusive, `until` exclusive; what has no date meets neither.
    """

    projects: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    path_prefix: str = ""
    since_s: float | None = None
    until_s: float | None = None
    layers: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything passes."""
        return self == Filters()


class Signals(msgspec.Struct, frozen=True):
    """Hints beside the words of a query."""

    code_symbols: tuple[str, ...] = ()
    file_hints: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()


Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights of the score; each part is 0..1 before weighting."""

    dense: Share = 0.58
    sparse: Share = 0.22
    recency: Share = 0.12
    quality: Share = 0.08


class RecallQuery(msgspec.Struct, frozen=True):
    """A question to the memory."""

    text: str
    signals: Signals = Signals()
    modality: tuple[str, ...] = ()
    project: str = ""
    language: str = ""
    path_prefix: str = ""
    layers: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    k: int = 20
    strategy: Literal["adaptive", "weighted", "rrf", "dense", "sparse"] = "adaptive"
    weights: Weights | None = None
    rerank: bool | None = None
    """Whether to look at the best candidates twice; None leaves it to the configuration."""
    budget_tokens: int = 0
    """A word of the contract that nothing reads yet: a pack takes its budget beside the query."""
    is_grouped: bool = True
    """Whether several fragments of one source are folded behind its best ones."""


class Cite(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where to look: `path:line`, a page, a time code, or a uri."""

    path: str = ""
    line: int = 0
    line_end: int = 0
    page: int = 0
    time_s: float | None = None
    uri: str = ""
    symbol: str = ""
    timestamp: float | None = None
    """When it was said: of conversations only."""


class ScoreParts(msgspec.Struct, frozen=True):
    """The parts of a score, 0..1 each; None where a leg did not answer (unknown is not zero)."""

    dense: float | None = None
    sparse: float | None = None
    recency: float = 0.0
    quality: float = 0.0
    boost: float = 0.0
    """Of exact matches; below 0 where something else that answers nearly as well is preferred."""
    rerank: float | None = None
    proof: float | None = None
    """How much of the question stands together; None for what was not among the best."""
    share: float | None = None
    """Weight of the dense score, where it is chosen for each fragment; the sparse one, with its proof, has the rest."""


Freshness = Literal["fresh", "stale", "gone", "unknown"]
"""Whether the source still says it; `unknown` when the disk did not answer in time, and `degraded` says so."""


class Hit(msgspec.Struct, frozen=True):
    """One answer."""

    id: ItemId
    score: float
    parts: ScoreParts
    snippet: str
    cite: Cite
    modality: Modality
    project: str
    chunk_id: ChunkId
    highlights: tuple[tuple[int, int], ...] = ()
    """Character ranges of `snippet` that match the query."""
    more: int = 0
    """Further fragments of the same source, folded behind this one."""
    freshness: Freshness = "fresh"
    """Records and notes have no source that could change."""


class RecallResult(msgspec.Struct, frozen=True):
    """The answer to one `RecallQuery`."""

    items: tuple[Hit, ...]
    took_ms: float
    stages: dict[str, float] = {}
    """Milliseconds by stage: `embed`, `dense`, `sparse`, `fuse`, `rerank`, `fresh`."""
    degraded: tuple[str, ...] = ()
    journal_seq: int = 0
    """Position of the truth that was answered from."""
    applied_seq: int = 0
    """Position up to which every index in use held everything."""
