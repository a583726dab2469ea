"""Cutting by lines."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.ingest.chunkers.lines import LineMap, chunk_lines, cut_rows
from tests.memory_fabric.ingest.chunkers.coverage import assert_covers, texts


@pytest.mark.slow
@given(text=texts, wanted=st.integers(1, 400), limit=st.integers(1, 500))
def test_covers_any_text(text: str, wanted: int, limit: int) -> None:
    """Whatever the text and the sizes, nothing is lost, lines are right and the limit holds."""
    assert_covers(text, chunk_lines(text, wanted_chars=wanted, max_chars=limit), limit)


def test_empty_text_has_no_spans() -> None:
    """There is nothing to cut in an empty text."""
    assert chunk_lines("", wanted_chars=10, max_chars=20) == []


def test_prefers_blank_lines() -> None:
    """The cut falls behind a blank line although one more line would fit."""
    text = "one\ntwo\nthree\n\nfour\nfive\nsix\nseven\n"
    first, *_ = chunk_lines(text, wanted_chars=24, max_chars=40)
    assert text[first.start : first.end] == "one\ntwo\nthree\n\n"


def test_prefers_little_indentation() -> None:
    """Without blank lines the cut falls where a new outer line begins."""
    text = "a:\n  b\n  c\n  d\ne:\n  f\n  g\n  h\n  i\n"
    first, *_ = chunk_lines(text, wanted_chars=24, max_chars=40)
    assert text[first.start : first.end] == "a:\n  b\n  c\n  d\n"


def test_prefers_given_borders() -> None:
    """A border that the caller knows is better than a blank line."""
    lines = LineMap("a\nb\nc\nd\n\nf\ng\nh\ni\nj\nk\nl\n")
    spans = cut_rows(lines, 0, lines.rows, wanted_chars=13, max_chars=40, borders={4})
    assert [span.line_start for span in spans][:2] == [1, 5]


def test_leaves_no_crumb_at_the_end() -> None:
    """A rest that is a little too large stays whole instead of being cut into a large and a tiny span."""
    spans = chunk_lines("line\n" * 22, wanted_chars=100, max_chars=160)
    assert [span.line_end for span in spans] == [22]


def test_closing_bracket_goes_with_a_long_line() -> None:
    """A tiny last row is no span of its own, whether the line before it is under or over the limit."""
    for size in (140, 150, 400):
        spans = chunk_lines("x" * size + "\n}\n", wanted_chars=100, max_chars=160)
        assert spans[-1].end - spans[-1].start > 20


def test_long_line_is_cut_between_sentences() -> None:
    """A line over the limit is cut where a sentence ends."""
    text = "First one here. Second one here! Third one here? And the fourth one.\n"
    spans = chunk_lines(text, wanted_chars=36, max_chars=40)
    assert [text[span.start : span.end] for span in spans] == [
        "First one here. Second one here! ",
        "Third one here? And the fourth one.\n",
    ]
    assert {(span.line_start, span.line_end) for span in spans} == {(1, 1)}


def test_long_line_without_sentences_is_cut_between_words() -> None:
    """Where there is no sentence, words stay whole."""
    text = "alpha beta gamma delta epsilon zeta eta theta"
    spans = chunk_lines(text, wanted_chars=12, max_chars=14)
    assert [text[span.start : span.end] for span in spans] == [
        "alpha beta ",
        "gamma delta ",
        "epsilon ",
        "zeta eta theta",
    ]


def test_heading_goes_with_the_long_line_below() -> None:
    """A short row before a line over the limit is cut together with it, and lines are still right."""
    text = "Title\n\n" + "A sentence of some length. " * 12
    spans = chunk_lines(text, wanted_chars=100, max_chars=120)
    assert (spans[0].line_start, spans[0].line_end) == (1, 3)
    assert_covers(text, spans, 120)


@pytest.mark.parametrize("line", ["." * 200_000, " " * 200_000, "a." * 100_000, "\"'" * 100_000, ";" * 200_000])
def test_odd_long_lines_take_linear_time(line: str) -> None:
    """A line made to slow the search for borders down is cut at the usual rate."""
    begin = time.process_time()
    spans = chunk_lines(line, wanted_chars=1000, max_chars=1600)
    assert time.process_time() - begin < 2.0
    assert len(spans) >= 125


class TestLineMap:
    """Rows and offsets."""

    @pytest.mark.slow
    @given(text=texts)
    def test_rows_are_the_lines_by_newline_alone(self, text: str) -> None:
        """Other line ends do not count, and the rows together are the text."""
        lines = LineMap(text)
        assert lines.rows == len(text.removesuffix("\n").split("\n")) if text else lines.rows == 0
        assert "".join(lines.part(row, row + 1) for row in range(lines.rows)) == text

    @pytest.mark.slow
    @given(text=texts.filter(bool), data=st.data())
    def test_row_of_an_offset(self, text: str, data: st.DataObject) -> None:
        """The row of a character is the number of newlines before it."""
        offset = data.draw(st.integers(0, len(text) - 1))
        assert LineMap(text).row_of(offset) == text.count("\n", 0, offset)
