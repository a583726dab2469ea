"""Parts of a JSON text, with their lines."""

from __future__ import annotations

import json

from memory_fabric.ingest.readers.chats.pieces import Piece, elements, mended


def test_elements_know_their_lines() -> None:
    """The same element twice is found in both its places."""
    text = b'[\n{"a": 1},\n\n{"a": 1}, [2,\n3],\n"x"]'
    found = elements(Piece(text, 10, 16))
    assert found is not None
    assert [(part.raw, part.line, part.line_end) for part in found] == [
        (b'{"a": 1}', 11, 11),
        (b'{"a": 1}', 13, 13),
        (b"[2,\n3]", 13, 14),
        (b'"x"', 15, 15),
    ]


def test_what_is_no_array_has_no_elements() -> None:
    """An object, a cut array, bytes that are no text."""
    for text in (b"{}", b"[1, 2", b'["\xff"', b""):
        assert elements(Piece(text, 1, 1)) is None


def test_only_halves_of_pairs_are_mended() -> None:
    """Whole pairs, other escapes and escaped backslashes stay as they are, and so does every place."""
    for text in (r'"😀 \n é \" \\ud83d"', r'"\ud83d"', r'"\ude00\ud83d x"', r'"\\\ud83d"'):
        done = mended(text.encode())
        assert len(done) == len(text.encode())
        value = json.loads(done)
        value.encode()
        assert value == json.loads(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
