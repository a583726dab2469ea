"""Reading what the user supplies."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_eval.bench.files import array, lines
from memory_eval.errors import BenchError


def test_an_object_is_an_array_of_one(tmp_path: Path) -> None:
    """As people save one entry for themselves."""
    (tmp_path / "a.json").write_text(' {"a": 1}')
    (tmp_path / "b.json").write_text('[{"a": 1}, 2]')
    assert [bytes(raw) for raw in array(tmp_path / "a.json")] == [b'{"a": 1}']
    assert [bytes(raw) for raw in array(tmp_path / "b.json")] == [b'{"a": 1}', b"2"]


def test_blank_lines_keep_their_numbers(tmp_path: Path) -> None:
    """Messages name them."""
    (tmp_path / "a.jsonl").write_text("one\n\n  \ntwo\n")
    assert [(number, line.strip()) for number, line in lines(tmp_path / "a.jsonl")] == [(1, b"one"), (4, b"two")]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file, one that is cut, one that is no text."""
    (tmp_path / "cut.json").write_bytes(b'[{"a": 1}')
    (tmp_path / "odd.json").write_bytes(b"\xff\xfe[")
    for name in ("gone.json", "cut.json", "odd.json"):
        with pytest.raises(BenchError, match=name):
            array(tmp_path / name)
    with pytest.raises(BenchError, match="gone"):
        list(lines(tmp_path / "gone.jsonl"))
