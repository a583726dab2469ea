"""Choosing how a document is cut."""

from __future__ import annotations

from memory_fabric.ingest.chunkers.lines import chunk_lines
from memory_fabric.ingest.chunkers.prose import chunk_prose
from memory_fabric.records import ChunkSpan, Document

__all__ = ["chunk"]

_PROSE = {"markdown": "markdown", "rst": "rst", "text": "text", "html": "markdown", "docx": "markdown"}
_BY_LINES = frozenset({"csv", "tsv", "json", "jsonl", "conversation"})


def chunk(document: Document, *, wanted_chars: int = 1000, max_chars: int = 1600) -> list[ChunkSpan]:
    """Cut a document into spans that lie end to end and cover its text whole.

    Args:
        document: From a reader.
        wanted_chars: Wanted size of a span, at least 1.
        max_chars: Hard limit, at least 1.

    Returns:
        Spans in order; none for an empty text.
    """
    if not document.text:
        return []
    if document.modality == "code":
        # imported only for code: the parser and its grammars cost a tenth of a second at start
        from memory_fabric.ingest.chunkers.code import chunk_code

        language = document.language or document.format
        return chunk_code(document.text, language=language, wanted_chars=wanted_chars, max_chars=max_chars)
    if document.format in _BY_LINES:
        return chunk_lines(document.text, wanted_chars=wanted_chars, max_chars=max_chars)
    form = _PROSE.get(document.format, "text")
    return chunk_prose(document.text, form=form, wanted_chars=wanted_chars, max_chars=max_chars)
