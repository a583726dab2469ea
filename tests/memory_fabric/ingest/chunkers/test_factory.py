"""Choosing a chunker."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.ingest.chunkers.factory import chunk
from memory_fabric.records import Document, Modality
from tests.memory_fabric.ingest.chunkers.coverage import assert_covers, texts
from tests.memory_fabric.ingest.chunkers.samples import SAMPLES

_FORMATS = [
    "markdown",
    "rst",
    "text",
    "html",
    "csv",
    "json",
    "jsonl",
    "conversation",
    "python",
    "yaml",
    "never heard of",
]


def _document(text: str, format_: str, modality: Modality = "text", language: str = "") -> Document:
    return Document(text=text, modality=modality, format=format_, mime="text/plain", language=language)


@pytest.mark.slow
@given(
    text=texts,
    format_=st.sampled_from(_FORMATS),
    modality=st.sampled_from(get_args(Modality)),
    language=st.sampled_from(["", "python", "yaml"]),
    sizes=st.tuples(st.integers(1, 400), st.integers(1, 500)),
)
def test_covers_any_document(
    text: str, format_: str, modality: Modality, language: str, sizes: tuple[int, int]
) -> None:
    """Every choice of a chunker covers every text whole and keeps the limit."""
    document = _document(text, format_, modality, language)
    assert_covers(text, chunk(document, wanted_chars=sizes[0], max_chars=sizes[1]), sizes[1])


def test_empty_document_has_no_spans() -> None:
    """There is nothing to cut in an empty document, code or not."""
    assert chunk(_document("", "python", "code", "python")) == []
    assert chunk(_document("", "markdown")) == []


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_code_goes_by_its_language(language: str) -> None:
    """Code is cut by its syntax tree, named by language or, without one, by format."""
    source = SAMPLES[language].source
    by_language = chunk(_document(source, "text", "code", language), wanted_chars=100)
    assert any(span.symbol for span in by_language)
    assert chunk(_document(source, language, "code"), wanted_chars=100) == by_language


def test_markdown_has_headings() -> None:
    """Markdown goes to the prose chunker."""
    assert chunk(_document("# One\n\nText.\n", "markdown"))[0].headings == ("One",)


def test_rst_has_headings() -> None:
    """So does reStructuredText."""
    assert chunk(_document("One\n===\n\nText.\n", "rst"))[0].headings == ("One",)


def test_rows_are_never_cut_inside() -> None:
    """A table goes by lines: each span begins and ends with a whole row."""
    text = "name,size\n" + "a row of the table,100\n" * 200
    spans = chunk(_document(text, "csv"))
    assert len(spans) > 3
    assert all(text[span.start : span.end].endswith("\n") for span in spans)
    assert all(span.end - span.start <= 1250 for span in spans)


@given(
    pages=st.lists(
        st.lists(st.sampled_from(["", "word", "words of a line. " * 6]), min_size=1, max_size=8), min_size=1
    ),
    wanted=st.integers(1, 300),
)
def test_no_span_reaches_to_the_next_page(pages: list[list[str]], wanted: int) -> None:
    """Whatever is on the pages, all of it is covered, and the first and the last line of a span are on one page."""
    text = "\n".join(line for page in pages for line in page)
    numbers = tuple(number for number, page in enumerate(pages, 1) for _ in page)
    document = Document(text=text, modality="text", format="text", mime="application/pdf", pages=numbers)
    spans = chunk(document, wanted_chars=wanted, max_chars=500)
    assert_covers(text, spans, 500)
    assert all(numbers[span.line_start - 1] == numbers[span.line_end - 1] for span in spans)


@pytest.mark.slow
def test_prose_needs_no_parser() -> None:
    """The parser is loaded for code only: the daemon starts without it."""
    program = (
        "import sys\n"
        "from memory_fabric.ingest.chunkers.factory import chunk\n"
        "from memory_fabric.records import Document\n"
        "chunk(Document(text='# One', modality='text', format='markdown', mime='text/markdown'))\n"
        "assert not any(name.startswith('tree_sitter') for name in sys.modules)\n"
        "chunk(Document(text='x = 1', modality='code', format='python', mime='text/x-python'))\n"
        "loaded = {name for name in sys.modules if name.startswith('tree_sitter') and '.' not in name}\n"
        "assert loaded == {'tree_sitter', 'tree_sitter_python'}, loaded\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
