"""Transcripts in text and Markdown, told from what looks alike."""

from __future__ import annotations

import pytest

from tests.memory_fabric.ingest.linear import assert_ends
from tests.memory_fabric.ingest.readers.samples import one

TALK = (
    "Анна: привет, как дела сегодня?\nОлег: хорошо, а у тебя как?\nАнна: тоже неплохо, спасибо.\nОлег: ну и отлично.\n"
)


@pytest.mark.parametrize(
    ("path", "text", "speakers"),
    [
        ("a.md", "# Plan\n\n**User:** how?\n\n**Assistant:** so\n", ["", "User", "Assistant"]),
        ("a.md", "**Вы**: как?\n\n**ChatGPT**: так\n", ["Вы", "ChatGPT"]),
        ("a.md", "### You\nhow?\n\n### Assistant\nso\n", ["You", "Assistant"]),
        ("a.md", "## Prompt:\nhow?\n## Response:\n# Title of the answer\nso\n", ["Prompt", "Response"]),
        ("a.md", "## Пользователь\nкак?\n## Ассистент\nтак\n", ["Пользователь", "Ассистент"]),
        ("a.txt", "User: how?\nAssistant: so\nSources: none\n", ["User", "Assistant"]),
        ("a.md", "---\ntitle: T\n---\n\nHuman: how?\n\nAI: so\n", ["", "Human", "AI"]),
        ("a.txt", TALK, ["Анна", "Олег", "Анна", "Олег"]),
        ("a.txt", "[2024-05-01 12:00] Анна: привет\n[2024-05-01 12:01] Олег: да\n", ["Анна", "Олег"]),
        (
            "a.txt",
            "[01.05.2024, 12:00:05] Анна Ильина: привет\n[01.05.2024, 12:01:00] Олег: да\n",
            ["Анна Ильина", "Олег"],
        ),
        ("a.txt", "5/13/24, 9:15 PM - Ann: hi there\n5/13/24, 9:16 PM - Bob: hello\n", ["Ann", "Bob"]),
        ("a.txt", "Анна, [01.05.2024 12:00]\nпривет\n\nОлег, [01.05.2024 12:01]\nда\n", ["Анна", "Олег"]),
    ],
)
def test_transcripts_are_conversations(path: str, text: str, speakers: list[str]) -> None:
    """Their text stays as it is, so that every line is cited as itself."""
    document = one(path, text)
    assert document.modality == "conversation"
    assert [turn.speaker for turn in document.turns] == speakers
    assert (document.text, document.source_lines) == (text, None)
    assert document.turns[0].start == 0


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.md", "# T\n\nWarning: no\n\n**Type:** x\n**Default:** y\n**Type:** x\n**Default:** z\n"),
        ("log.txt", "[2024-05-01 12:00:00] INFO: a b c\n[2024-05-01 12:00:01] ERROR: c d e\n" * 5),
        ("log.txt", "[2024-05-01 12:00:00] nginx: a b c\n[2024-05-01 12:00:01] sshd: c d e\n" * 5),
        ("a.txt", "Name: Ann Lee Smith\nAge: 5 years and some\n" * 5),
        ("a.md", "The user: a person.\n\nSome long text.\n\nUser: x\n"),
        ("a.md", "## User\nwhat a user is\n## Server\nwhat a server is\n"),
        ("a.md", "```\nUser: how?\nAssistant: so\n```\n"),
        ("a.txt", "Анна: привет\nОлег: да\n"),
        ("a.eml.txt", "MIME-Version: 1.0 of mail\nContent-Type: multipart and so on\n" * 6),
        ("a.txt", "Dear Ann:\n\nI write to you about the tulips.\n\nRegards: Bob\n"),
    ],
)
def test_what_looks_alike_stays_text(path: str, text: str) -> None:
    """Notes, fields, logs, documentation, examples in fences."""
    assert one(path, text).modality == "text"


def test_times_are_read() -> None:
    """European dates first, twelve hours where they are said; a date in the path counts where there is no other."""
    document = one("a.txt", "5/13/24, 9:15 PM - Ann: hi there\n5/14/24, 9:16 AM - Bob: hello\n")
    assert document.meta["started"] == "2024-05-13T21:15:00.000Z"
    assert document.meta["ended"] == "2024-05-14T09:16:00.000Z"
    dated = one("/chats/Work/2024-05-01 Plans.md", "**User:** how?\n\n**Assistant:** so\n")
    assert dated.timestamp_s == 1714521600.0
    assert dated.turns[0].timestamp_s is None


def test_a_moved_transcript_is_the_same_session() -> None:
    """Its id comes from its words."""
    assert (
        one("/a/x.txt", TALK).meta["session"]
        == one("/b/y.txt", TALK).meta["session"]
        != one("c.txt", f"{TALK}\n{TALK.replace('Анна', 'Вера')}").meta["session"]
    )


@pytest.mark.slow
def test_every_text_takes_linear_time() -> None:
    """However it tries the patterns: long lines and many of them, in a process that can be stopped."""
    assert_ends("""
from memory_fabric.config import IngestConfig
from memory_fabric.ingest.readers.factory import read_bytes

UNITS = ("Ann: a", "[2024-05-01 12:00] ", "** ", "**A ", "A b ", "# ", "a [", "A.", "5/5/24, 9:15 PM ", "A, [1.1.24 ")
for unit in UNITS:
    for text in (unit * 200_000, f"{unit}\\n" * 50_000):
        read_bytes("a.md", text.encode(), IngestConfig())
""")
