"""Markdown; the title and the date come from the front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from foundation.clock import parse_rfc3339
from memory_fabric.ingest.readers.base import Result, Source
from memory_fabric.ingest.readers.chats.transcript import as_conversation
from memory_fabric.ingest.readers.encoding import decode
from memory_fabric.records import Document

__all__ = ["read"]

_FRONT = re.compile(r"(---|\+\+\+)[ \t]*\n(.*?)\n\1[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^(title|date)[ \t]*+[:=][ \t]*+(.++)$", re.MULTILINE | re.IGNORECASE)
_MAX_FRONT_CHARS = 16 * 1024


def read(source: Source) -> Iterator[Result]:
    """Yield the text as it stands; nothing when it is blank.

    Raises:
        UnreadableError: The bytes are no text.
    """
    text = decode(source.data)
    if not text or text.isspace():
        return
    fields = _front_matter(text)
    document = Document(
        text=text,
        modality="text",
        format="markdown",
        mime=source.mime,
        title=fields.get("title", ""),
        timestamp_s=_moment(fields.get("date", "")),
    )
    yield as_conversation(document, source.path)


def _front_matter(text: str) -> dict[str, str]:
    if not text.startswith(("---", "+++")):
        return {}
    found = _FRONT.match(text, 0, _MAX_FRONT_CHARS)
    if found is None:
        return {}
    return {name.lower(): value.rstrip(" \t").strip("\"'") for name, value in _FIELD.findall(found[2])}


def _moment(written: str) -> float | None:
    try:
        return parse_rfc3339(written)
    except (ValueError, OverflowError):
        return None
