"""Tags and text of HTML."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.ingest.readers.markup import Token, tokens


def words(text: str) -> list[str]:
    """Return tags and text as short strings."""
    shown = {"start": "<{}", "end": "</{}", "text": "{}"}
    return [shown[token.kind].format(token.value) for token in tokens(text)]


def test_tags_and_text() -> None:
    """Names are lower case, references are resolved, offsets point into the page."""
    assert list(tokens("<P class=x>a &amp; b</P>")) == [
        Token("start", "p", 0),
        Token("text", "a & b", 11),
        Token("end", "p", 20),
    ]


def test_what_is_no_text() -> None:
    """Comments, declarations, scripts and styles are left out."""
    page = "<!DOCTYPE html><!-- <p>no --><?php no ?><script>if (a < b) '</p>'</script >x<style>p{}</style>"
    assert words(page) == ["<script", "</script", "x", "<style", "</style"]


def test_quoted_ends() -> None:
    """A `>` in a quoted value does not end the tag; an unclosed quote does not eat the page."""
    assert words("<a title='x > y' b=\">\">z") == ["<a", "z"]
    assert words("<a title='x>y</a>") == ["<a", "y", "</a"]


def test_signs_that_are_no_tags() -> None:
    """Less-than signs in text stay text."""
    assert "".join(words("1 < 2 and <3")) == "1 < 2 and <3"


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["<!--", "<", "<a ", "<p a='", "<a'>'b", "</", "&#", "<script>", "<nav>", "<!x", '<a ">"']
)
def test_time_is_linear(piece: str) -> None:
    """Four times the broken pieces take about four times the work, and not sixteen times."""

    def work(size: int) -> float:
        start = time.process_time()
        for _ in tokens(piece * (size // len(piece))):
            pass
        return time.process_time() - start

    small = min(work(40_000) for _ in range(3))
    assert min(work(160_000) for _ in range(2)) < 10 * small + 0.05


@given(st.text(alphabet="<>/!-=\"' abscript;&\n[]?", max_size=60))
def test_offsets_only_grow(text: str) -> None:
    """Every piece begins after the one before, inside the page."""
    offsets = [token.offset for token in tokens(text)]
    assert offsets == sorted(set(offsets))
    assert all(0 <= offset < len(text) for offset in offsets)


def test_stray_signs_are_one_piece() -> None:
    """Signs that begin no tag stay with the text around them: millions of them are not millions of pieces."""
    assert words("a<<< b </<>< 1<b>") == ["a<<< b </<>< 1", "<b"]
    assert len(list(tokens("<html>" + "<" * 100_000))) == 2
