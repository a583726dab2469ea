"""The elements of a JSON text as bytes, each with its lines: only one of them need be decoded at a time.

An export of 500 MB is read whole; what is decoded beside it is one conversation. The standard decoder would make
objects of all of it, which take five times its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

import msgspec

__all__ = ["Piece", "decoded", "elements", "located", "mended"]

_T = TypeVar("_T")

_ESCAPE = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\(?:(u[dD][89a-fA-F]..)|.)", re.DOTALL)


class Piece(NamedTuple):
    """A value of a JSON text."""

    raw: bytes
    line: int
    """Of the source, 1-based."""
    line_end: int


def mended(data: bytes) -> bytes:
    r"""Return `data` with halves of surrogate pairs replaced: exports cut texts in the middle of a sign.

    An escape is replaced by one of the same length, so that every place stays where it is.
    """
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found[1] else found[0], data)


def decoded(raw: bytes, kind: type[_T]) -> _T | None:
    """Return a value of the given type, or None where the text holds something else."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def located(whole: Piece, parts: Iterable[msgspec.Raw]) -> Iterator[Piece]:
    """Yield parts of a value, which must come in the order in which they stand in it, with their lines."""
    is_on_one_line = whole.line == whole.line_end
    line, position = whole.line, 0
    for part in parts:
        raw = bytes(part)
        if is_on_one_line:
            yield Piece(raw, line, line)
            continue
        start = whole.raw.find(raw, position)
        line += whole.raw.count(b"\n", position, start)
        end = line + raw.count(b"\n")
        yield Piece(raw, line, end)
        line, position = end, start + len(raw)


def elements(whole: Piece) -> Iterator[Piece] | None:
    """Return the elements of an array, or None where the value is none."""
    parts = decoded(whole.raw, list[msgspec.Raw])
    return None if parts is None else located(whole, parts)
