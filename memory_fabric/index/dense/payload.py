"""What an engine keeps beside a vector: filter fields, and nothing that could be read as content."""

from __future__ import annotations

import os
from functools import lru_cache

from memory_fabric.index.dense.base import DensePoint
from memory_fabric.index.folders import ancestors
from memory_fabric.records import Filters

__all__ = ["TAGS", "TIME", "payload_of", "wanted_tags", "wanted_times"]

TAGS = "tags"
"""One field for all that is compared word by word: each index of the engine takes 4 MB when it is opened."""

TIME = "time"


def _legal(text: str) -> str:
    """Return `text` as engines accept it: undecodable bytes of a file name, which are lone surrogates, spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


@lru_cache(maxsize=1_024)
def _under(path: str) -> list[str]:
    # cached because the fragments of a file arrive together; measured: a quarter of the time that a payload takes
    return [f"under={_legal(folder)}" for folder in ancestors(path)]


def payload_of(point: DensePoint) -> dict[str, float | list[str]]:
    """Return the filter fields of a point; the path comes with every folder above it."""
    tags = [
        f"project={_legal(point.project)}",
        f"modality={point.modality}",
        f"language={point.language}",
        f"layer={point.layer}",
        *_under(point.path),
    ]
    # a point without a time lies in no range
    return {TAGS: tags} if point.timestamp_s is None else {TAGS: tags, TIME: point.timestamp_s}


def wanted_tags(filters: Filters) -> list[list[str]]:
    """Return groups of tags; a point must carry one of each group."""
    folder = (filters.path_prefix.rstrip("/") or os.sep,) if filters.path_prefix else ()
    fields = (
        ("project", filters.projects),
        ("modality", filters.modalities),
        ("language", filters.languages),
        ("layer", filters.layers),
        ("under", folder),
    )
    return [[f"{name}={_legal(word)}" for word in words] for name, words in fields if words]


def wanted_times(filters: Filters) -> tuple[float | None, float | None] | None:
    """Return the first moment inside and the first one outside; None when time does not matter."""
    if filters.since_s is None and filters.until_s is None:
        return None
    return filters.since_s, filters.until_s
