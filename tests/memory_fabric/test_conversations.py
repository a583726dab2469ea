"""Conversations in the memory: found by their turns, by day, by who spoke; forgotten by session."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory_fabric.fabric import MemoryFabric
from memory_fabric.operations import ForgetSelector
from memory_fabric.records import Filters
from tests.memory_fabric.fabric_parts import ask, go_on, ignore, index, open_fabric
from tests.memory_fabric.ingest.readers.chats.samples import CLAUDE, MAY_1, TRIP, pretty, sent, telegram

pytestmark = pytest.mark.slow

DAY = 86_400.0


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """Three exports as their programs leave them."""
    folder = tmp_path / "exports"
    (folder / "Работа").mkdir(parents=True)
    with zipfile.ZipFile(folder / "chatgpt.zip", "w") as archive:
        archive.writestr("conversations.json", json.dumps([TRIP]))
    (folder / "claude.json").write_text(json.dumps([CLAUDE]))
    chat = telegram(sent(1, "Анна", "купи тюльпаны"), sent(2, "Олег", "куплю розы", at=MAY_1 + 30 * DAY))
    (folder / "Работа" / "result.json").write_text(pretty(chat))
    return folder


@pytest.fixture
def fabric(tmp_path: Path, exports: Path) -> Iterator[MemoryFabric]:
    """A memory that holds them."""
    with open_fabric(tmp_path / "memory") as opened:
        index(opened, exports)
        yield opened


def test_a_turn_is_cited_in_its_file(fabric: MemoryFabric, exports: Path) -> None:
    """By member and line, with who said it and when."""
    hit = ask(fabric, "Куда поехать в мае").items[0]
    assert (hit.modality, hit.cite.symbol, hit.cite.timestamp) == ("conversation", "User, Assistant", MAY_1)
    assert hit.cite.path == f"{exports}/chatgpt.zip!/conversations.json"
    assert hit.cite.uri == f"{hit.cite.path}#66aa-1"
    roses = ask(fabric, "розы").items[0]
    cited = (exports / "Работа" / "result.json").read_text().split("\n")[roses.cite.line - 1 : roses.cite.line_end]
    assert "куплю розы" in "\n".join(cited)
    assert (roses.cite.symbol, roses.cite.timestamp) == ("Олег", MAY_1 + 30 * DAY)


def test_an_item_tells_of_its_conversation(fabric: MemoryFabric) -> None:
    """Session, speakers, times, folder; its layer is that of sessions."""
    listed = fabric.list_items(Filters(modalities=("conversation",), layers=("session",))).items
    fields = {item.meta.title: fabric.get(item.id).meta.fields for item in listed}
    assert sorted(fields) == ["Borrowing in Rust", "Анна", "Отпуск в Грузии"]
    assert fields["Анна"]["session"] == "telegram-4242"
    assert fields["Анна"]["folders"].endswith("exports/Работа")
    assert fields["Анна"]["ended"] == "2024-05-31T10:00:00.000Z"


def test_time_is_that_of_the_turn(fabric: MemoryFabric) -> None:
    """Not of the conversation that it belongs to."""
    late = {"since": MAY_1 + 20 * DAY}
    assert [hit.cite.symbol for hit in ask(fabric, "купи куплю", modality=("conversation",), **late).items] == ["Олег"]
    early = {"until": MAY_1 + 20 * DAY}
    assert "Олег" not in {hit.cite.symbol for hit in ask(fabric, "купи куплю", **early).items}


def test_a_session_is_forgotten(fabric: MemoryFabric) -> None:
    """And nothing beside it."""
    selector = ForgetSelector(session="66aa-1")
    assert fabric.forget(selector, is_dry_run=False, report=ignore, check=go_on).items == 1
    assert not ask(fabric, "Тбилиси").items
    assert ask(fabric, "тюльпаны").items


def test_a_grown_export_keeps_what_it_had(fabric: MemoryFabric, exports: Path) -> None:
    """The item of a conversation and its turns keep their ids; a conversation that left is forgotten."""
    before = ask(fabric, "тюльпаны").items[0]
    chat = telegram(sent(1, "Анна", "купи тюльпаны"), sent(3, "Олег", "и гвоздики", at=MAY_1 + 90 * DAY))
    (exports / "Работа" / "result.json").write_text(json.dumps(chat))
    index(fabric, exports)
    after = ask(fabric, "тюльпаны").items[0]
    assert (after.id, after.chunk_id, after.cite.line) == (before.id, before.chunk_id, 1)
    assert ask(fabric, "гвоздики").items
    assert not ask(fabric, "розы").items
    (exports / "claude.json").write_text(json.dumps([{**CLAUDE, "uuid": "u-9"}]))
    index(fabric, exports)
    held = fabric.list_items(Filters(modalities=("conversation",))).items
    assert [item.source.uri.partition("#")[2] for item in held if "claude" in item.source.uri] == ["u-9"]


def test_a_moved_export_keeps_its_ids(fabric: MemoryFabric, exports: Path) -> None:
    """Each conversation of the file follows it."""
    before = ask(fabric, "розы").items[0]
    (exports / "Работа" / "result.json").rename(exports / "Работа" / "анна.json")
    index(fabric, exports)
    after = ask(fabric, "розы").items[0]
    assert (after.id, after.cite.path) == (before.id, f"{exports}/Работа/анна.json")
    assert after.cite.uri == f"{exports}/Работа/анна.json#telegram-4242"


def test_a_turn_tells_when_its_export_changed(fabric: MemoryFabric, exports: Path) -> None:
    """As any other citation of a file does; then it is read again, and a turn that left it is found no more."""
    assert ask(fabric, "тюльпаны").items[0].freshness == "fresh"
    fabric._repairs.settle()
    (exports / "Работа" / "result.json").write_text("[]")
    assert ask(fabric, "тюльпаны").items[0].freshness == "stale"
    fabric._repairs.settle()
    assert ask(fabric, "тюльпаны").items == ()


def test_a_turn_tells_when_its_export_went(fabric: MemoryFabric, exports: Path) -> None:
    """It is evidence of what was."""
    (exports / "Работа" / "result.json").unlink()
    assert ask(fabric, "тюльпаны").items[0].freshness == "gone"
