"""Claude's export: conversations and projects."""

from __future__ import annotations

import json

from memory_fabric.ingest.readers.factory import read_bytes
from tests.memory_fabric.ingest.readers.chats.samples import CLAUDE, PROJECT, pretty
from tests.memory_fabric.ingest.readers.samples import LIMITS, check_document, one, range_of


def test_a_conversation_is_read() -> None:
    """Blocks of text, the older form without blocks, attachments with what was extracted from them."""
    document = one("conversations.json", json.dumps([CLAUDE]))
    assert document.text == (
        "Human: How do I borrow?\n\n[a.rs]\nfn main() {}\n\nAssistant: Use a reference.\n\nHuman: Thanks!"
    )
    assert (document.title, document.part) == ("Borrowing in Rust", "u-1")
    assert document.meta["passed_over"] == "1 file, 1 thinking"
    assert document.meta["ended"] == "2024-05-01T10:01:00.000Z"


def test_a_message_is_cited_by_its_lines() -> None:
    """Where the file has lines."""
    text = pretty([CLAUDE])
    first, last = range_of(one("conversations.json", text), "Use a reference")
    cited = "\n".join(text.split("\n")[first - 1 : last])
    assert "Use a reference" in cited
    assert "borrow" not in cited


def test_projects_become_documents() -> None:
    """One for what the project says of itself, one for each of its documents; as an array or one a file."""
    for text in (json.dumps([PROJECT]), json.dumps(PROJECT)):
        about, plan = read_bytes("projects.json", text.encode(), LIMITS)
        check_document(plan)
        assert (about.text, about.title, about.modality) == ("Cairn\n\na memory\n\nbe short", "Cairn", "text")
        assert (plan.text, plan.title, plan.part) == ("# Plan\nplant tulips", "Cairn > plan.md", "p-1/d-1")
        assert plan.meta == {"export": "claude", "chat_project": "p-1"}


def test_a_conversation_in_which_nothing_is_said_is_left_out() -> None:
    """And the file with it, when it holds nothing else."""
    assert "u-2" not in {
        d.part
        for d in read_bytes(
            "c.json", json.dumps([CLAUDE, {**CLAUDE, "uuid": "u-2", "chat_messages": []}]).encode(), LIMITS
        )
    }
