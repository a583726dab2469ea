"""Every key of the `[memory]` section, with its unit and default."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from memory_fabric.records import Weights

__all__ = [
    "DenseConfig",
    "EmbedConfig",
    "IngestConfig",
    "MemoryConfig",
    "RecallConfig",
    "RerankConfig",
    "ScanConfig",
    "SparseConfig",
]


# bounds: what any machine that Cairn runs on could work with, so that a slip of the finger is told and not obeyed
FileBytes = Annotated[int, msgspec.Meta(ge=1_024, le=4 * 1024**3)]
"""A file is read whole."""
ArchiveBytes = Annotated[int, msgspec.Meta(ge=1_024, le=64 * 1024**3)]
Ratio = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
FragmentChars = Annotated[int, msgspec.Meta(ge=100, le=100_000)]
Batch = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Threads = Annotated[int, msgspec.Meta(ge=1, le=256)]
Texts = Annotated[int, msgspec.Meta(ge=1, le=1_024)]
Points = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Edges = Annotated[int, msgspec.Meta(ge=2, le=128)]
Beam = Annotated[int, msgspec.Meta(ge=4, le=10_000)]
"""The engine takes no fewer than 4 while it builds."""
HeapBytes = Annotated[int, msgspec.Meta(ge=15_000_000, le=4_000_000_000)]
"""Tantivy takes no fewer, and no more than 32 bits count."""
Candidates = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Days = Annotated[float, msgspec.Meta(ge=0.01, le=36_500)]
SnippetChars = Annotated[int, msgspec.Meta(ge=20, le=10_000)]
Commits = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Fragments = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class IngestConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reading and cutting."""

    max_file_bytes: FileBytes = 32 * 1024 * 1024
    """Larger files are skipped with the reason."""
    max_archive_bytes: ArchiveBytes = 512 * 1024 * 1024
    """An archive that unpacks to more is refused."""
    max_archive_ratio: Ratio = 200
    """Unpacked size over packed size beyond which an archive is a bomb."""
    chunk_chars: FragmentChars = 1000
    """Wanted size of a fragment; the default model sees 256 tokens, about 1,000 characters of English."""
    max_chunk_chars: FragmentChars = 1600
    """Hard limit of a fragment."""
    batch_files: Batch = 64
    """Files in one transaction."""
    roots: tuple[str, ...] = ("/",)
    """Folders that may be indexed; a path outside them is refused."""
    denied: tuple[str, ...] = (
        *("/proc", "/sys", "/dev"),
        *("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/ssh", "/etc/ssl/private"),
        *("~/.ssh", "~/.gnupg", "~/.aws", "~/.kube", "~/.netrc"),
    )
    """Folders that are never indexed, even inside an allowed one; the profile itself is always among them."""
    is_following_gitignore: bool = True
    git_commits: Commits = 5_000
    """Of each repository whose folder is indexed, the newest commits that are remembered; 0 for none."""
    readers: Threads = 2
    """Threads that read and cut."""

    def __post_init__(self) -> None:
        if self.chunk_chars > self.max_chunk_chars:
            raise ValueError(f"`chunk_chars` ({self.chunk_chars}) is larger than `max_chunk_chars`")


ScanPolicy = Literal["redact", "tag", "refuse", "off"]
"""`redact`: cut out; `tag`: kept and said of the item; `refuse`: the item is not stored; `off`: not looked for."""


_CUT: ScanPolicy = "redact"
_KEPT: ScanPolicy = "tag"


class ScanConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of secrets and personal data, by kind, before anything is stored."""

    private_key: ScanPolicy = _CUT
    cloud_key: ScanPolicy = _CUT
    api_token: ScanPolicy = _CUT
    jwt: ScanPolicy = _CUT
    connection: ScanPolicy = _CUT
    password: ScanPolicy = _CUT
    secret: ScanPolicy = _CUT
    email: ScanPolicy = _KEPT
    phone: ScanPolicy = _KEPT
    address: ScanPolicy = _KEPT
    card: ScanPolicy = _CUT
    iban: ScanPolicy = _CUT
    snils: ScanPolicy = _CUT
    inn: ScanPolicy = _KEPT
    passport: ScanPolicy = _CUT
    ssn: ScanPolicy = _CUT


class EmbedConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text model."""

    model: str = "all-minilm-l6-v2"
    """Name of a manifest in `models/`; empty for none."""
    threads: Threads = 2
    batch: Texts = 8
    """Texts in one model call; measured: small length-sorted batches beat large ones."""
    is_warm_on_start: bool = True
    """Whether the model loads in the background after start."""


class DenseConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The vector index."""

    backend: Literal["qdrant_edge", "qdrant_server", "exact"] = "qdrant_edge"
    url: str = ""
    """Of a Qdrant server, for `qdrant_server`."""
    hnsw_from_points: Points = 20_000
    """Below this a full scan answers; above it `optimize` builds a graph."""
    hnsw_m: Edges = 16
    hnsw_ef_construct: Beam = 64
    hnsw_ef: Beam = 100
    """Measured on 14,000 fragments of code embedded by the default model: recall@10 .992; with 32 and 256 it is .997,
    and the graph takes 2.6 times as long to build."""
    quantization: Literal["none", "scalar"] = "none"


class SparseConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The term index."""

    backend: Literal["tantivy", "fts5"] = "tantivy"
    heap_bytes: HeapBytes = 64 * 1024 * 1024


Milliseconds = Annotated[float, msgspec.Meta(ge=0.1, le=60_000)]
Margin = Annotated[float, msgspec.Meta(ge=0, le=1)]
Head = Annotated[int, msgspec.Meta(ge=2, le=200)]


class RerankConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A second look at the best candidates."""

    is_on: bool = False
    """Whether questions that do not say are looked at twice."""
    model: str = "learned"
    """`learned`, or the name of a cross-encoder's manifest in `models/`; empty for none."""
    candidates: Head = 20
    """Of the head that is put into order."""
    budget_ms: Milliseconds = 5.0
    """After that the order of the first stage stands."""
    margin: Margin = 0.25
    """Share of the best score that the second must fall short by for the order to be beyond doubt."""


class RecallConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ranking."""

    weights: Weights = Weights()
    candidates: Candidates = 100
    """Fragments taken from each leg before fusion."""
    recency_half_life_days: Days = 180.0
    snippet_chars: SnippetChars = 320
    max_per_source: Fragments = 3
    """Fragments of one source among the answers; the rest are folded behind them."""
    rerank: RerankConfig = RerankConfig()

    def __post_init__(self) -> None:
        if self.weights.dense == self.weights.sparse == 0:
            raise ValueError("`weights.dense` and `weights.sparse` are both 0: nothing would be found")


class MemoryConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `[memory]` section."""

    ingest: IngestConfig = IngestConfig()
    scan: ScanConfig = ScanConfig()
    embed: EmbedConfig = EmbedConfig()
    dense: DenseConfig = DenseConfig()
    sparse: SparseConfig = SparseConfig()
    recall: RecallConfig = RecallConfig()
