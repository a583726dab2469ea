"""Telegram Desktop's export: one chat, or everything."""

from __future__ import annotations

from memory_fabric.ingest.readers.factory import read_bytes
from tests.memory_fabric.ingest.readers.chats.samples import MAY_1, pretty, sent, telegram
from tests.memory_fabric.ingest.readers.samples import LIMITS, check_document, one, range_of

CHAT = telegram(
    {"id": 1, "type": "service", "date": "2024-05-01T13:00:00", "actor": "Анна", "action": "phone_call", "text": ""},
    sent(2, "Анна", ["Смотри: ", {"type": "link", "text": "https://example.org"}]),
    sent(3, "Олег", "", photo="(File not included)"),
    sent(4, None, "Купи тюльпаны", at=MAY_1 + 60, media_type="sticker"),
    sent(5, "Олег", "", poll={"question": "Когда?", "closed": False, "answers": [{"text": "завтра", "voters": 1}]}),
)


def test_a_chat_is_read() -> None:
    """Text with entities, captions, polls and deleted accounts; pictures and service messages are counted."""
    document = one("result.json", pretty(CHAT))
    assert document.text.split("\n\n") == [
        "Анна: Смотри: https://example.org",
        "Deleted account: Купи тюльпаны",
        "Олег: Когда?\n- завтра",
    ]
    assert document.turns[0].timestamp_s == MAY_1
    assert document.meta["passed_over"] == "1 photo, 1 service message, 1 sticker"
    assert (document.title, document.part) == ("Анна", "telegram-4242")
    first, last = range_of(document, "тюльпаны")
    assert "тюльпаны" in "\n".join(pretty(CHAT).split("\n")[first - 1 : last])


def test_an_export_of_everything_loses_nothing() -> None:
    """Each chat is a conversation; what is no chat is read as any JSON, with its lines."""
    text = pretty(
        {
            "about": "Here is the data you requested.",
            "contacts": {"list": [{"first_name": "Вера"}]},
            "chats": {"about": "…", "list": [CHAT, {**CHAT, "id": 7, "name": "Рабочий"}, {"odd": 1}]},
        }
    )
    found = read_bytes("result.json", text.encode(), LIMITS)
    for document in found:
        check_document(document)
    assert [document.part for document in found] == ["telegram-4242", "telegram-7", "chats-3", "contacts"]
    contacts = found[-1]
    assert contacts.text == "list[0].first_name: Вера"
    assert "Вера" in text.split("\n")[(contacts.source_lines or (0,))[0] - 1]


def test_a_chat_of_months_is_cut_into_sessions() -> None:
    """At silences of a night; each has an id of its own, and what was passed over is told once."""
    said = [sent(n, "Анна", f"слово {n}", at=MAY_1 + n * 60 + (n // 100) * 90_000) for n in range(350)]
    found = read_bytes("result.json", pretty(telegram(*said, sent(999, "Анна", "", photo="x"))).encode(), LIMITS)
    assert [document.meta["turns"] for document in found] == ["100", "100", "100", "50"]
    assert [document.part for document in found][:2] == [
        "telegram-4242/2024-05-01T10:00",
        "telegram-4242/2024-05-02T12:40",
    ]
    assert [document.meta.get("passed_over") for document in found] == ["1 photo", None, None, None]
