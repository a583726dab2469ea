"""Every key of the `[memory]` section, with its unit and default."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from memory_fabric.records import Weights

__all__ = ["DenseConfig", "EmbedConfig", "IngestConfig", "MemoryConfig", "RecallConfig", "SparseConfig"]


Count = Annotated[int, msgspec.Meta(ge=1)]
Size = Annotated[int, msgspec.Meta(ge=100)]
Positive = Annotated[float, msgspec.Meta(gt=0)]


class IngestConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reading and cutting."""

    max_file_bytes: Count = 32 * 1024 * 1024
    """Larger files are skipped with the reason."""
    max_archive_bytes: Count = 512 * 1024 * 1024
    """An archive that unpacks to more is refused."""
    max_archive_ratio: Count = 200
    """Unpacked size over packed size beyond which an archive is a bomb."""
    chunk_chars: Size = 1000
    """Wanted size of a fragment; the default model sees 256 tokens, about 1,000 characters of English."""
    max_chunk_chars: Size = 1600
    """Hard limit of a fragment."""
    batch_files: Count = 64
    """Files in one transaction."""
    roots: tuple[str, ...] = ("/",)
    """Folders that may be indexed; a path outside them is refused."""
    denied: tuple[str, ...] = ("/proc", "/sys", "/dev", "~/.ssh", "~/.gnupg")
    """Folders that are never indexed, even inside an allowed one; the profile itself is always among them."""
    is_following_gitignore: bool = True
    readers: Count = 2
    """Threads that read and cut."""

    def __post_init__(self) -> None:
        if self.chunk_chars > self.max_chunk_chars:
            raise ValueError(f"`chunk_chars` ({self.chunk_chars}) is larger than `max_chunk_chars`")


class EmbedConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text model."""

    model: str = "all-minilm-l6-v2"
    """Name of a manifest in `models/`; empty for none."""
    threads: Count = 2
    batch: Count = 8
    """Texts in one model call; measured: small length-sorted batches beat large ones."""
    is_warm_on_start: bool = True
    """Whether the model loads in the background after start."""


class DenseConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The vector index."""

    backend: Literal["qdrant_edge", "qdrant_server", "exact"] = "qdrant_edge"
    url: str = ""
    """Of a Qdrant server, for `qdrant_server`."""
    hnsw_from_points: Count = 20_000
    """Below this a full scan answers; above it `optimize` builds a graph."""
    hnsw_m: Count = 16
    hnsw_ef_construct: Count = 64
    hnsw_ef: Count = 100
    """Measured on 14,000 fragments of code embedded by the default model: recall@10 .992; with 32 and 256 it is .997,
    and the graph takes 2.6 times as long to build."""
    quantization: Literal["none", "scalar"] = "none"


class SparseConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The term index."""

    backend: Literal["tantivy", "fts5"] = "tantivy"
    heap_bytes: Count = 64 * 1024 * 1024


class RecallConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ranking."""

    weights: Weights = Weights()
    candidates: Count = 100
    """Fragments taken from each leg before fusion."""
    recency_half_life_days: Positive = 180.0
    snippet_chars: Count = 320
    max_per_source: Count = 3
    """Fragments of one source among the answers; the rest are folded behind them."""


class MemoryConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `[memory]` section."""

    ingest: IngestConfig = IngestConfig()
    embed: EmbedConfig = EmbedConfig()
    dense: DenseConfig = DenseConfig()
    sparse: SparseConfig = SparseConfig()
    recall: RecallConfig = RecallConfig()
