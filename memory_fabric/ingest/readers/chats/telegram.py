"""Telegram Desktop's export as JSON: one chat, or all of them.

Source: `result.json` of Telegram Desktop 2.x to 5.x; Telegram/SourceFiles/export/output/export_output_json.cpp.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from memory_fabric.ingest.moments import moment_of
from memory_fabric.ingest.readers.chats.base import Conversation, Said, plain_part
from memory_fabric.ingest.readers.chats.pieces import Piece, decoded, located
from memory_fabric.records import Document

__all__ = ["MARKS", "conversations"]

MARKS = (b'"messages"', b'"type"', b'"from_id"')

_LISTS = ("chats", "left_chats")
_NOT_LISTS = frozenset({"about", *_LISTS})


class _Text(msgspec.Struct, frozen=True):
    text: str = ""
    type: str = ""


class _Answer(msgspec.Struct, frozen=True):
    text: _Text | str = ""


class _Poll(msgspec.Struct, frozen=True):
    question: _Text | str = ""
    answers: list[_Answer] = []


class _Message(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    type: str
    date: object = None
    date_unixtime: object = None
    sender: str | None = None
    text: str | list[str | _Text] = ""
    media_type: str | None = None
    photo: object = None
    file: object = None
    sticker_emoji: str | None = None
    poll: _Poll | None = None


class _Chat(msgspec.Struct, frozen=True):
    id: int
    messages: list[msgspec.Raw]
    type: str
    name: str | None = None


class _List(msgspec.Struct, frozen=True, rename={"chats": "list"}):
    chats: list[msgspec.Raw]


def conversations(piece: Piece, mime: str) -> Iterator[Conversation | Document] | None:
    """Return the chats of an export, and what else it holds; None where the value is no export."""
    if (chat := _conversation(piece)) is not None:
        return iter([chat])
    sections = decoded(piece.raw, dict[str, msgspec.Raw])
    if sections is None or not any(name in sections for name in _LISTS):
        return None
    return _whole(dict(zip(sections, located(piece, sections.values()), strict=True)), mime)


def _whole(sections: dict[str, Piece], mime: str) -> Iterator[Conversation | Document]:
    """Yield each chat of an export of everything, then the sections that are none."""
    for name in _LISTS:
        held = decoded(sections[name].raw, _List) if name in sections else None
        for number, part in enumerate(located(sections[name], held.chats) if held else (), 1):
            found = _conversation(part) or plain_part(part.raw, part.line, f"{name}-{number}", mime)
            if found is not None:
                yield found
        if held is None and name in sections:
            sections[f"{name} "] = sections[name]
    for name, section in sections.items():
        if name not in _NOT_LISTS and (rest := plain_part(section.raw, section.line, name.strip(), mime)) is not None:
            yield rest


def _conversation(piece: Piece) -> Conversation | None:
    chat = decoded(piece.raw, _Chat)
    if chat is None:
        return None
    passed: Counter[str] = Counter()
    said: list[Said] = []
    for part in located(piece, chat.messages):
        message = decoded(part.raw, _Message)
        if message is None:
            return None
        if message.type != "message":
            passed["service message" if message.type == "service" else message.type] += 1
            continue
        text = _words(message, passed)
        when = moment_of(message.date_unixtime) or moment_of(message.date)
        if text.strip():
            said.append(Said(message.sender or "Deleted account", text, when, part.line, part.line_end))
    title = chat.name or chat.type.replace("_", " ")
    return Conversation("telegram", f"telegram-{chat.id}", title, said, passed, {"chat": chat.type})


def _words(message: _Message, passed: Counter[str]) -> str:
    """Return what a message says, captions and polls included; what it shows is counted."""
    if message.media_type or message.photo or message.file:
        passed[(message.media_type or ("photo" if message.photo else "file")).replace("_", " ")] += 1
    parts = [message.text] if isinstance(message.text, str) else message.text
    text = "".join(map(_plain, parts))
    if message.poll is not None:
        poll = [_plain(message.poll.question), *(f"- {_plain(answer.text)}" for answer in message.poll.answers)]
        text = "\n".join(filter(None, [text, *poll]))
    return text


def _plain(part: _Text | str) -> str:
    return part if isinstance(part, str) else part.text
