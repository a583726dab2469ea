"""PDF."""

from __future__ import annotations

import pytest

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.factory import read_bytes
from tests.memory_fabric.ingest.readers.samples import LIMITS, one, pdf


def test_lines_know_their_page() -> None:
    """The text of all pages in order, the page of each line, the title."""
    document = one("a.pdf", pdf("one\ntwo", "", "three", title="A title"))
    assert (document.text, document.pages, document.title) == ("one\ntwo\nthree", (1, 1, 3), "A title")
    assert (document.mime, document.format) == ("application/pdf", "text")


def test_encrypted_is_told() -> None:
    """A file that needs a password is listed as encrypted, one with an empty password is read."""
    with pytest.raises(UnreadableError, match=r"^encrypted$"):
        read_bytes("a.pdf", pdf("one", password="secret"), LIMITS)


def test_broken_is_told() -> None:
    """A cut file is listed as broken."""
    with pytest.raises(UnreadableError, match=r"^broken pdf$"):
        read_bytes("a.pdf", b"%PDF-1.7\nnothing more", LIMITS)


def test_pictures_of_text_are_told() -> None:
    """Pages without text are no silent success."""
    with pytest.raises(UnreadableError, match=r"^pdf without text$"):
        read_bytes("a.pdf", pdf("", ""), LIMITS)
