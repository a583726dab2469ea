"""Markdown and its front matter."""

from __future__ import annotations

import pytest

from tests.memory_fabric.ingest.readers.samples import one


@pytest.mark.parametrize(
    "text", ['---\ntitle: "A b"\ndate: 2026-01-02\n---\nx', "+++\ntitle = 'A b'\ndate = 2026-01-02\n+++\nx"]
)
def test_front_matter_names_title_and_date(text: str) -> None:
    """YAML and TOML front matter are both understood, and the text keeps its lines."""
    document = one("a.md", text)
    assert (document.title, document.timestamp_s) == ("A b", 1_767_312_000.0)
    assert (document.text, document.format, document.source_lines) == (text, "markdown", None)


@pytest.mark.parametrize(
    "text", ["---\nno end", "# Title\n---\ntitle: x\n---\n", "--- not front\n", "---\ndate: soon\n---\n"]
)
def test_without_front_matter_there_is_no_title(text: str) -> None:
    """A rule, an open block and a date in words are no front matter."""
    document = one("a.md", text)
    assert (document.title, document.timestamp_s) == ("", None)
