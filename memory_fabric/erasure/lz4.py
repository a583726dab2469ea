"""Decoding LZ4 blocks: what engines compress must be looked into, and a library for one format is not worth its weight.

Source: the LZ4 block format description, lz4/doc/lz4_Block_format.md.
"""

from __future__ import annotations

__all__ = ["decode_block"]

_LONG = 15
_FULL = 255
_LEAST_MATCH = 4


def decode_block(data: bytes, start: int, end: int, size: int) -> tuple[bytes, int] | None:
    """Return what a block holds and where it ends, or None where no block of that size begins.

    Args:
        data: Holds the block.
        start: Where it begins.
        end: Where it ends at the latest; one that is over sooner is whole.
        size: How much it unpacks to.
    """
    out = bytearray()
    at = start
    try:
        while len(out) < size and at < end:
            token = data[at]
            at += 1
            length, at = _length(data, at, token >> 4)
            if at + length > end:
                return None
            out += data[at : at + length]
            at += length
            if len(out) >= size:
                break
            offset = data[at] | data[at + 1] << 8
            length, at = _length(data, at + 2, token & _LONG)
            if not 0 < offset <= len(out):
                return None
            _copy(out, offset, length + _LEAST_MATCH)
    except IndexError:
        return None
    return (bytes(out), at) if len(out) == size else None


def _length(data: bytes, at: int, length: int) -> tuple[int, int]:
    if length == _LONG:
        while data[at] == _FULL:
            length += _FULL
            at += 1
        length += data[at]
        at += 1
    return length, at


def _copy(out: bytearray, offset: int, length: int) -> None:
    begin = len(out) - offset
    if offset >= length:
        out += out[begin : begin + length]
    else:
        # the match runs into what it writes itself: a repetition
        piece = bytes(out[begin:])
        out += (piece * (length // offset + 1))[:length]
