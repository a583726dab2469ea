"""Sentences and lines, with where they stand."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.answer.units import Unit, units_of
from memory_fabric.records import ChunkRow, Modality
from tests.memory_fabric.rows import make_row


def cut(text: str, modality: Modality = "text", language: str = "en", first: int = 10) -> list[Unit]:
    """Return the units of a fragment that begins at line `first`."""
    row: ChunkRow = make_row(1, text, modality=modality, language=language)
    return units_of(msgspec.structs.replace(row, line_start=first, line_end=first + text.rstrip("\n").count("\n")))


def shown(units: list[Unit]) -> list[tuple[str, int, int]]:
    """Return text and lines."""
    return [(unit.text, unit.line_start, unit.line_end) for unit in units]


def test_prose_is_cut_at_sentences_that_may_go_over_lines() -> None:
    """Each knows its own lines; abbreviations end nothing."""
    text = "One is here, e.g. Rome. Two goes\nover lines! Три — здесь. И четыре.\n\nFive\n"
    assert shown(cut(text)) == [
        ("One is here, e.g. Rome.", 10, 10),
        ("Two goes over lines!", 10, 11),
        ("Три — здесь.", 11, 11),
        ("И четыре.", 11, 11),
        ("Five", 13, 13),
    ]


def test_items_rows_headings_and_fences_stand_alone() -> None:
    """A list is no sentence."""
    text = "# Title\n- one\n  more of one\n- two\n| a | b |\n```\nrun --it\n```\nend\n"
    units = cut(text)
    assert [unit.text for unit in units] == ["# Title", "- one more of one", "- two", "| a | b |", "run --it", "end"]
    assert [unit.kind for unit in units] == ["heading", "prose", "prose", "prose", "code", "prose"]


def test_a_definition_is_its_line_its_docstring_and_its_comments() -> None:
    """Words of docstrings and comments are sentences, statements are lines, labels are nothing."""
    text = (
        'def load(path: str) -> int:\n    """Load it. Then count,\n    e.g. by hand.\n\n    Args:\n'
        '        path: Where it is.\n    """\n    # the cache is warm by now\n    # and stays so\n'
        "    return cache[path] + 1\n"
    )
    units = cut(text, "code", "python")
    assert shown(units) == [
        ("def load(path: str) -> int:", 10, 10),
        ("Load it.", 11, 11),
        ("Then count, e.g. by hand.", 11, 12),
        ("path: Where it is.", 15, 15),
        ("the cache is warm by now and stays so", 17, 18),
        ("return cache[path] + 1", 19, 19),
    ]
    assert [unit.kind for unit in units] == ["code", "prose", "prose", "prose", "prose", "code"]


def test_a_fragment_may_begin_within_a_docstring() -> None:
    """The first mark closes then."""
    units = cut('and so it ends for every reader.\n    """\n    return 1\n', "code", "python")
    assert [(unit.text, unit.kind) for unit in units] == [
        ("and so it ends for every reader.", "prose"),
        ("return 1", "code"),
    ]


def test_block_comments_of_other_languages() -> None:
    """With stars and without."""
    units = cut("/* Counts kettles.\n   All of them. */\n// one a line\nint count(void);\n", "code", "c")
    assert [(unit.text, unit.kind) for unit in units] == [
        ("Counts kettles.", "prose"),
        ("All of them. one a line", "prose"),
        ("int count(void);", "code"),
    ]


def test_empty_lines_at_the_end_of_a_fragment_change_nothing() -> None:
    """A fragment may own the empty lines behind it, all of them or some."""
    for end in (11, 12, 13):
        row = msgspec.structs.replace(make_row(1, "One here.\nTwo here.\n\n\n"), line_start=10, line_end=end)
        assert shown(units_of(row)) == [("One here.", 10, 10), ("Two here.", 11, 11)]


def test_lines_of_a_mapped_source_are_those_of_the_fragment() -> None:
    """A page of a PDF has other lines than its text."""
    row = msgspec.structs.replace(make_row(1, "One here.\nTwo here."), line_start=3, line_end=9)
    assert shown(units_of(row)) == [("One here.", 3, 9), ("Two here.", 3, 9)]


@given(text=st.text(alphabet='ab.! \n#-"`|А:/*', max_size=300), is_code=st.booleans())
def test_every_unit_stands_in_its_lines(text: str, is_code: bool) -> None:
    """Whatever the text is: the letters of a unit are those of the lines that it names."""
    lines = text.rstrip("\n").split("\n")
    for unit in cut(text, "code" if is_code else "text", "python" if is_code else "en", first=1):
        assert 1 <= unit.line_start <= unit.line_end <= len(lines)
        source = "".join("".join(lines[unit.line_start - 1 : unit.line_end]).split())
        assert all(char in source for char in unit.text if not char.isspace())
