"""Choosing the reader for a source, and keeping its failures inside."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import cast

from memory_fabric.config import IngestConfig
from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.file_types import LANGUAGE_MIME
from memory_fabric.ingest.mime import detect, is_binary, programming_language
from memory_fabric.ingest.readers import code, markdown, plain
from memory_fabric.ingest.readers.base import MAX_DEPTH, Budget, Reader, Result, Source, too_large, within
from memory_fabric.records import Document, SkippedFile

__all__ = ["read_bytes", "read_bytes_with_skips"]

_FAST: dict[str, Reader] = {"text/markdown": markdown, "text/plain": plain, "text/x-rst": plain}
"""Readers that need no library; nearly every file takes one of these or `code`."""

_LAZY = {
    "application/gzip": "archive",
    "application/java-archive": "archive",
    "application/json": "json",
    "application/jsonl": "json",
    "application/mbox": "mail",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/x-bzip2": "archive",
    "application/x-ipynb+json": "notebook",
    "application/x-tar": "archive",
    "application/x-xz": "archive",
    "application/zip": "archive",
    "message/rfc822": "mail",
    "text/csv": "table",
    "text/html": "html",
    "text/tab-separated-values": "table",
}
"""Module of each other format, imported when the first such source comes."""

_CONTAINERS = frozenset({"archive", "mail"})
_CODE_MIMES = frozenset(LANGUAGE_MIME.values())
_LATER = ("image/", "audio/", "video/", "application/vnd.oasis.", "application/vnd.openxmlformats-")
_LATER_EXACT = frozenset({
    "application/epub+zip", "application/rtf", "application/vnd.rar", "application/x-7z-compressed",
    "application/x-ole-storage", "application/zstd",
})  # fmt: skip
"""Known formats that hold something to read one day; anything else is simply `binary`."""


def read_bytes(path: str, data: bytes, limits: IngestConfig, *, mime: str | None = None) -> list[Document]:
    """Return what `data` holds; nothing when it is empty or blank.

    Args:
        path: Its name, which tells kinds of text apart.
        data: The whole content.
        limits: Sizes beyond which nothing is read.
        mime: Its media type when known better than by looking.

    Raises:
        UnreadableError: It cannot be read; carries the reason.
    """
    return read_bytes_with_skips(path, data, limits, mime=mime)[0]


def read_bytes_with_skips(
    path: str, data: bytes, limits: IngestConfig, *, mime: str | None = None
) -> tuple[list[Document], list[SkippedFile]]:
    """Return what `data` holds, and the members of a container that could not be read, as `path!/inner`.

    Args:
        path: Its name, which tells kinds of text apart.
        data: The whole content.
        limits: Sizes beyond which nothing is read.
        mime: Its media type when known better than by looking.

    Raises:
        UnreadableError: It cannot be read; carries the reason.
    """
    documents: list[Document] = []
    skipped: list[SkippedFile] = []
    for result in _read(path, data, limits, Budget(limits.max_archive_bytes), 0, mime):
        if isinstance(result, Document):
            documents.append(result)
        else:
            skipped.append(SkippedFile(f"{path}!/{result.path}" if result.path else path, result.reason))
    return documents, skipped


def _read(path: str, data: bytes, limits: IngestConfig, budget: Budget, depth: int, mime: str | None) -> list[Result]:
    if not data:
        return []
    if len(data) > limits.max_file_bytes:
        raise UnreadableError(too_large(len(data), limits.max_file_bytes))
    kind = mime or detect(path, data)
    reader = _choose(path, data, kind, depth)

    def read_member(name: str, content: bytes) -> Iterator[Result]:
        try:
            results = _read(name, content, limits, budget, depth + 1, None)
        except UnreadableError as error:
            results = [SkippedFile("", error.reason)]
        for result in results:
            yield within(name, result)

    source = Source(path, data, kind, limits, budget, read_member)
    try:
        return _counted(reader.read(source), budget)
    except UnreadableError:
        raise
    except Exception as error:  # every parser has failures of its own, and one bad file must not stop the run
        if is_binary(data):
            raise UnreadableError(f"broken {_LAZY.get(kind, 'file')}") from error
        return _counted(plain.read(Source(path, data, "text/plain", limits, budget, read_member)), budget)


def _counted(results: Iterator[Result], budget: Budget) -> list[Result]:
    """Gather results, each document's own text counted once.

    Raises:
        UnreadableError: The file that holds them gives too much text.
    """
    gathered: list[Result] = []
    for result in results:
        if isinstance(result, Document) and not result.inner_path:
            budget.take_text(len(result.text))
        gathered.append(result)
    return gathered


def _choose(path: str, data: bytes, kind: str, depth: int) -> Reader:
    """Return the reader for a media type.

    Raises:
        UnreadableError: There is none; says why.
    """
    if (fast := _FAST.get(kind)) is not None:
        return fast
    if (name := _LAZY.get(kind)) is not None:
        if name in _CONTAINERS and depth >= MAX_DEPTH:
            raise UnreadableError(f"nested deeper than {MAX_DEPTH} archives")
        return cast("Reader", import_module(f"memory_fabric.ingest.readers.{name}"))
    if kind.startswith("text/") or kind in _CODE_MIMES:
        return code if programming_language(path, data) else plain
    if kind.startswith(_LATER) or kind in _LATER_EXACT:
        raise UnreadableError(f"{kind} is not indexed yet")
    raise UnreadableError("binary")
