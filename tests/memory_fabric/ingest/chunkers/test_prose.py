"""Cutting prose."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.ingest.chunkers.prose import chunk_prose
from memory_fabric.records import ChunkSpan
from tests.memory_fabric.ingest.chunkers.coverage import assert_covers, texts

_SENTENCES = "It says something of some length here. " * 5


def _cut(text: str, form: str = "markdown", wanted: int = 1000, limit: int = 1600) -> list[ChunkSpan]:
    return chunk_prose(text, form=form, wanted_chars=wanted, max_chars=limit)


def _parts(text: str, spans: list[ChunkSpan]) -> list[str]:
    return [text[span.start : span.end] for span in spans]


@pytest.mark.slow
@given(
    text=texts,
    form=st.sampled_from(["markdown", "rst", "text"]),
    wanted=st.integers(1, 400),
    limit=st.integers(1, 500),
)
def test_covers_any_text(text: str, form: str, wanted: int, limit: int) -> None:
    """Whatever the text and the sizes, nothing is lost, lines are right and the limit holds."""
    assert_covers(text, _cut(text, form, wanted, limit), limit)


# ---- Markdown -------------------------------------------------------------------------------------------------


def test_markdown_heading_path() -> None:
    """Each span knows the headings above it, of both styles, outermost first."""
    text = (
        f"# Guide #\n\n{_SENTENCES}\n\n## Set-up\n\n{_SENTENCES}\n\n### On Linux\n\n{_SENTENCES}\n\n"
        f"Use\n---\n\n{_SENTENCES}\n\nOther\n=====\n\n{_SENTENCES}\n"
    )
    spans = _cut(text, wanted=300, limit=500)
    assert [span.headings for span in spans] == [
        ("Guide",),
        ("Guide", "Set-up"),
        ("Guide", "Set-up", "On Linux"),
        ("Guide", "Use"),
        ("Other",),
    ]
    assert [part.split("\n", 1)[0] for part in _parts(text, spans)] == [
        "# Guide #",
        "## Set-up",
        "### On Linux",
        "Use",
        "Other",
    ]


def test_marks_inside_code_are_no_headings() -> None:
    """A comment in a fenced block does not begin a section, and neither does a longer fence end it early."""
    text = f"# One\n\n{_SENTENCES}\n\n````sh\n# not a heading\n```\n# nor this\n````\n\n# Two\n\n{_SENTENCES}\n"
    assert {span.headings for span in _cut(text, wanted=200, limit=400)} == {("One",), ("Two",)}


@pytest.mark.parametrize(
    "line", ["#hashtag", "    # indented code", "####### seven", "| a |\n|---|", "text\ntext\n---"]
)
def test_near_headings(line: str) -> None:
    """What only looks like a heading is none."""
    assert all(span.headings == () for span in _cut(f"{line}\n\n{_SENTENCES}\n"))


def test_front_matter_belongs_to_no_section() -> None:
    """The marks around the front matter are no headings, and a `#` inside it is a comment."""
    text = f"---\ntitle: x\n# a comment\ntags: [y]\n---\n\n{_SENTENCES}{_SENTENCES}\n\n# One\n\n{_SENTENCES}\n"
    spans = _cut(text, wanted=300, limit=500)
    assert spans[0].headings == ()
    assert _parts(text, spans)[0].startswith("---\ntitle: x\n# a comment\ntags: [y]\n---\n")
    assert spans[-1].headings == ("One",)


def test_fenced_code_stays_whole() -> None:
    """A code block with blank lines is not cut when it fits."""
    code = "```python\n" + "step_one()\n\nstep_two()\n\n" * 15 + "```\n"
    text = f"# Code\n\n{_SENTENCES}{_SENTENCES}\n\n{code}\n{_SENTENCES}\n"
    assert any(code in part for part in _parts(text, _cut(text, wanted=300, limit=500)))


def test_table_and_list_stay_whole() -> None:
    """Tables and tight lists are not cut when they fit."""
    table = "| a | b |\n|---|---|\n" + "| one cell | another cell |\n" * 12
    items = "- an item of the list\n" * 15
    text = f"{_SENTENCES}\n\n{table}\n{_SENTENCES}\n\n{items}\n{_SENTENCES}\n"
    parts = _parts(text, _cut(text, wanted=400, limit=600))
    assert any(table in part for part in parts)
    assert any(items in part for part in parts)


def test_code_of_a_list_item_stays_with_it() -> None:
    """An indented block behind a blank line goes on with the item above it."""
    item = "1. Type this:\n\n       make run\n\n   and wait.\n"
    text = f"{_SENTENCES}\n\n{_SENTENCES}\n\n{item}\n{_SENTENCES}\n"
    assert any(item in part for part in _parts(text, _cut(text, wanted=260, limit=400)))


def test_heading_stays_with_the_text_below() -> None:
    """A heading is never a span of its own, however long the paragraph under it."""
    for sentences in (1, 7, 8, 20, 60):
        text = "# A heading\n\n" + "It says something of some length here. " * sentences + "\n"
        for part in _parts(text, _cut(text, wanted=200, limit=320)):
            assert part.strip() != "# A heading"


def test_tiny_sections_are_joined() -> None:
    """Siblings of a line or two share a span under their parent's headings."""
    text = "# Words\n\n## One\n\nShort.\n\n## Two\n\nShort too.\n"
    [span] = _cut(text)
    assert span.headings == ("Words",)


def test_a_parent_without_text_joins_its_first_child() -> None:
    """A heading right above another one is no span of its own."""
    text = f"# Guide\n\n## Set-up\n\n{_SENTENCES}\n\n## Use\n\n{_SENTENCES}\n"
    spans = _cut(text, wanted=260, limit=400)
    assert [span.headings for span in spans] == [("Guide", "Set-up"), ("Guide", "Use")]


def test_no_crumb_at_the_end_of_a_section() -> None:
    """A last short paragraph goes with the one before it."""
    text = f"# One\n\n{_SENTENCES}\n\n{_SENTENCES}\n\nThe end.\n"
    assert all(len(part) > 30 for part in _parts(text, _cut(text, wanted=410, limit=600)))


# ---- reStructuredText and plain text --------------------------------------------------------------------------


def test_rst_levels_by_order_of_styles() -> None:
    """The level of an underline is the order in which its style first appears; an overline makes another style."""
    text = (
        f"=====\nGuide\n=====\n\n{_SENTENCES}\n\nSet-up\n======\n\n{_SENTENCES}\n\nLinux\n-----\n\n{_SENTENCES}\n\n"
        f"Use\n===\n\n{_SENTENCES}\n"
    )
    spans = _cut(text, "rst", 300, 500)
    assert [span.headings for span in spans] == [
        ("Guide",),
        ("Guide", "Set-up"),
        ("Guide", "Set-up", "Linux"),
        ("Guide", "Use"),
    ]
    assert _parts(text, spans)[0].startswith("=====\nGuide\n")


def test_rst_directive_stays_with_its_block() -> None:
    """The indented block under a directive is not parted from it."""
    block = ".. code-block:: python\n\n   step_one()\n\n   step_two()\n"
    text = f"{_SENTENCES}\n\n{_SENTENCES}\n\n{block}\n{_SENTENCES}\n"
    assert any(block in part for part in _parts(text, _cut(text, "rst", 260, 400)))


def test_short_underline_is_no_heading() -> None:
    """A rule shorter than the line above is text, as the format says."""
    assert all(span.headings == () for span in _cut(f"A longer title\n=====\n\n{_SENTENCES}\n", "rst"))


def test_plain_text_has_no_headings() -> None:
    """Marks mean nothing in plain text, paragraphs do."""
    text = f"# Not a heading\n\n{_SENTENCES}\n\n{_SENTENCES}\n\n{_SENTENCES}\n"
    spans = _cut(text, "text", 260, 400)
    assert all(span.headings == () for span in spans)
    assert all(part.endswith("\n\n") for part in _parts(text, spans)[:-1])


def test_paragraph_over_the_limit_is_cut_between_sentences() -> None:
    """A paragraph of one long line ends its spans with full stops."""
    text = "Кошка сидит на окне и смотрит на улицу. " * 40
    spans = _cut(text, "text", 300, 400)
    assert all(part.endswith(". ") for part in _parts(text, spans))
    assert all(250 < span.end - span.start <= 400 for span in spans[:-1])


# ---- odd input ------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("form", ["markdown", "rst", "text"])
@pytest.mark.parametrize("piece", ["# ", "#", "=\n", "\n", "- ", "`", "# a #", "a\n=\n", "~~~\n", " "])
def test_odd_text_takes_linear_time(form: str, piece: str) -> None:
    """Repeated marks do not slow the chunker down."""
    text = piece * (100_000 // len(piece))
    begin = time.process_time()
    assert_covers_ends(text, _cut(text, form))
    assert time.process_time() - begin < 2.0


def assert_covers_ends(text: str, spans: list[ChunkSpan]) -> None:
    """Check the borders alone, which is quick for large texts."""
    assert [span.start for span in spans] == [0, *[span.end for span in spans[:-1]]]
    assert spans[-1].end == len(text)


def test_titles_are_short() -> None:
    """A heading of a whole paragraph is kept in part."""
    [headings] = {span.headings for span in _cut("# " + "word " * 1000)}
    assert len(headings[0]) == 200
