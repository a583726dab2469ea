"""A mark says how far an index is, or nothing at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.ids import JournalSeq
from memory_fabric.index.watermark import Watermark, load_watermark, save_watermark

MARK = Watermark("store-1", "tantivy/2", JournalSeq(1234), 57)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A saved mark."""
    saved = tmp_path / "sparse.json"
    save_watermark(saved, MARK)
    return saved


def test_what_is_saved_is_loaded(path: Path) -> None:
    """Whole, and nothing lies beside it."""
    assert load_watermark(path) == MARK
    assert [file.name for file in path.parent.glob("sparse*")] == ["sparse.json"]


def test_the_last_one_counts(path: Path) -> None:
    """Saving replaces."""
    later = Watermark("store-1", "tantivy/2", JournalSeq(1300), 60)
    save_watermark(path, later)
    assert load_watermark(path) == later


def test_nothing_is_no_mark(tmp_path: Path) -> None:
    """A missing file, a folder in its place, and an empty one."""
    assert load_watermark(tmp_path / "none.json") is None
    assert load_watermark(tmp_path) is None
    (tmp_path / "empty.json").touch()
    assert load_watermark(tmp_path / "empty.json") is None


def test_no_damaged_byte_is_believed(path: Path) -> None:
    """Each bit of each byte flipped: a digit that became another digit would skip work."""
    sound = path.read_bytes()
    for at in range(len(sound)):
        for bit in range(8):
            data = bytearray(sound)
            data[at] ^= 1 << bit
            path.write_bytes(data)
            assert load_watermark(path) in (None, MARK), (at, bit, bytes(data))


def test_no_cut_is_believed(path: Path) -> None:
    """A mark that was not written whole is none."""
    sound = path.read_bytes()
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        assert load_watermark(path) is None
