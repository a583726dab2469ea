"""PDF, page by page."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator

from pypdf import PasswordType, PdfReader

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.base import MAX_TEXT_CHARS, Result, Source, clean
from memory_fabric.ingest.readers.lines import folded
from memory_fabric.records import Document, SkippedFile

__all__ = ["read"]

_MAX_SECONDS = 60.0
"""Looked at between pages: what was read until then is kept."""

# it logs every oddity, with words of the document in it
logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)


def read(source: Source) -> Iterator[Result]:
    """Yield the text of all pages, with the page of each line.

    Raises:
        UnreadableError: The file is encrypted or broken, or holds pictures of text only.
    """
    reader = _open(source.data)
    lines: list[str] = []
    pages: list[int] = []
    stop = time.monotonic() + _MAX_SECONDS
    chars, failed, total, reason = 0, 0, len(reader.pages), ""
    for number in range(1, total + 1):
        if time.monotonic() > stop or chars > MAX_TEXT_CHARS:
            reason = f"only {number - 1} of {total} pages read (too slow or too long)"
            break
        try:
            text = clean(reader.pages[number - 1].extract_text())
        except Exception:  # the library fails in many ways on damaged pages; the others are still worth reading
            failed += 1
            continue
        page_lines = text.rstrip().split("\n") if text.strip() else []
        lines += page_lines
        pages += [number] * len(page_lines)
        chars += len(text)
    if not lines:
        raise UnreadableError("broken pdf" if failed or not total else "pdf without text")
    yield Document(
        text="\n".join(lines),
        modality="text",
        format="text",
        mime=source.mime,
        title=_title(reader),
        pages=tuple(pages),
    )
    if failed:
        reason = f"{failed} of {total} pages are broken"
    if reason:
        yield SkippedFile("", reason)


def _open(data: bytes) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(data))
        is_locked = reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED
        if not is_locked:
            len(reader.pages)
    except Exception as error:  # see `read`
        raise UnreadableError("broken pdf") from error
    if is_locked:
        raise UnreadableError("encrypted")
    return reader


def _title(reader: PdfReader) -> str:
    try:
        title = reader.metadata.title if reader.metadata else None
    except Exception:  # a damaged title is no reason to lose the text
        return ""
    return folded(clean(str(title))) if title else ""
