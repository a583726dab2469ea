"""An export is known by what it holds; what is damaged loses nothing."""

from __future__ import annotations

import io
import json
import sysconfig
import zipfile
from pathlib import Path

import pytest

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.factory import read_bytes, read_bytes_with_skips
from tests.memory_fabric.ingest.readers.chats.samples import CLAUDE, TRIP, chatgpt, node, pretty
from tests.memory_fabric.ingest.readers.samples import LIMITS, check_document, one


def packed(**members: str) -> bytes:
    """Return a zip file; `__` in a name stands for a slash."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/") + (".html" if name == "chat" else ".json"), text)
    return held.getvalue()


def test_an_export_in_an_archive_keeps_its_folders() -> None:
    """The page that shows the same conversations once more is left out, with the reason."""
    page = f"<html><body><script>var jsonData = {json.dumps([TRIP])};</script></body></html>"
    data = packed(Work__2024__conversations=json.dumps([TRIP]), chat=page, user='{"id": "user-1"}')
    found, skipped = read_bytes_with_skips("/x/export.zip", data, LIMITS)
    talk = next(document for document in found if document.turns)
    assert (talk.inner_path, talk.part) == ("Work/2024/conversations.json", "66aa-1")
    assert talk.meta["folders"] == "Work/2024"
    assert [(skip.path, skip.reason) for skip in skipped] == [
        ("/x/export.zip!/chat.html", "shows what `conversations.json` beside it holds")
    ]
    assert len(found) == 2


def test_names_do_not_matter() -> None:
    """Neither export is told by its file's name."""
    assert one("whatever.json", json.dumps([CLAUDE])).meta["export"] == "claude"
    assert one("conversations.json", json.dumps([TRIP])).meta["export"] == "chatgpt"


@pytest.mark.parametrize("cut", [1, 40, 300, 700])
def test_a_truncated_export_is_read_as_text(cut: int) -> None:
    """Every byte that is there can be found."""
    for export in ([TRIP], [CLAUDE]):
        text = pretty(export)[:-cut]
        document = one("conversations.json", text)
        assert document.modality == "text"
        assert document.text == text


def test_a_conversation_of_another_shape_is_read_as_json() -> None:
    """The others are conversations all the same, and its lines are right."""
    odd = {"title": "странный", "mapping": [1, 2], "current_node": None}
    text = pretty([TRIP, odd])
    talk, rest = read_bytes("conversations.json", text.encode(), LIMITS)
    check_document(rest)
    assert (talk.modality, rest.modality, rest.part) == ("conversation", "text", "part-2")
    assert "странный" in text.split("\n")[(rest.source_lines or (0,))[0] - 1]


def test_an_export_in_which_nothing_is_understood_is_plain_json() -> None:
    """As if there were no such format."""
    document = one("conversations.json", json.dumps([{"mapping": [1], "current_node": 5, "role": "x", "text": "y"}]))
    assert (document.format, document.part) == ("json", "")


def test_half_a_sign_is_no_reason_to_give_up() -> None:
    """Exports cut texts inside a surrogate pair; what stands around it keeps its place."""
    text = json.dumps([chatgpt(node("a", "root", "user", "bef\ud83dore \U0001f600 after"), current="a")])
    assert "\\ud83dore" in text
    assert one("conversations.json", text).text == "User: bef\ufffdore \U0001f600 after"


def test_two_conversations_of_one_id_are_both_kept() -> None:
    """Their addresses differ."""
    found = read_bytes("c.json", json.dumps([TRIP, TRIP]).encode(), LIMITS)
    assert [document.part for document in found] == ["66aa-1", "66aa-1~2"]


def test_a_mark_of_the_encoding_does_no_harm() -> None:
    """Some programs write one."""
    assert one("c.json", b"\xef\xbb\xbf" + json.dumps([TRIP]).encode()).meta["export"] == "chatgpt"


@pytest.mark.slow
def test_the_standard_library_holds_no_conversation() -> None:
    """Hundreds of texts and JSON files, not one of which is a chat."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    endings = {".md", ".txt", ".rst", ".json", ".log"}
    files = [path for path in folder.rglob("*") if path.suffix in endings and "site-packages" not in path.parts]
    taken = [str(path) for path in files if path.is_file() and _is_conversation(path)]
    assert len(files) > 50
    assert taken == []


def _is_conversation(path: Path) -> bool:
    try:
        return any(document.turns for document in read_bytes(str(path), path.read_bytes(), LIMITS))
    except UnreadableError:
        return False
