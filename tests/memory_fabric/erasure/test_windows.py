"""Windows of bytes are found wherever they stand."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.erasure.windows import Matcher, windows_of


@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, 280), st.sampled_from([8, 16])), max_size=8))
def test_every_place_of_every_window_is_found_and_nothing_else(content: bytes, cuts: list[tuple[int, int]]) -> None:
    """As a plain search finds them."""
    windows = [content[start : start + size] for start, size in cuts if len(content[start : start + size]) == size]
    plain = {
        (number, at)
        for number, window in enumerate(windows)
        for at in range(len(content))
        if content.startswith(window, at)
    }
    assert set(Matcher(windows).found_in(content)) == plain


def test_a_hundred_thousand_windows_at_once() -> None:
    """The planted ones are found among random bytes."""
    chance = random.Random(1)
    windows = [chance.randbytes(16) for _ in range(100_000)]
    content = bytearray(chance.randbytes(300_000))
    for number in range(0, 100_000, 10_000):
        content[number * 2 + 5 : number * 2 + 21] = windows[number]
    found = Matcher(windows).found_in(bytes(content))
    assert sorted(found) == [(number, number * 2 + 5) for number in range(0, 100_000, 10_000)]


@pytest.mark.parametrize("stride", [1, 8, 16])
def test_windows_cover_every_byte(stride: int) -> None:
    """However a text is changed in one place, a window covers that place."""
    content = bytes(range(100, 200))
    windows = windows_of(content, stride)
    covered = {byte for window in windows for byte in window}
    assert covered == set(content)


@pytest.mark.parametrize("content", [b"", b"short", b" " * 100, b"\0" * 100, b"abababababababababab"])
def test_what_tells_nothing_gives_no_window(content: bytes) -> None:
    """Too short, or the same few bytes again and again."""
    assert windows_of(content, 8) == []
