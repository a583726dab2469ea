"""Plain text, reStructuredText and every other text that is kept as it is."""

from __future__ import annotations

from collections.abc import Iterator

from memory_fabric.ingest.readers.base import Result, Source
from memory_fabric.ingest.readers.chats.transcript import as_conversation
from memory_fabric.ingest.readers.encoding import decode
from memory_fabric.records import Document

__all__ = ["read"]

_FORMATS = {"text/x-rst": "rst", "text/markdown": "markdown"}


def read(source: Source) -> Iterator[Result]:
    """Yield the text as it stands; nothing when it is blank.

    Raises:
        UnreadableError: The bytes are no text.
    """
    text = decode(source.data)
    if text and not text.isspace():
        document = Document(text=text, modality="text", format=_FORMATS.get(source.mime, "text"), mime=source.mime)
        yield as_conversation(document, source.path)
