"""LZ4 blocks are decoded as their format says."""

from __future__ import annotations

import pytest

from memory_fabric.erasure.lz4 import decode_block

BLOCKS = [
    # literals only; a match of one byte again and again; two lengths that need more than four bits
    (b"\x50hello", b"hello"),
    (b"\x1fa\x01\x00\x05\x50bcdef", b"a" * 25 + b"bcdef"),
    (b"\xf0\x05" + b"q" * 20, b"q" * 20),
    (b"\x33abc\x03\x00\x10!", b"abcabcabca!"),
]


@pytest.mark.parametrize(("block", "content"), BLOCKS)
def test_a_block_is_decoded(block: bytes, content: bytes) -> None:
    """And where it ends is told, whatever follows."""
    data = b"junk" + block + b"\xff\xfe more"
    assert decode_block(data, 4, len(data), len(content)) == (content, 4 + len(block))


@pytest.mark.parametrize("block", [b"", b"\xf0", b"\x50hel", b"\x33abc\x09\x00\x10!", b"\x33abc\x00\x00\x10!"])
def test_what_is_no_block_gives_nothing(block: bytes) -> None:
    """Cut short, or with a match that reaches before its beginning."""
    assert decode_block(block, 0, len(block), 11) is None
