"""From documents and imported records to what the store keeps."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import PurePath

from memory_fabric.config import IngestConfig
from memory_fabric.ingest.chunkers.factory import chunk
from memory_fabric.ingest.language import natural_language
from memory_fabric.ingest.moments import day_of, parse_when
from memory_fabric.ingest.names.document import NameFinder, message_names
from memory_fabric.operations import IngestRecord
from memory_fabric.records import ChunkSpan, Document, Modality
from memory_fabric.store.store import ChunkDraft, ItemDraft

__all__ = ["content_key", "draft_document", "draft_record", "record_modality"]

_SPEAKER = re.compile(r"^[^\W\d_][\w .'’-]{0,38}: \S")
_CODE_LINE = re.compile(
    r"^[^\S\n]*+(def |class |async def |func |fn |function |public |private |static |#include|import |from \S+ import"
    r"|return\b"
    r"|if \(|for \(|while \(|const |let |var |package |using |struct |impl )|[;{}][^\S\n]*+$",
    re.MULTILINE,
)
_DEFINITION = re.compile(
    r"\s*(?:@\w|#include\b|#!|<\?php"
    r"|(?:export |default |pub |public |private |protected |static |async |final |abstract )*"
    r"(?:def|class|func|function|fn|interface|struct|impl|enum|trait|namespace|package)\s+[\w<(*]"
    r"|(?:const|let|var)\s+\w+\s*=|(?:public|private|protected|static)\s+\w+[\w<>\[\], ]*\s+\w+\s*\()"
)
"""What only the first line of code looks like; tried on `_FIRST_CHARS` characters, whose cube it may take."""

_FIRST_CHARS = 200

_PYTHON = re.compile(r"^\s*(async )?def \w+\(.*|^\s*class \w+.*:$", re.MULTILINE)


_FOLDERS = 3
"""Folders above a chat that its fields name: how people file their conversations."""


def content_key(*parts: str) -> bytes:
    """Return 16 bytes that identify a content: BLAKE2b over the parts."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass"))
        digest.update(b"\x00")
    return digest.digest()


def draft_document(
    document: Document,
    path: str,
    *,
    project: str,
    limits: IngestConfig,
    fallback_time_s: float | None,
    repo: str = "",
    commit: str = "",
    source_hash: bytes = b"",
) -> ItemDraft:
    """Cut a document read from `path` and return what the store keeps of it."""
    place = f"{path}!/{document.inner_path}" if document.inner_path else path
    stem = PurePath(document.inner_path or path)
    title = document.title or stem.name
    names = NameFinder(document)
    spans = chunk(document, wanted_chars=limits.chunk_chars, max_chars=limits.max_chunk_chars, on_tree=names.on_tree)
    chunks = tuple(
        _draft_chunk(document, span, title, stem) for span in spans if document.text[span.start : span.end].strip()
    )
    meta = document.meta
    if document.turns and "folders" not in meta and (folders := PurePath(path).parent.parts[1:]):
        meta = {**meta, "folders": "/".join(folders[-_FOLDERS:])}
    when = document.timestamp_s if document.timestamp_s is not None else fallback_time_s
    return ItemDraft(
        project=project,
        uri=f"{place}#{document.part}" if document.part else place,
        path=place,
        modality=document.modality,
        title=title,
        mime=document.mime,
        timestamp_s=when,
        layer="session" if document.modality == "conversation" else "document",
        tags=(),
        quality=0.5,
        meta=meta,
        chunks=chunks,
        content_hash=source_hash or content_key(document.text),
        repo=repo,
        commit=commit,
        definitions=names.definitions(),
        references=names.references(),
    )


def _draft_chunk(document: Document, span: ChunkSpan, title: str, stem: PurePath) -> ChunkDraft:
    text = document.text[span.start : span.end]
    if document.modality == "code":
        # the file's stem and the scope, not the whole path: a moved folder keeps its vectors
        context = f"{stem.stem} {span.symbol}".strip()
        language = document.language or "code"
    else:
        headings = [h for h in span.headings if h != title]
        context = " > ".join(filter(None, [title, day_of(span.timestamp_s), *headings]))
        language = natural_language(text)
    first, last = span.line_start, span.line_end
    page = 0
    if document.pages is not None and first <= len(document.pages):
        page = document.pages[first - 1]
    if document.source_lines is not None:
        first, last = _source_range(document.source_lines, document.source_ends, first, text)
    return ChunkDraft(
        text=text,
        context=context,
        line_start=first,
        line_end=last,
        page=page,
        language=language,
        symbol=span.symbol,
        symbol_kind=span.symbol_kind,
        content_hash=content_key(context, text),
        timestamp_s=span.timestamp_s,
    )


def _source_range(starts: Sequence[int], ends: Sequence[int] | None, first: int, text: str) -> tuple[int, int]:
    """Return the lowest and the highest source line of a fragment.

    A reader may turn its source round (a notebook's file holds the outputs of a cell before its code), so the ends
    of a fragment need not be the ends of where it comes from.

    Args:
        starts: The source line at which each line of the document begins.
        ends: The one at which it ends; None where that is the same.
        first: Line of the document at which the fragment begins, 1-based.
        text: The fragment; it holds more than white space.
    """
    # the empty lines between two parts belong to neither
    places = [place for place, line in enumerate(text.split("\n"), first - 1) if line and not line.isspace()]
    return min(starts[place] for place in places), max((ends or starts)[place] for place in places)


def draft_record(record: IngestRecord, *, project: str, limits: IngestConfig) -> ItemDraft:
    """Return what the store keeps of one imported record; its id comes back as `jsonl:PROJECT/ID`."""
    modality = record_modality(record)
    language = record.language
    if modality == "code" and not language:
        language = "python" if _PYTHON.search(record.text) else "code"
    document = Document(
        text=record.text,
        modality=modality,
        format=language if modality == "code" else ("conversation" if modality == "conversation" else "text"),
        mime="text/plain",
        title=record.title,
        language=language if modality == "code" else "",
    )
    spans = _record_spans(document, limits)
    chunks = tuple(_record_chunk(document, span, record) for span in spans)
    definitions, references = message_names(record.meta)
    return ItemDraft(
        project=project,
        uri=f"jsonl:{project}/{record.id}",
        path="",
        modality=modality,
        title=record.title,
        mime="text/plain",
        timestamp_s=parse_when(record.timestamp),
        layer="session" if modality == "conversation" else "document",
        tags=(),
        quality=0.5,
        meta=dict(record.meta),
        chunks=chunks,
        content_hash=content_key(record.title, record.timestamp, record.text),
        repo="",
        commit="",
        definitions=definitions,
        references=references,
    )


def _record_spans(document: Document, limits: IngestConfig) -> Sequence[ChunkSpan]:
    """A record that fits stays whole: its author chose the cut."""
    lines = document.text.count("\n") + 1
    if len(document.text) <= limits.max_chunk_chars:
        symbol = ""
        if document.language == "python" and (found := re.search(r"def (\w+)|class (\w+)", document.text)):
            symbol = found[1] or found[2]
        return [ChunkSpan(0, len(document.text), 1, lines, symbol=symbol)]
    return chunk(document, wanted_chars=limits.chunk_chars, max_chars=limits.max_chunk_chars)


def _record_chunk(document: Document, span: ChunkSpan, record: IngestRecord) -> ChunkDraft:
    text = document.text[span.start : span.end]
    if document.modality == "code":
        context, language = span.symbol, document.language
    else:
        context = " > ".join(filter(None, [record.title, *span.headings]))
        language = record.language or natural_language(text)
    return ChunkDraft(
        text=text,
        context=context,
        line_start=span.line_start,
        line_end=span.line_end,
        page=0,
        language=language,
        symbol=span.symbol,
        symbol_kind=span.symbol_kind,
        content_hash=content_key(context, text),
    )


def record_modality(record: IngestRecord) -> Modality:
    """Return what kind of text a record is: as its author says, else by its look."""
    match record.modality:
        case "text" | "code" | "conversation":
            return record.modality
        case _:
            pass
    first = record.text[:_FIRST_CHARS]
    if _SPEAKER.match(first) and (record.timestamp or "\n" not in record.text.strip()):
        return "conversation"
    lines = record.text.count("\n") + 1
    if _DEFINITION.match(record.text.lstrip()[:_FIRST_CHARS]) and re.search(r"[(){}:;=]", record.text):
        return "code"
    if len(_CODE_LINE.findall(record.text)) * 3 >= lines and (lines > 1 or _PYTHON.match(first)):
        return "code"
    return "text"
