"""Claude's export: conversations as lists of messages, projects with their documents.

Source: `conversations.json`, `projects.json` and `projects/*.json` of the export of claude.ai, as of 2024 to 2026; the
format is not documented.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from memory_fabric.ingest.moments import moment_of
from memory_fabric.ingest.readers.base import clean
from memory_fabric.ingest.readers.chats.base import Conversation, Said
from memory_fabric.ingest.readers.chats.pieces import Piece, decoded, located
from memory_fabric.records import Document

__all__ = ["MARKS", "PROJECT_MARKS", "conversation", "project"]

MARKS = (b'"chat_messages"',)
PROJECT_MARKS = (b'"docs"', b'"prompt_template"')

_SPEAKERS = {"human": "Human", "assistant": "Assistant"}


class _Block(msgspec.Struct, frozen=True):
    type: str
    text: str | None = None


class _File(msgspec.Struct, frozen=True):
    file_name: str | None = None
    extracted_content: str | None = None


class _Message(msgspec.Struct, frozen=True):
    sender: str
    text: str | None = None
    content: list[_Block] | None = None
    created_at: object = None
    attachments: list[_File] | None = None
    files: list[_File] | None = None


class _Talk(msgspec.Struct, frozen=True):
    chat_messages: list[msgspec.Raw]
    uuid: str = ""
    name: str | None = None
    created_at: object = None
    updated_at: object = None
    project_uuid: str | None = None


class _Doc(msgspec.Struct, frozen=True):
    filename: str
    content: str
    uuid: str = ""
    created_at: object = None


class _Project(msgspec.Struct, frozen=True):
    uuid: str
    name: str
    docs: list[msgspec.Raw]
    description: str | None = None
    prompt_template: str | None = None
    created_at: object = None


def conversation(piece: Piece) -> Conversation | None:
    """Return one conversation of the export, or None where the value is none."""
    talk = decoded(piece.raw, _Talk)
    if talk is None:
        return None
    passed: Counter[str] = Counter()
    said: list[Said] = []
    for part in located(piece, talk.chat_messages):
        message = decoded(part.raw, _Message)
        if message is None:
            return None
        speaker = _SPEAKERS.get(message.sender, message.sender)
        text = _words(message, passed)
        if text.strip():
            said.append(Said(speaker, text, moment_of(message.created_at), part.line, part.line_end))
    return Conversation(
        kind="claude",
        id=talk.uuid,
        title=talk.name or "",
        said=said,
        passed=passed,
        fields={"chat_project": talk.project_uuid} if talk.project_uuid else {},
        started_s=moment_of(talk.created_at),
        ended_s=moment_of(talk.updated_at),
    )


def _words(message: _Message, passed: Counter[str]) -> str:
    """Return what a message says: its blocks of text, else its text, and what its attachments hold."""
    texts = []
    for block in message.content or ():
        if block.type == "text":
            texts.append(block.text or "")
        else:
            passed[block.type.replace("_", " ")] += 1
    if not any(texts):
        texts = [message.text or ""]
    for file in message.attachments or ():
        if file.extracted_content:
            texts.append(f"[{file.file_name or 'attachment'}]\n{file.extracted_content}")
        else:
            passed["attachment"] += 1
    if message.files:
        passed["file"] += len(message.files)
    return "\n\n".join(filter(None, texts))


def project(piece: Piece, mime: str) -> Iterator[Conversation | Document] | None:
    """Return the documents of a project, and its instructions; None where the value is no project."""
    found = decoded(piece.raw, _Project)
    if found is None:
        return None
    docs = [(part, decoded(part.raw, _Doc)) for part in located(piece, found.docs)]
    if any(doc is None for _, doc in docs):
        return None
    about = "\n\n".join(filter(None, [found.name, found.description, found.prompt_template]))
    parts = [(piece, _Doc("", about, "", found.created_at)), *((part, doc) for part, doc in docs if doc is not None)]
    return _documents(found, parts, mime)


def _documents(found: _Project, parts: list[tuple[Piece, _Doc]], mime: str) -> Iterator[Document]:
    for number, (piece, doc) in enumerate(parts):
        text = clean(doc.content)
        if not text.strip():
            continue
        count = text.count("\n") + 1
        yield Document(
            text=text,
            modality="text",
            format="markdown",
            mime=mime,
            part=f"{found.uuid}/{doc.uuid or number}",
            title=f"{found.name} > {doc.filename}" if doc.filename else found.name,
            source_lines=(piece.line,) * count,
            source_ends=(piece.line_end,) * count,
            timestamp_s=moment_of(doc.created_at),
            meta={"export": "claude", "chat_project": found.uuid},
        )
