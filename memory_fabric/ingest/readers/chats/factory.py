"""Telling a chat export by what it holds."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from functools import partial

from memory_fabric.ingest.readers.base import Result, Source
from memory_fabric.ingest.readers.chats import chatgpt, claude, generic, telegram
from memory_fabric.ingest.readers.chats.base import Conversation, documents, plain_part
from memory_fabric.ingest.readers.chats.pieces import Piece, elements, mended
from memory_fabric.records import Document

__all__ = ["read_chats"]

_Found = Iterator[Conversation | Document]


def read_chats(source: Source) -> list[Result] | None:
    """Return what a chat export holds, or None where the source is none and is to be read as any other JSON.

    Nothing is lost: what is truncated is no JSON and none of it is taken for an export; a conversation that is not
    understood is read as the JSON that it is, and so is all of an export in which none is understood.

    Args:
        source: JSON, or one JSON document a line.
    """
    data = source.data.removeprefix(codecs.BOM_UTF8)
    if not (generic.looks_like_chat(data) or _has(data, chatgpt.MARKS) or _has(data, telegram.MARKS)):
        return None
    found = _found(source, data)
    if found is None and b"\\ud" in data.lower():
        found = _found(source, mended(data))
    if found is None:
        return None
    results = list(documents(source, found))
    is_chat = any(isinstance(result, Document) and (result.turns or "export" in result.meta) for result in results)
    return results if is_chat else None


def _has(data: bytes, marks: tuple[bytes, ...]) -> bool:
    return all(mark in data for mark in marks)


def _found(source: Source, data: bytes) -> _Found | None:
    if source.mime == "application/jsonl":
        parts = [Piece(line, number, number) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
        return generic.of_parts(parts, source.mime)
    whole = Piece(data, 1, 1 + data.count(b"\n"))
    readers: tuple[tuple[tuple[bytes, ...], Callable[[Piece], _Found | None]], ...] = (
        (chatgpt.MARKS, _chatgpt),
        (claude.MARKS, _claude),
        (claude.PROJECT_MARKS, partial(claude.project, mime=source.mime)),
    )
    for marks, read in readers:
        if _has(data, marks) and (found := _each(whole, source, read)) is not None:
            return found
    if _has(data, telegram.MARKS) and (chats := telegram.conversations(whole, source.mime)) is not None:
        return chats
    return generic.conversations(whole, source.mime) if generic.looks_like_chat(data) else None


def _each(whole: Piece, source: Source, read: Callable[[Piece], _Found | None]) -> _Found | None:
    """Return what an array's elements hold, or the one object that the whole is; None where it is neither."""
    if (one := read(whole)) is not None:
        return one
    parts = elements(whole)
    return None if parts is None else _all(parts, source, read)


def _all(parts: Iterator[Piece], source: Source, read: Callable[[Piece], _Found | None]) -> _Found:
    for number, part in enumerate(parts, 1):
        found = read(part)
        if found is not None:
            yield from found
        elif (rest := plain_part(part.raw, part.line, f"part-{number}", source.mime)) is not None:
            yield rest


def _chatgpt(piece: Piece) -> _Found | None:
    found = chatgpt.conversation(piece)
    return None if found is None else iter([found])


def _claude(piece: Piece) -> _Found | None:
    found = claude.conversation(piece)
    return None if found is None else iter([found])
