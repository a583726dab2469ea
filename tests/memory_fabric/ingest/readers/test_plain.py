"""Plain text and reStructuredText."""

from __future__ import annotations

from memory_fabric.ingest.readers.factory import read_bytes
from tests.memory_fabric.ingest.readers.samples import LIMITS, one


def test_text_is_kept_as_it_is() -> None:
    """Text, format and type; lines are the file's own."""
    document = one("a.txt", "one\r\n\r\ntwo\r\n")
    assert (document.text, document.format, document.modality, document.mime) == (
        "one\n\ntwo\n",
        "text",
        "text",
        "text/plain",
    )
    assert document.source_lines is None


def test_rst_keeps_its_underlines_for_the_chunker() -> None:
    """Headings of reStructuredText are found later, in the text."""
    document = one("a.rst", "Title\n=====\n\nwords\n")
    assert (document.format, document.text) == ("rst", "Title\n=====\n\nwords\n")


def test_blank_files_give_nothing() -> None:
    """Empty and blank files are no error and no document."""
    assert read_bytes("a.txt", b"", LIMITS) == []
    assert read_bytes("a.txt", b" \n\t\n", LIMITS) == []
