"""Source code and configuration files."""

from __future__ import annotations

from collections.abc import Iterator

from memory_fabric.ingest.mime import programming_language
from memory_fabric.ingest.readers.base import Result, Source
from memory_fabric.ingest.readers.encoding import decode
from memory_fabric.records import Document

__all__ = ["read"]


def read(source: Source) -> Iterator[Result]:
    """Yield the code as it stands, with its language; nothing when it is blank.

    Raises:
        UnreadableError: The bytes are no text.
    """
    text = decode(source.data)
    if text and not text.isspace():
        language = programming_language(source.path, source.data)
        yield Document(text=text, modality="code", format=language or "text", mime=source.mime, language=language)
