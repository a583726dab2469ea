"""Choosing how a document is cut."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, groupby, pairwise
from typing import TYPE_CHECKING

import msgspec

from memory_fabric.ingest.chunkers.lines import LineMap, chunk_lines
from memory_fabric.ingest.chunkers.prose import chunk_prose
from memory_fabric.ingest.chunkers.turns import chunk_turns
from memory_fabric.records import ChunkSpan, Document

if TYPE_CHECKING:
    from memory_fabric.ingest.chunkers.code import OnTree

__all__ = ["chunk"]

_PROSE = {"markdown": "markdown", "rst": "rst", "text": "text", "html": "markdown", "docx": "markdown"}
_BY_LINES = frozenset({"csv", "tsv", "json", "jsonl", "conversation"})


def chunk(
    document: Document, *, wanted_chars: int = 1000, max_chars: int = 1600, on_tree: OnTree | None = None
) -> list[ChunkSpan]:
    """Cut a document into spans that lie end to end and cover its text whole.

    A span never reaches from one page to the next, as a citation names one page.

    Args:
        document: From a reader.
        wanted_chars: Wanted size of a span, at least 1.
        max_chars: Hard limit, at least 1.
        on_tree: Told the syntax tree of code.

    Returns:
        Spans in order; none for an empty text.
    """
    if not document.text:
        return []
    if document.modality == "code":
        # imported only for code: the parser and its grammars cost a tenth of a second at start
        from memory_fabric.ingest.chunkers.code import chunk_code

        language = document.language or document.format
        return chunk_code(
            document.text, language=language, wanted_chars=wanted_chars, max_chars=max_chars, on_tree=on_tree
        )
    if document.turns:
        return chunk_turns(document.text, document.turns, wanted_chars=wanted_chars, max_chars=max_chars)
    if document.format in _BY_LINES:
        return chunk_lines(document.text, wanted_chars=wanted_chars, max_chars=max_chars)
    form = _PROSE.get(document.format, "text")
    if not document.pages:
        return chunk_prose(document.text, form=form, wanted_chars=wanted_chars, max_chars=max_chars)
    spans: list[ChunkSpan] = []
    for row, start, end in _page_places(document.text, document.pages):
        page = chunk_prose(document.text[start:end], form=form, wanted_chars=wanted_chars, max_chars=max_chars)
        spans += [_moved(span, start, row) for span in page]
    return spans


def _page_places(text: str, pages: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """Yield first row (0-based), start and end of each page.

    Args:
        text: The document text.
        pages: The page of each of its lines.
    """
    lines = LineMap(text)
    sizes = [sum(1 for _ in rows) for _, rows in groupby(pages[: lines.rows])]
    borders = [0, *accumulate(sizes)]
    borders[-1] = lines.rows
    for first, stop in pairwise(borders):
        yield first, lines.offset(first), lines.offset(stop)


def _moved(span: ChunkSpan, chars: int, rows: int) -> ChunkSpan:
    return msgspec.structs.replace(
        span,
        start=span.start + chars,
        end=span.end + chars,
        line_start=span.line_start + rows,
        line_end=span.line_end + rows,
    )
