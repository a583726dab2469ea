"""What the auditor's process is told to look for and what it answers. Goes through pipes and is never written."""

from __future__ import annotations

import msgspec

__all__ = ["Finding", "Job", "Place", "PlaceReport", "ScanProgress", "ScanReport", "Stays", "VectorNeedle"]


class Place(msgspec.Struct, frozen=True):
    """A file or folder with everything below it, counted under one name."""

    name: str
    path: str


class Stays(msgspec.Struct, frozen=True):
    """A question to a database that gives texts which are rightly in the profile: they are no evidence."""

    database: str
    sql: str
    truth: str = ""
    """The store, attached under the name `truth`; empty where the question does not need it."""


class VectorNeedle(msgspec.Struct, frozen=True):
    """A vector that must be in no file any more."""

    owner: int
    numbers: bytes
    """float32, little endian."""


class Job(msgspec.Struct, frozen=True):
    """One audit."""

    places: tuple[Place, ...]
    """The first one whose path a file lies below counts it."""
    patterns: tuple[bytes, ...]
    """Windows of erased texts in UTF-8."""
    owners: tuple[int, ...]
    """By pattern: which item it is of, counted from 0."""
    vectors: tuple[VectorNeedle, ...]
    terms: dict[str, list[str]]
    """By field of a term index."""
    stays: tuple[Stays, ...]
    texts: tuple[bytes, ...]
    """More that is rightly there: names of folders, the configuration."""
    store: str
    cache: str
    """Database of the vectors."""
    since_s: float
    """When the erasure began: a file of an index that is older and belongs to no commit is a left-over."""


class Finding(msgspec.Struct, frozen=True):
    """An erased pattern in a file."""

    place: str
    path: str
    kind: str
    """`text`, `utf-16`, `vector` (float32 or float16), `quantized`, `term`."""
    offset: int
    """-1 where the file had to be unpacked."""
    owner: int = -1


class PlaceReport(msgspec.Struct, frozen=True):
    """What was seen in one place."""

    name: str
    files: int = 0
    bytes: int = 0
    """Written bytes; holes of preallocated files are not counted."""
    unpacked: int = 0
    """Bytes that came out of compressed blocks."""
    terms: int = 0
    """Terms that dictionaries were asked for."""
    found: int = 0
    unread: tuple[str, ...] = ()
    """What could not be looked at, and why."""


class ScanProgress(msgspec.Struct, frozen=True, tag="progress"):
    """How far the scan is, in bytes."""

    done: int
    total: int
    path: str


class ScanReport(msgspec.Struct, frozen=True, tag="report"):
    """What an audit saw."""

    places: tuple[PlaceReport, ...]
    findings: tuple[Finding, ...]
    """The first of every file and kind, a thousand at most."""
    patterns: int
    """Windows that were looked for, in all encodings."""
    common: int
    """Windows that were not, because they also stand in memory that stays."""
    vectors: int
    shared_vectors: int
    """Vectors that were not looked for, because a fragment that stays has the same."""
    terms: int
    silent: int
    """Items of which nothing was left to look for."""
    took_s: float
