"""Lines that remember their source."""

from __future__ import annotations

from memory_fabric.ingest.readers.base import TOO_LONG
from memory_fabric.ingest.readers.lines import Lines, folded
from memory_fabric.records import SkippedFile


def test_lines_and_sources_stay_together() -> None:
    """Every line has a source line: its own, the next ones, or one for all."""
    lines = Lines()
    lines.add("a\nb", 5, step=1)
    lines.gap()
    lines.gap()
    lines.add("c\nd", 9)
    lines.extend_last("!", 9)
    assert lines.text() == "a\nb\n\nc\nd!"
    assert lines.source_lines() == (5, 6, 6, 9, 9)
    assert lines.source_ends() is None
    assert (len(lines), lines.last_width(), lines.is_blank()) == (5, 2, False)


def test_a_line_of_several_source_lines_knows_its_last() -> None:
    """Lines put together say where they end; what is dropped takes its end along."""
    lines = Lines()
    lines.add("dropped", 1, end_line=2)
    lines.add("a", 3)
    lines.extend_last(", b", 6)
    lines.gap()
    lines.add("c", 7, end_line=9)
    lines.keep(1, 4)
    assert lines.text() == "a, b\n\nc"
    assert (lines.source_lines(), lines.source_ends()) == ((3, 6, 7), (6, 6, 9))


def test_blank() -> None:
    """White space alone is nothing to read."""
    lines = Lines()
    assert lines.is_blank()
    assert lines.last_width() == 0
    lines.add("  \n", 1)
    assert lines.is_blank()


def test_keep_and_trim() -> None:
    """A part can be kept alone, without the empty lines before it."""
    lines = Lines()
    lines.add("a\n\nbb\nccc", 1, step=1)
    assert lines.chars() == 6
    assert lines.chars(2, 3) == 2
    lines.keep(1, 3)
    lines.trim()
    assert (lines.text(), lines.source_lines()) == ("bb", (3,))


def test_folded_is_one_line() -> None:
    """Runs of white space become one space."""
    assert folded(" a\n\t b ") == "a b"


def test_what_does_not_fit_is_left_out() -> None:
    """A text ends where it would grow too long, and says so once."""
    lines = Lines(max_chars=10)
    lines.add("12345", 1)
    assert list(lines.cuts()) == []
    lines.add("67890", 2)
    lines.add("more", 3)
    assert lines.text() == "12345\n6789"
    assert lines.source_lines() == (1, 2)
    assert [skip.reason for skip in lines.cuts() if isinstance(skip, SkippedFile)] == [TOO_LONG]
