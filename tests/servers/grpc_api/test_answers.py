"""Records become messages, also when files of the real world have odd names and times."""

from __future__ import annotations

import pytest

from foundation.ids import ChunkId, ItemId
from memory_fabric.operations import IndexSummary, Progress
from memory_fabric.records import Cite, Hit, ItemSource, MemoryItem, Meta, RecallResult, ScoreParts, SkippedFile
from servers.grpc_api.answers import wire_item, wire_progress, wire_result, wire_summary

_ODD = "/tmp/\udcff.txt"


def test_an_item_keeps_all_its_fields() -> None:
    """Nothing that the contract names is lost on the way."""
    source = ItemSource("/a", "r", "c", 1_750_000_000.0, 3, 9, 0.5, 1.5, "u")
    meta = Meta("p", "en", "s", "diary", ("t",), True, 2, 0.7, "own", 4, "title", "text/plain", "hash", {"x": "y"})
    sent = wire_item(MemoryItem(ItemId("mi_1"), "text", source, meta, "words", 2))
    assert sent.source.timestamp == "2025-06-15T15:06:40.000Z"
    for name in ("path", "repo", "commit", "line_start", "line_end", "time_start_s", "time_end_s", "uri"):
        assert getattr(sent.source, name) == getattr(source, name)
    for name in Meta.__struct_fields__:
        assert getattr(sent.meta, name) == (["t"] if name == "tags" else getattr(meta, name))
    assert (sent.id, sent.modality, sent.text, sent.chunks) == ("mi_1", "text", "words", 2)


def test_unknown_is_absent_and_not_zero() -> None:
    """A source without lines has none, a leg that did not answer has no score."""
    item = wire_item(MemoryItem(ItemId("mi_1"), "text", ItemSource(), Meta()))
    assert not item.source.HasField("line_start")
    hit = Hit(ItemId("mi_1"), 0.5, ScoreParts(sparse=0.0), "s", Cite(), "text", "", ChunkId(1))
    (sent,) = wire_result(RecallResult((hit,), 1.0)).items
    assert (sent.parts.HasField("dense"), sent.parts.HasField("sparse")) == (False, True)
    assert not sent.cite.HasField("time_s")
    assert sent.cite.timestamp == ""


def test_a_turn_is_cited_with_its_time() -> None:
    """As RFC 3339, with who said it."""
    cite = Cite("/a", 1, 2, symbol="Ann", timestamp=1_750_000_000.0)
    hit = Hit(ItemId("mi_1"), 0.5, ScoreParts(), "s", cite, "conversation", "", ChunkId(1))
    (sent,) = wire_result(RecallResult((hit,), 1.0)).items
    assert (sent.cite.symbol, sent.cite.timestamp) == ("Ann", "2025-06-15T15:06:40.000Z")


@pytest.mark.parametrize("when_s", [-1e12, 1e15, float("inf"), float("nan")])
def test_a_time_outside_the_calendar_is_left_out(when_s: float) -> None:
    """One file with a broken stamp must not make a listing fail."""
    assert wire_item(MemoryItem(ItemId("mi_1"), "text", ItemSource(timestamp=when_s), Meta())).source.timestamp == ""


def test_names_that_are_no_text_are_sent_all_the_same() -> None:
    """Linux allows any bytes in a name; the wire carries text."""
    item = wire_item(
        MemoryItem(
            ItemId("mi_1"), "text", ItemSource(path=_ODD, uri=_ODD), Meta(title=_ODD, fields={_ODD: _ODD}), "\ud800"
        )
    )
    assert (item.source.path, item.meta.title, item.text) == ("/tmp/?.txt", "/tmp/?.txt", "?")
    assert dict(item.meta.fields) == {"/tmp/?.txt": "/tmp/?.txt"}
    assert wire_progress(Progress(1, 2, "files", 1.0, 1.0, "index", _ODD)).path == "/tmp/?.txt"
    summary = IndexSummary(1, 0, 0, 0, 0, 0, (SkippedFile(_ODD, "binary"),), 0, 0.1, 0.0)
    assert wire_summary(summary).skipped[0].path == "/tmp/?.txt"
