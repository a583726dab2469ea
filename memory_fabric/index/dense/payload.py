"""What an engine keeps beside a vector: filter fields, and nothing that could be read as content."""

from __future__ import annotations

import os
from functools import lru_cache

from memory_fabric.index.dense.base import DensePoint
from memory_fabric.index.folders import ancestors
from memory_fabric.records import Filters

__all__ = ["KEYWORDS", "TIME", "payload_of", "wanted_times", "wanted_words"]

KEYWORDS = ("project", "modality", "language", "layer", "under")
"""Fields compared word by word; `under` lists the path and every folder above it."""

TIME = "time"


def _legal(text: str) -> str:
    """Return `text` as engines accept it: undecodable bytes of a file name, which are lone surrogates, spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


@lru_cache(maxsize=1_024)
def _under(path: str) -> list[str]:
    # cached because the fragments of a file arrive together; measured: a quarter of the time that a payload takes
    return [_legal(folder) for folder in ancestors(path)]


def payload_of(point: DensePoint) -> dict[str, str | float | list[str]]:
    """Return the filter fields of a point."""
    return {
        "project": _legal(point.project),
        "modality": point.modality,
        "language": point.language,
        "layer": point.layer,
        "under": _under(point.path),
        TIME: point.timestamp_s,
    }


def wanted_words(filters: Filters) -> list[tuple[str, list[str]]]:
    """Return keyword fields that restrict, each with the words it may have."""
    folder = (filters.path_prefix.rstrip("/") or os.sep,) if filters.path_prefix else ()
    fields = (filters.projects, filters.modalities, filters.languages, filters.layers, folder)
    return [(key, [_legal(word) for word in words]) for key, words in zip(KEYWORDS, fields, strict=True) if words]


def wanted_times(filters: Filters) -> tuple[float | None, float | None] | None:
    """Return the first moment inside and the first one outside; None when time does not matter."""
    if filters.since_s is None and filters.until_s is None:
        return None
    return filters.since_s, filters.until_s
