"""Chats in the common forms, told from records that look alike."""

from __future__ import annotations

import json

import pytest

from memory_fabric.ingest.readers.factory import read_bytes
from tests.memory_fabric.ingest.readers.samples import LIMITS, check_document, one

ROLES = [{"role": "user", "content": "hello there"}, {"role": "assistant", "content": "hi"}]
PEOPLE = [
    {"speaker": "Анна", "text": "привет", "time": "2024-05-01 12:00"},
    {"speaker": "Олег", "text": "и тебе", "time": "2024-05-01T12:01:00Z"},
]
TURNS = ["User: hello there", "Assistant: hi"]


@pytest.mark.parametrize(
    ("value", "turns"),
    [
        (ROLES, TURNS),
        ({"title": "t", "messages": ROLES}, TURNS),
        ([{"title": "t", "messages": ROLES}], TURNS),
        (
            {"id": "s1", "conversation": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}]},
            ["Human: x", "Gpt: y"],
        ),
        (
            [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"}]}, ROLES[1]],
            ["User: a", TURNS[1]],
        ),
        (PEOPLE, ["Анна: привет", "Олег: и тебе"]),
        (
            [{"author": {"name": "Ann"}, "content": {"parts": ["a"]}, "timestamp": 1714557600000}] * 2,
            ["Ann: a", "Ann: a"],
        ),
        ([{"from": "A", "text": "x"}, {"from": "B", "text": "y"}] * 2, ["A: x", "B: y", "A: x", "B: y"]),
    ],
    ids=["roles", "held", "a list of held", "sharegpt", "parts", "people", "names in objects", "no times"],
)
def test_common_forms_are_read(value: object, turns: list[str]) -> None:
    """As JSON with lines or without."""
    for text in (json.dumps(value), json.dumps(value, indent=2)):
        document = one("chat.json", text)
        assert document.modality == "conversation"
        assert document.text.split("\n\n") == turns


def test_lines_are_read() -> None:
    """One message a line, or one conversation a line; a turn is cited by its line."""
    people = one("chat.jsonl", "\n".join(json.dumps(message) for message in PEOPLE))
    assert people.source_lines == (1, 1, 2)
    assert [turn.timestamp_s for turn in people.turns] == [1714564800.0, 1714564860.0]
    held = read_bytes("tuning.jsonl", "\n".join([json.dumps({"messages": ROLES})] * 3).encode(), LIMITS)
    assert [document.part for document in held] == ["generic-1", "generic-2", "generic-3"]
    assert [document.source_lines for document in held] == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]


def test_messages_are_grouped_by_the_session_that_they_name() -> None:
    """In the order in which sessions begin."""
    rows = [{**ROLES[n % 2], "session_id": f"s{n // 2}"} for n in range(4)]
    found = read_bytes("chat.json", json.dumps(rows).encode(), LIMITS)
    assert [(document.part, document.meta["session"], document.text) for document in found] == [
        ("s0", "s0", "\n\n".join(TURNS)),
        ("s1", "s1", "\n\n".join(TURNS)),
    ]


def test_what_is_said_of_a_conversation_is_kept() -> None:
    """Its title, its id, its time and its other short fields."""
    document = one(
        "c.json",
        json.dumps({"id": "s9", "title": "Plans", "model": "m", "created_at": "2024-05-01", "messages": ROLES}),
    )
    assert (document.title, document.part, document.meta["model"]) == ("Plans", "s9", "m")
    assert document.meta["started"] == "2024-05-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "value",
    [
        [{"author": "Ann", "date": "2024-05-01", "message": "fix", "hash": "abc"}] * 3,
        [{"name": "left-pad", "version": "1.0", "content": "x"}] * 3,
        [{"author": "Ann", "text": "a quote"}, {"author": "Bob", "text": "another"}],
        {"messages": {"hello": "привет"}, "from": "en", "text": "x"},
        [{"role": "user", "content": "x"}, {"nothing": 1}],
        [{"role": "admin", "text": 5}] * 2,
        [],
        [1, {"role": "user", "content": "x"}],
        "role text",
    ],
    ids=["commits", "packages", "quotes", "translations", "mixed", "no text", "nothing", "numbers", "a string"],
)
def test_records_stay_json(value: object) -> None:
    """They would lose their other fields."""
    for document in read_bytes("a.json", json.dumps(value).encode(), LIMITS):
        check_document(document)
        assert (document.modality, document.format, document.turns) == ("text", "json", ())


def test_a_conversation_that_is_not_understood_is_read_as_json() -> None:
    """Beside those that are: nothing of an export is lost."""
    text = json.dumps([{"title": "t", "messages": ROLES}, {"title": "odd", "messages": "gone"}])
    talk, rest = read_bytes("a.json", text.encode(), LIMITS)
    assert (talk.modality, rest.modality, rest.part) == ("conversation", "text", "part-2")
    assert rest.text == "title: odd\nmessages: gone"
