"""Where a profile keeps what may hold memory, and what is rightly there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from memory_fabric.erasure.job import Finding, Place, Stays

__all__ = ["ProfilePlaces", "blank", "places_of", "stays_of", "texts_of"]

_STORE = (
    "SELECT text, context, symbol FROM chunks",
    "SELECT project, uri, path, title, tags, meta, repo, commit_id FROM items",
    "SELECT path, reason FROM files",
    "SELECT name, symbol, signature FROM definitions WHERE item_key IN (SELECT key FROM items)",
    "SELECT name, hint, scope FROM name_uses WHERE item_key IN (SELECT key FROM items)",
    # folders that were asked to be followed
    "SELECT key, value FROM meta",
)
"""What the memory consists of. Any other table that holds an erased text is a finding."""

_FTS5 = "SELECT c0, c1 FROM terms_content WHERE id IN (SELECT id FROM truth.chunks)"
_LINE_BYTES = 8_192


class ProfilePlaces(msgspec.Struct, frozen=True):
    """The folders of a profile; for a memory on its own they are all one."""

    profile: Path
    """Holds the key and the receipts, too."""
    logs: Path
    cache: Path
    config: Path | None = None
    """The user's own file: what he wrote there is no memory."""


def places_of(memory: Path, around: ProfilePlaces) -> list[Place]:
    """Return all places to look through, the narrower before the wider."""
    indexes = memory / "indexes"
    named = (
        ("store", memory / "store"),
        ("sparse", indexes / "sparse"),
        ("dense", indexes / "dense"),
        ("indexes", indexes),
        ("memory", memory),
        ("logs", around.logs),
        ("cache", around.cache),
        ("profile", around.profile),
    )
    found: dict[str, Place] = {}
    for name, path in named:
        # a link to another disk is somebody's choice: its target is looked through as well
        for each in dict.fromkeys((str(path), os.path.realpath(path))):
            found.setdefault(each, Place(name, each))
    return list(found.values())


def stays_of(memory: Path) -> list[Stays]:
    """Return how to read what is rightly in the databases."""
    store = memory / "store/memory.db"
    found = [Stays(str(store), sql) for sql in _STORE]
    terms = memory / "indexes/sparse/terms.db"
    if terms.exists():
        found.append(Stays(str(terms), _FTS5, str(store)))
    return found


def texts_of(memory: Path, around: ProfilePlaces) -> list[bytes]:
    """Return what is rightly in files: where the profile lies, and what the user configured."""
    names = [memory, around.profile, around.logs, around.cache, Path.home()]
    found = [os.fsencode(name) for name in names]
    if around.config is not None and around.config.is_file():
        found.append(around.config.read_bytes())
    return found


def blank(findings: Sequence[Finding]) -> int:
    """Overwrite the lines of logs in which something was found; returns how many.

    In place and without changing a length: whoever has the file open goes on writing at its end.

    Raises:
        OSError: A file cannot be written.
    """
    done: set[tuple[str, int]] = set()
    for finding in findings:
        if finding.place != "logs" or finding.offset < 0:
            continue
        with open(finding.path, "r+b") as file:
            start = max(finding.offset - _LINE_BYTES, 0)
            file.seek(start)
            before = file.read(finding.offset - start)
            line = start + before.rfind(b"\n") + 1 if b"\n" in before else start
            file.seek(line)
            content = file.read(finding.offset - line + _LINE_BYTES)
            length = content.find(b"\n", finding.offset - line)
            length = len(content) if length < 0 else length
            file.seek(line)
            file.write(b'{"event":"erased"}'.ljust(length)[:length])
            done.add((finding.path, line))
    return len(done)
