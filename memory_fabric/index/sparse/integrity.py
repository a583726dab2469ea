"""Whether the files of a Tantivy index are whole, judged by their own checksums."""

from __future__ import annotations

import json
import mmap
import zlib
from pathlib import Path

__all__ = ["check_full", "check_quick", "deleting_segments"]

_MAGIC = 1337
"""Last four bytes of a segment file.

Source: Tantivy's `directory/footer.rs`: payload, JSON with its CRC-32, length of the JSON, this number; both u32 LE.
"""

_TAIL = 8
_LONGEST_FOOTER = 4_096
_NEEDED = ("term", "idx", "pos", "fieldnorm", "fast", "store")
"""Files that every segment of this schema has."""


def check_quick(folder: Path) -> list[str]:
    """Check that every file the index lists is there and ends as it should; milliseconds.

    Returns:
        What is wrong; empty for an index that was never written.
    """
    return _check(folder, is_full=False)


def check_full(folder: Path) -> list[str]:
    """Check the same and every checksum; reads each byte, about a second a gigabyte.

    Returns:
        What is wrong; empty for an index that was never written.
    """
    return _check(folder, is_full=True)


def _check(folder: Path, *, is_full: bool) -> list[str]:
    if not (folder / "meta.json").exists():
        left = [path.name for path in folder.glob("*.*") if path.suffix[1:] in _NEEDED] if folder.is_dir() else []
        return ["`meta.json` is missing"] if left else []
    try:
        names = _listed_files(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return [f"`meta.json` cannot be read: {error}"]
    found = (_problem(folder / name, is_full=is_full) for name in names)
    return [problem for problem in found if problem]


def deleting_segments(folder: Path) -> set[int]:
    """Return which segments of the last commit hold deleted documents, by their place in the list."""
    segments = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["segments"]
    return {place for place, segment in enumerate(segments) if segment["deletes"]}


def _listed_files(folder: Path) -> list[str]:
    """Return the files that the last commit needs; others are left-overs that Tantivy removes by itself."""
    segments = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["segments"]
    names = []
    for segment in segments:
        stem = segment["segment_id"].replace("-", "")
        names += [f"{stem}.{ending}" for ending in _NEEDED]
        if segment["deletes"]:
            names.append(f"{stem}.{segment['deletes']['opstamp']}.del")
    return names


def _problem(path: Path, *, is_full: bool) -> str:
    try:
        size = path.stat().st_size
        if size < _TAIL:
            return f"`{path.name}` is cut short"
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _problem_of(path.name, data, is_full=is_full)
    except FileNotFoundError:
        return f"`{path.name}` is missing"
    except OSError as error:
        return f"`{path.name}` cannot be read: {error.strerror}"


def _problem_of(name: str, data: mmap.mmap, *, is_full: bool) -> str:
    magic, length = int.from_bytes(data[-4:], "little"), int.from_bytes(data[-8:-4], "little")
    end = len(data) - _TAIL - length
    if magic != _MAGIC or length > _LONGEST_FOOTER or end < 0:
        return f"`{name}` has no footer"
    try:
        wanted = int(json.loads(data[end:-_TAIL])["crc"])
    except (ValueError, KeyError, TypeError):
        return f"`{name}` has a broken footer"
    if is_full:
        view = memoryview(data)
        try:
            found = zlib.crc32(view[:end])
        finally:
            view.release()
        return "" if found == wanted else f"`{name}` has another checksum than was written"
    return ""
