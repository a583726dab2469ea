"""Every kind of document gives its names at the lines of its source."""

from __future__ import annotations

import pytest

from memory_fabric.ingest.chunkers.factory import chunk
from memory_fabric.ingest.names.document import NameFinder, message_names
from memory_fabric.records import Document, Modality


def _document(text: str, modality: Modality = "text", format: str = "markdown", **fields: object) -> Document:  # noqa: A002 (the field's name)
    return Document(text, modality, format, "text/plain", **fields)  # type: ignore[arg-type]  # as given


def test_lines_are_those_of_the_source() -> None:
    """A notebook's text is put together from many places of its file."""
    document = _document(
        "x = 1\ndef f():\n    g()\n", "code", "python", language="python", source_lines=(10, 20, 30, 40)
    )
    finder = NameFinder(document)
    chunk(document, on_tree=finder.on_tree)
    assert [(d.symbol, d.line_start, d.line_end) for d in finder.definitions()] == [("f", 20, 30)]
    assert [(r.name, r.line) for r in finder.references()] == [("g", 30)]


def test_prose_and_its_hidden_links() -> None:
    """Both are mentions."""
    finder = NameFinder(_document("see `some_name`", links=(("b.html", 7),)))
    assert finder.on_tree is None
    assert [(r.kind, r.name, r.line) for r in finder.references()] == [
        ("symbol", "some_name", 1),
        ("file", "b.html", 7),
    ]


def test_a_table_names_nothing() -> None:
    """What looks like markup in data is data."""
    assert NameFinder(_document("`a_b`,1\n", format="csv")).references() == ()


@pytest.mark.parametrize(
    ("meta", "own", "answered"),
    [
        ({"message_id": "<a@x>", "in_reply_to": "<b@x>", "references": "<c@x> <b@x>"}, ["a@x"], ["b@x", "c@x"]),
        ({"message_id": "turn-1", "in_reply_to": "turn-0"}, ["turn-1"], ["turn-0"]),
        ({"in_reply_to": "your letter of may"}, [], []),
        ({}, [], []),
    ],
)
def test_messages_know_what_they_answer(meta: dict[str, str], own: list[str], answered: list[str]) -> None:
    """The nearest first."""
    definitions, references = message_names(meta)
    assert [d.name for d in definitions] == own
    assert [r.name for r in references] == answered
