"""ChatGPT's export: the branch that is shown, as turns."""

from __future__ import annotations

import json

import pytest

from tests.memory_fabric.ingest.readers.chats.samples import MAY_1, TRIP, Json, chatgpt, node, pretty
from tests.memory_fabric.ingest.readers.samples import one, place_of, range_of


def test_a_conversation_is_read_along_its_branch() -> None:
    """The answer that was replaced is counted and not read; a picture is passed over, its caption is not."""
    document = one("conversations.json", json.dumps([TRIP]))
    assert document.text == "User: Куда поехать в мае?\n\nAssistant: В Тбилиси: там тепло.\n\nUser: Что на фото?"
    assert [(turn.speaker, turn.timestamp_s) for turn in document.turns] == [
        ("User", MAY_1),
        ("Assistant", MAY_1 + 20),
        ("User", MAY_1 + 30),
    ]
    assert [document.text[turn.start :][:4] for turn in document.turns] == ["User", "Assi", "User"]
    assert (document.modality, document.title, document.part) == ("conversation", "Отпуск в Грузии", "66aa-1")
    assert document.timestamp_s == MAY_1
    assert document.meta == {
        "session": "66aa-1",
        "export": "chatgpt",
        "speakers": "User, Assistant",
        "turns": "3",
        "started": "2024-05-01T10:00:00.000Z",
        "ended": "2024-05-01T10:00:30.000Z",
        "model": "gpt-4o",
        "passed_over": "1 image, 1 message of other branches",
    }


def test_a_message_is_cited_by_its_lines() -> None:
    """In a file that has lines; the places are those of the messages of the branch."""
    text = pretty([TRIP])
    document = one("conversations.json", text)
    rows = text.split("\n")
    first, last = range_of(document, "Тбилиси")
    assert "В Тбилиси" in "\n".join(rows[first - 1 : last])
    assert "Батуми" not in "\n".join(rows[first - 1 : last])
    assert place_of(document, "Куда") < first


def test_a_single_conversation_is_an_export_too() -> None:
    """As some tools write one file for each."""
    assert one("chat.json", json.dumps(TRIP)).part == "66aa-1"


@pytest.mark.parametrize(
    ("conversation", "texts"),
    [
        (chatgpt(node("a", "root", "user", "one"), node("b", "a", "user", "two", at=MAY_1 + 1), current=None), 2),
        (chatgpt(node("a", "root", "user", "one"), node("b", "a", "user", "two"), current="gone"), 2),
        (chatgpt(node("a", "b", "user", "one"), node("b", "a", "user", "two"), current="b"), 2),
        (chatgpt(node("a", "nobody", "user", "one"), node("b", "a", "user", "two"), current="b"), 2),
    ],
    ids=["no current node", "an unknown one", "a circle", "no root"],
)
def test_a_broken_tree_loses_no_message(conversation: Json, texts: int) -> None:
    """Better every message than half of them."""
    document = one("c.json", json.dumps([conversation]))
    assert len(document.turns) == texts
    assert "one" in document.text
    assert "two" in document.text


def test_what_was_not_said_is_counted() -> None:
    """Settings repeated in every conversation, thinking aloud, hidden messages."""
    hidden = node("h", "root", "system", "you are helpful")
    hidden["message"]["metadata"]["is_visually_hidden_from_conversation"] = True
    settings = node("e", "h", "user", content_type="user_editable_context", user_profile="I am Ann")
    thoughts = node("t", "e", "assistant", content_type="thoughts", thoughts=[{"summary": "x", "content": "y"}])
    code = node("k", "t", "assistant", content_type="code", text="print(1)")
    output = node("o", "k", "tool", content_type="execution_output", text="1")
    output["message"]["author"]["name"] = "python"
    quote = node("q", "o", "tool", content_type="tether_browsing_display", result="a page")
    voice = node("v", "q", "user", {"content_type": "audio_transcription", "text": "said aloud"})
    document = one("c.json", json.dumps([chatgpt(hidden, settings, thoughts, code, output, quote, voice, current="v")]))
    assert document.text.split("\n\n") == ["Assistant: print(1)", "python: 1", "Tool: a page", "User: said aloud"]
    assert document.meta["passed_over"] == "1 hidden, 1 thoughts, 1 user_editable_context"


def test_a_conversation_without_a_title_is_called_by_its_first_words() -> None:
    """As its program does until it has made one."""
    assert (
        one("c.json", json.dumps([chatgpt(node("a", "root", "user", "hi you"), current="a", title="")])).title
        == "hi you"
    )
