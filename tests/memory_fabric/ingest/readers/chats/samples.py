"""Small exports in the formats of the programs that write them, made here."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

MAY_1 = 1714557600.0
"""2024-05-01T10:00:00Z."""


def node(name: str, parent: str | None, role: str, *parts: object, at: float | None = MAY_1, **content: object) -> Json:
    """Return a node of ChatGPT's tree that holds a message."""
    body = {"content_type": "text", "parts": list(parts), **content}
    message: Json = {
        "id": name,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": at,
        "content": body,
        "status": "finished_successfully",
        "weight": 1.0,
        "metadata": {},
        "recipient": "all",
    }
    return {"id": name, "message": message, "parent": parent, "children": []}


def chatgpt(*nodes: Json, current: str | None, name: str = "66aa-1", title: str = "Отпуск в Грузии") -> Json:
    """Return a conversation of ChatGPT's export."""
    root: Json = {"id": "root", "message": None, "parent": None, "children": []}
    return {
        "title": title,
        "create_time": MAY_1,
        "update_time": MAY_1 + 3600,
        "mapping": {one["id"]: one for one in (root, *nodes)},
        "moderation_results": [],
        "current_node": current,
        "conversation_id": name,
        "default_model_slug": "gpt-4o",
        "id": name,
    }


TRIP = chatgpt(
    node("s", "root", "system", "", at=None),
    node("a", "s", "user", "Куда поехать в мае?"),
    node("b1", "a", "assistant", "В Батуми.", at=MAY_1 + 10),
    node("b2", "a", "assistant", "В Тбилиси: там тепло.", at=MAY_1 + 20),
    node(
        "c",
        "b2",
        "user",
        {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1"},
        "Что на фото?",
        at=MAY_1 + 30,
        content_type="multimodal_text",
    ),
    current="c",
)
"""A conversation with an answer that was asked for twice, and a picture."""

CLAUDE: Json = {
    "uuid": "u-1",
    "name": "Borrowing in Rust",
    "created_at": "2024-05-01T10:00:00.000000Z",
    "updated_at": "2024-05-01T11:00:00.000000Z",
    "account": {"uuid": "acc"},
    "chat_messages": [
        {
            "uuid": "m1",
            "text": "How do I borrow?",
            "content": [{"type": "text", "text": "How do I borrow?"}],
            "sender": "human",
            "created_at": "2024-05-01T10:00:01.000000Z",
            "attachments": [{"file_name": "a.rs", "file_size": 12, "extracted_content": "fn main() {}"}],
            "files": [{"file_name": "x.png"}],
        },
        {
            "uuid": "m2",
            "text": "Use a reference.",
            "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Use a reference."}],
            "sender": "assistant",
            "created_at": "2024-05-01T10:00:09.000000Z",
            "attachments": [],
            "files": [],
        },
        {
            "uuid": "m3",
            "text": "Thanks!",
            "sender": "human",
            "created_at": "2024-05-01T10:01:00.000000Z",
            "attachments": [],
            "files": [],
        },
    ],
}

PROJECT: Json = {
    "uuid": "p-1",
    "name": "Cairn",
    "description": "a memory",
    "is_private": True,
    "prompt_template": "be short",
    "created_at": "2024-01-01T00:00:00Z",
    "creator": {"uuid": "acc", "full_name": "Ann"},
    "docs": [{"uuid": "d-1", "filename": "plan.md", "content": "# Plan\nplant tulips", "created_at": "2024-01-02"}],
}


def telegram(*messages: Json, chat: int = 4242, name: str = "Анна") -> Json:
    """Return a chat of Telegram Desktop's export."""
    return {"name": name, "type": "personal_chat", "id": chat, "messages": list(messages)}


def sent(number: int, sender: str | None, text: object, *, at: float = MAY_1, **more: object) -> Json:
    """Return a message of that export."""
    return {
        "id": number,
        "type": "message",
        "date": "2024-05-01T13:00:00",
        "date_unixtime": str(int(at)),
        "from": sender,
        "from_id": "user1",
        "text": text,
        "text_entities": [],
        **more,
    }


def pretty(value: object) -> str:
    """Return JSON with lines."""
    return json.dumps(value, ensure_ascii=False, indent=1)
