"""ChatGPT's export: each conversation is a tree of messages, of which the branch that ends at `current_node` is shown.

Source: `conversations.json` of the export of chatgpt.com, as of 2023 to 2026; the format is not documented.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from memory_fabric.ingest.moments import moment_of
from memory_fabric.ingest.readers.chats.base import Conversation, Said
from memory_fabric.ingest.readers.chats.pieces import Piece, decoded, located

__all__ = ["MARKS", "conversation"]

MARKS = (b'"mapping"', b'"current_node"')
"""What every such export holds."""

_SPEAKERS = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}
_UNSAID = frozenset({
    "user_editable_context", "model_editable_context", "thoughts", "reasoning_recap", "app_pairing_content",
})  # fmt: skip
"""Contents that are no part of what was said: settings repeated in every conversation, and thinking aloud."""

_MAX_NODES = 100_000


class _Author(msgspec.Struct, frozen=True):
    role: str
    name: str | None = None


class _Content(msgspec.Struct, frozen=True):
    content_type: str = "text"
    parts: list[object] | None = None
    text: str | None = None
    result: str | None = None


class _Metadata(msgspec.Struct, frozen=True):
    is_visually_hidden_from_conversation: bool | None = None


class _Message(msgspec.Struct, frozen=True):
    author: _Author
    content: _Content | None = None
    create_time: object = None
    metadata: _Metadata | None = None


class _Node(msgspec.Struct, frozen=True):
    message: _Message | None = None
    parent: str | None = None


class _Talk(msgspec.Struct, frozen=True):
    mapping: dict[str, msgspec.Raw]
    title: str | None = None
    create_time: object = None
    update_time: object = None
    current_node: str | None = None
    id: str | None = None
    conversation_id: str | None = None
    default_model_slug: str | None = None
    gizmo_id: str | None = None


class _Place(msgspec.Struct, frozen=True):
    node: _Node
    line: int
    line_end: int


def conversation(piece: Piece) -> Conversation | None:
    """Return one conversation of the export, or None where the value is none."""
    talk = decoded(piece.raw, _Talk)
    if talk is None or len(talk.mapping) > _MAX_NODES:
        return None
    places: dict[str, _Place] = {}
    for key, part in zip(talk.mapping, located(piece, talk.mapping.values()), strict=True):
        node = decoded(part.raw, _Node)
        if node is None:
            return None
        places[key] = _Place(node, part.line, part.line_end)
    branch = _branch(talk, places)
    passed: Counter[str] = Counter()
    said = [one for key in branch for one in _said(places[key], passed)]
    shown = set(branch)
    others = sum(key not in shown and _is_said(place.node) for key, place in places.items())
    if others:
        passed["message of other branches" if others == 1 else "messages of other branches"] = others
    fields = {"model": talk.default_model_slug or "", "gizmo": talk.gizmo_id or ""}
    return Conversation(
        kind="chatgpt",
        id=talk.conversation_id or talk.id or "",
        title=talk.title or "",
        said=said,
        passed=passed,
        fields={name: value for name, value in fields.items() if value},
        started_s=moment_of(talk.create_time),
        ended_s=moment_of(talk.update_time),
    )


def _branch(talk: _Talk, places: dict[str, _Place]) -> list[str]:
    """Return the keys of the nodes from the root to the current one; all of them where the tree is broken."""
    key = talk.current_node
    if key not in places:
        # the last message that nothing answers
        parents = {place.node.parent for place in places.values()}
        leaves = [name for name in places if name not in parents]
        key = max(leaves, key=lambda name: _when(places[name].node) or 0.0, default=None)
    branch: dict[str, None] = {}
    while key is not None and key in places and key not in branch:
        branch[key] = None
        key = places[key].node.parent
    if key is not None:
        # a parent that is missing or stands on the branch already: better every message than half of them
        return list(places)
    return list(reversed(branch))


def _when(node: _Node) -> float | None:
    return moment_of(node.message.create_time) if node.message is not None else None


def _is_said(node: _Node) -> bool:
    return any(one.text.strip() for one in _said(_Place(node, 1, 1), Counter()))


def _said(place: _Place, passed: Counter[str]) -> Iterator[Said]:
    message = place.node.message
    if message is None or message.content is None:
        return
    content, author = message.content, message.author
    is_hidden = message.metadata is not None and message.metadata.is_visually_hidden_from_conversation
    if is_hidden or content.content_type in _UNSAID:
        if content.content_type != "text" or any(content.parts or ()):
            passed[content.content_type if not is_hidden else "hidden"] += 1
        return
    texts = [text for text in (content.text, content.result) if text]
    for part in content.parts or ():
        text = _text_of(part)
        if text is None:
            passed[_kind_of(part)] += 1
        else:
            texts.append(text)
    text = "\n".join(filter(None, texts))
    if text.strip():
        speaker = _SPEAKERS.get(author.role, author.role) if author.role != "tool" or not author.name else author.name
        yield Said(speaker, text, _when(place.node), place.line, place.line_end)


def _text_of(part: object) -> str | None:
    """Return the words of one part of a message; None for what has none, such as a picture."""
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and isinstance(text := part.get("text"), str):
        return text
    return None


def _kind_of(part: object) -> str:
    kind = part.get("content_type") if isinstance(part, dict) else None
    return str(kind).removesuffix("_asset_pointer").replace("_", " ") if kind else "unknown part"
