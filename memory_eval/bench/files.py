"""Reading what the user supplies: JSON, JSON Lines and tables, packed by gzip or not; every mistake names its line."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from memory_eval.errors import BenchError

__all__ = ["array", "decoded", "found_file", "lines", "whole"]

_T = TypeVar("_T")


def whole(path: Path) -> bytes:
    """Return the bytes of a file, unpacked where its first bytes say that it is packed.

    Raises:
        BenchError: It cannot be read.
    """
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (OSError, EOFError, zlib.error) as error:
        raise BenchError(f"`{path}` cannot be read: {error}") from error


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, numbered from 1, without reading the whole file.

    Raises:
        BenchError: It cannot be read.
    """
    try:
        with path.open("rb") as plain:
            is_packed = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path) if is_packed else path.open("rb") as file:
            yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())
    except (OSError, EOFError, zlib.error) as error:
        raise BenchError(f"`{path}` cannot be read: {error}") from error


def decoded(data: bytes | msgspec.Raw, kind: type[_T], place: str) -> _T:
    """Return a JSON value of the given type.

    Args:
        data: Its text.
        kind: What it must be.
        place: Where it stands, for the message.

    Raises:
        BenchError: It is something else.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BenchError(f"{place}: {error}") from error


def array(path: Path) -> list[msgspec.Raw]:
    """Return the elements of a file's array, not decoded yet: a benchmark of gigabytes is looked at one by one.

    Raises:
        BenchError: It holds something else; a single object counts as an array of one.
    """
    data = whole(path)
    if data.lstrip()[:1] == b"{":
        return [decoded(data, msgspec.Raw, str(path))]
    return decoded(data, list[msgspec.Raw], str(path))


def found_file(folder: Path, *names: str) -> Path:
    """Return the first of some files that a folder holds, packed or not.

    Raises:
        BenchError: It holds none of them, or a link to somewhere else.
    """
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if not path.is_file():
                continue
            if not path.resolve().is_relative_to(folder.resolve()):
                raise BenchError(f"`{path}` leads out of its folder")
            return path
    raise BenchError(f"`{folder}` holds no {' or '.join(f'`{name}`' for name in names)}")
