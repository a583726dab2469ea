"""Chats in the common forms: arrays or lines of messages, each with who said what, and perhaps when.

A list of messages, an object that holds one beside a title, a list of such objects; as JSON or one a line. What looks
like a message and is a record (a commit has an author, a message and a date, too) is told by its other fields.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from memory_fabric.ingest.moments import moment_of
from memory_fabric.ingest.readers.chats.base import Conversation, Said, plain_part
from memory_fabric.ingest.readers.chats.pieces import Piece, decoded, elements, located
from memory_fabric.records import Document

__all__ = ["ROLES", "conversations", "looks_like_chat", "of_parts"]

ROLES = frozenset(
    "user assistant system human ai bot model tool function developer gpt chatgpt claude gemini deepseek llm agent"
    " prompt response you me customer client support operator"
    " пользователь ассистент система человек бот модель помощник вы я клиент оператор поддержка запрос ответ".split()
)
"""Speakers that only a chat has."""

_SPEAKER = ("speaker", "role", "author", "from", "from_name", "sender", "name", "username", "user")
_TEXT = ("text", "content", "message", "body", "value", "say", "parts")
_TIME = ("timestamp", "time", "date", "datetime", "created_at", "createdat", "create_time", "created", "sent_at", "ts")
_MESSAGES = ("messages", "conversation", "conversations", "dialogue", "dialog", "turns", "history", "chat", "items")
_TITLE = ("title", "name", "subject", "topic")
_ID = ("session_id", "session", "conversation_id", "chat_id", "thread_id", "id", "uuid")
_BESIDE = frozenset({
    *_SPEAKER, *_TEXT, *_TIME, *_ID, "type", "reply_to", "replyto", "reply_to_message_id", "attachments", "files",
    "images", "edited", "reactions", "model", "lang", "language", "metadata", "message_id", "parent", "parent_id",
    "user_id", "from_id", "author_id", "index", "turn",
})  # fmt: skip
"""Fields that a message may have where its speaker is nobody that is known as one."""

_MARK_BYTES = 64 * 1024
"""Beginning of a text that must name a speaker and a text."""

_LEAST_KNOWN = 0.5
"""Share of an array's elements that must hold a conversation each."""

_TRIED = 8
"""Elements of an array that decide whether the others are looked at."""


def _key_of(names: Sequence[str]) -> re.Pattern[bytes]:
    return re.compile(rf'"(?:{"|".join(names)})"\s*+:'.encode(), re.IGNORECASE)


_SPEAKER_KEY, _TEXT_KEY = _key_of(_SPEAKER), _key_of(_TEXT)


class _Message(msgspec.Struct, frozen=True):
    said: Said
    session: str
    is_role: bool
    is_plain: bool
    """Whether it has no field that is lost when it becomes a turn."""


def looks_like_chat(data: bytes) -> bool:
    """Return whether the beginning of a JSON text names a speaker and a text: only then is it worth decoding."""
    return _TEXT_KEY.search(data, 0, _MARK_BYTES) is not None and _SPEAKER_KEY.search(data, 0, _MARK_BYTES) is not None


def conversations(piece: Piece, mime: str) -> Iterator[Conversation | Document] | None:
    """Return the conversations of a JSON document; None where it is no chat."""
    if (found := _held(piece)) is not None:
        return iter([found])
    parts = list(elements(piece) or ())
    return of_parts(parts, mime) if parts else None


def of_parts(parts: Sequence[Piece], mime: str) -> Iterator[Conversation | Document] | None:
    """Return the conversations of an array's elements, or of lines; None where they are no chat.

    They are messages, or each holds some. Where only a few hold none, these are read as any JSON.
    """
    if (said := _messages(parts)) is not None and _is_chat(said):
        return _grouped(said)
    if not any(_held(part) for part in parts[:_TRIED]):
        return None
    held = [_held(part) for part in parts]
    if sum(found is not None for found in held) < max(len(parts) * _LEAST_KNOWN, 1):
        return None
    return _mixed(parts, held, mime)


def _mixed(parts: Sequence[Piece], held: list[Conversation | None], mime: str) -> Iterator[Conversation | Document]:
    for number, (part, found) in enumerate(zip(parts, held, strict=True), 1):
        entry = found or plain_part(part.raw, part.line, f"part-{number}", mime)
        if entry is not None:
            yield entry


def _held(piece: Piece) -> Conversation | None:
    """Return the conversation that an object holds in one of its fields."""
    fields = decoded(piece.raw, dict[str, msgspec.Raw])
    if fields is None:
        return None
    places = dict(zip(fields, located(piece, fields.values()), strict=True))
    for name in _MESSAGES:
        if name not in places or not (parts := list(elements(places[name]) or ())):
            continue
        said = _messages(parts)
        if said is None or not _is_chat(said, is_held=True):
            continue
        values = {key: decoded(part.raw, object) for key, part in places.items() if key != name}
        title, own = _first(values, _TITLE), _first(values, _ID)
        when = moment_of(next((values[key] for key in _TIME if key in values), None))
        passed = Counter({"empty message": sum(not one.said.text.strip() for one in said)})
        kept = {key: str(value) for key, value in values.items() if isinstance(value, str | int) and key not in _TITLE}
        turns = [one.said for one in said]
        return Conversation("generic", own, title, turns, +passed, _short(kept), when)
    return None


def _short(fields: dict[str, str]) -> dict[str, str]:
    """Return the fields that say something about a conversation, not those that are texts of their own."""
    return {name: value for name, value in fields.items() if len(value) <= 200}


def _grouped(messages: Sequence[_Message]) -> Iterator[Conversation]:
    """Yield the messages of each session that they name, in the order of their first messages."""
    groups: dict[str, list[_Message]] = {}
    for one in messages:
        groups.setdefault(one.session, []).append(one)
    for session, group in groups.items():
        passed = Counter({"empty message": sum(not one.said.text.strip() for one in group)})
        yield Conversation("generic", session, "", [one.said for one in group], +passed)


def _messages(parts: Sequence[Piece]) -> list[_Message] | None:
    """Return the messages that some values are, or None as soon as one is none."""
    found = []
    for part in parts:
        fields = decoded(part.raw, dict[str, object])
        one = _message(fields, part) if fields is not None else None
        if one is None:
            return None
        found.append(one)
    return found


def _message(fields: dict[str, object], part: Piece) -> _Message | None:
    fields = {name.lower(): value for name, value in fields.items()}
    speaker = next((name for key in _SPEAKER if (name := _name(fields.get(key)))), "")
    text = next((words for key in _TEXT if (words := _words(fields.get(key))) is not None), None)
    if not speaker or text is None:
        return None
    when = next((moment for key in _TIME if (moment := moment_of(fields.get(key))) is not None), None)
    session = next((str(fields[key]) for key in _ID[:5] if isinstance(fields.get(key), str | int)), "")
    is_role = speaker.lower() in ROLES
    shown = speaker.capitalize() if is_role else speaker
    return _Message(Said(shown, text, when, part.line, part.line_end), session, is_role, fields.keys() <= _BESIDE)


def _is_chat(messages: Sequence[_Message], *, is_held: bool = False) -> bool:
    """Return whether messages are those of a chat, and not records that have an author and a text."""
    if all(one.is_role for one in messages):
        return is_held or len(messages) > 1
    if not all(one.is_plain or one.is_role for one in messages):
        return False
    speakers = Counter(one.said.speaker for one in messages)
    is_timed = sum(one.said.timestamp_s is not None for one in messages) * 2 >= len(messages)
    return len(messages) > 1 and (is_timed or is_held or len(speakers) * 2 <= len(messages))


def _name(value: object) -> str:
    if isinstance(value, dict):
        value = next((value[key] for key in ("name", "role", "username", "first_name") if value.get(key)), None)
    return value.strip()[:100] if isinstance(value, str) else ""


def _words(value: object) -> str | None:
    """Return the text of a message: a string, or the strings among its parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _words(value.get("text", value.get("content", value.get("parts"))))
    if isinstance(value, list):
        texts = [text for part in value if (text := _words(part)) is not None]
        return "\n".join(texts)
    return None


def _first(values: dict[str, object], names: Sequence[str]) -> str:
    return next((str(value) for name in names if isinstance(value := values.get(name), str | int) and value), "")
