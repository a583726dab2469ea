"""Whether what an answer quotes still stands in its source."""

from __future__ import annotations

import os
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.ids import ChunkId, ItemId
from memory_fabric.fabric import MemoryFabric
from memory_fabric.recall.freshness import FreshnessJudge, file_of
from memory_fabric.records import Cite, Hit, RecallQuery, RecallResult, ScoreParts
from memory_fabric.store.store import FileState, Store
from tests.memory_fabric.fabric_parts import ask, index, open_fabric

LONG_AGO_S = 1_600_000_000


def put(path: Path, text: str) -> Path:
    """Write a file whose stamp is old enough to be trusted."""
    path.write_text(text)
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    return path


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[MemoryFabric]:
    """A real memory without a model, that repairs nothing: what aged is asked for again and again here."""
    with open_fabric(tmp_path / "memory") as fabric:
        fabric._freshness = FreshnessJudge(fabric._store)
        yield fabric


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def of(memory: MemoryFabric, question: str, path: Path) -> str:
    """Return the freshness of the hit that stands in a file."""
    (found,) = {hit.freshness for hit in ask(memory, question, k=50).items if hit.cite.path.startswith(str(path))}
    return found


def test_an_untouched_file_is_fresh_and_not_opened(
    memory: MemoryFabric, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its marks are those of the walk."""
    path = put(root / "a.md", "the heron stands in the reeds\n")
    index(memory, root)
    monkeypatch.setattr("memory_fabric.recall.freshness.read_regular", lambda *_: pytest.fail("it was opened"))
    assert of(memory, "heron", path) == "fresh"
    assert ask(memory, "heron").stages["fresh"] < 50


def test_other_content_is_stale(memory: MemoryFabric, root: Path) -> None:
    """The quotation is not in the file any more."""
    path = put(root / "a.md", "the heron stands in the reeds\n")
    index(memory, root)
    path.write_text("the bittern booms\n")
    assert of(memory, "heron", path) == "stale"


def test_a_touched_file_is_fresh(memory: MemoryFabric, root: Path) -> None:
    """Another time with the same content."""
    path = put(root / "a.md", "the heron stands in the reeds\n")
    index(memory, root)
    os.utime(path, (LONG_AGO_S + 9, LONG_AGO_S + 9))
    assert of(memory, "heron", path) == "fresh"


def test_only_the_cited_lines_count(memory: MemoryFabric, root: Path) -> None:
    """A change below them leaves the quotation true; one above moves it to other lines."""
    sections = [
        f"## {name}\n\n{name} eats {food}. {'It waits. ' * 60}\n"
        for name, food in (("Heron", "newts"), ("Egret", "frogs"))
    ]
    path = put(root / "a.md", "\n".join(sections))
    index(memory, root)
    with path.open("a") as file:
        file.write("\n## Bittern\n\nIt booms.\n")
    assert {hit.freshness for hit in ask(memory, "newts", k=1).items} == {"fresh"}
    path.write_text("A line.\n\n" + "\n".join(sections))
    assert {hit.freshness for hit in ask(memory, "newts", k=1).items} == {"stale"}


def test_a_deleted_file_is_gone(memory: MemoryFabric, root: Path) -> None:
    """And so is one whose folder went, or whose name is a folder now."""
    first, second = put(root / "a.md", "the heron stands\n"), root / "deep" / "b.md"
    second.parent.mkdir()
    put(second, "an egret in the heron's place\n")
    index(memory, root)
    first.unlink()
    first.mkdir()
    second.unlink()
    second.parent.rmdir()
    assert of(memory, "heron", first) == "gone"
    assert of(memory, "egret", second) == "gone"


def test_a_member_goes_with_its_archive(memory: MemoryFabric, root: Path) -> None:
    """Fresh, stale and gone as the archive is."""
    path = root / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes/heron.md", "the heron stands in the reeds\n")
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    index(memory, root)
    assert of(memory, "heron", path) == "fresh"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("notes/egret.md", "the egret\n")
    assert of(memory, "heron", path) == "stale"
    path.unlink()
    assert of(memory, "heron", path) == "gone"


def test_words_that_were_replaced_meanwhile_are_stale(memory: MemoryFabric, root: Path) -> None:
    """The file is as it was read last, and what is quoted was read before."""
    path = put(root / "a.md", "the heron stands in the reeds\n")
    index(memory, root)
    asked_at = memory._store.journal_head()
    found = memory._retriever.recall(RecallQuery(text="heron"), check=lambda: None)
    put(path, "the bittern booms\n")
    os.utime(path, (LONG_AGO_S + 9, LONG_AGO_S + 9))
    index(memory, root)
    assert [hit.freshness for hit in memory._freshness.judged(found, asked_at).items] == ["stale"]


def test_notes_have_no_source(memory: MemoryFabric) -> None:
    """What was said cannot change on a disk."""
    memory.remember("the heron is a wader", uri="memory:heron")
    memory.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)
    result = ask(memory, "heron")
    assert [hit.freshness for hit in result.items] == ["fresh"]
    assert "fresh" not in result.stages


def test_an_answer_tells_its_position(memory: MemoryFabric, root: Path) -> None:
    """Of the truth, and of the indexes, which are level."""
    put(root / "a.md", "the heron stands in the reeds\n")
    index(memory, root)
    result = ask(memory, "heron")
    assert result.journal_seq == result.applied_seq > 0


def test_a_pack_marks_what_changed(memory: MemoryFabric, root: Path) -> None:
    """What is gone is still evidence of what was, and is said to be gone; the mark counts as tokens."""
    first, second = put(root / "a.md", "the heron stands\n"), put(root / "b.md", "the heron walks\n")
    index(memory, root)
    first.unlink()
    second.write_text("nobody\n")
    pack = memory.context_pack(RecallQuery(text="heron"), budget_tokens=500)
    assert f"{first}:1 (gone: the source is no longer there)\nthe heron stands" in pack.text
    assert f"{second}:1 (stale: the source has changed since)\nthe heron walks" in pack.text
    assert pack.tokens == sum(len(block) // 3 + 1 for block in pack.text.split("\n\n"))


# ---- a disk that hangs ------------------------------------------------------------------------------------------


def hit(path: str, number: int = 1, uri: str = "") -> Hit:
    """A hit in a file."""
    return Hit(
        ItemId(f"mi_{number}"),
        1.0,
        ScoreParts(),
        "",
        Cite(path=path, line=1, line_end=1, uri=uri or path),
        "text",
        "p",
        ChunkId(number),
    )


def state(path: str, device: int) -> FileState:
    """What the walk saw of a file on a device."""
    return FileState(path, 4, LONG_AGO_S * 10**9, 1, device, b"", "indexed")


@pytest.mark.slow
def test_a_disk_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    """The answer comes in time and says what is not known; other disks are looked at; nothing piles up behind it."""
    here = put(tmp_path / "here.md", "here")
    status = os.lstat(here)
    store = Store.open(tmp_path / "store")
    own = FileState(str(here), status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev, b"", "indexed")
    store.write(files=[state("/far/a.md", 99_999), state("/far/b.md", 99_999), own])
    gate, asked = threading.Event(), []

    def look(path: str) -> os.stat_result:
        if path.startswith("/far"):
            asked.append(path)
            gate.wait(30)
        return os.lstat(path)

    judge = FreshnessJudge(store, patience_s=0.02, look=look)
    result = RecallResult((hit("/far/a.md", 1), hit(str(here), 2), hit("/far/b.md", 3)), 1.0)
    try:
        for _ in range(3):
            judged = judge.judged(result)
            assert [found.freshness for found in judged.items] == ["unknown", "fresh", "unknown"]
            assert judged.degraded == ("not known whether 2 sources changed: the disk did not answer within 20 ms",)
            assert judged.stages["fresh"] < 5_000
        assert asked == ["/far/a.md"]
        gate.set()
        while judge.judged(result).items[0].freshness == "unknown":
            pass
        assert [found.freshness for found in judge.judged(result).items] == ["gone", "fresh", "gone"]
    finally:
        gate.set()
        judge.close()
        store.close()


def test_a_disk_that_refuses_is_unknown(tmp_path: Path) -> None:
    """An error of the disk is neither there nor away."""

    def look(_: str) -> os.stat_result:
        raise OSError(5, "Input/output error")

    store = Store.open(tmp_path / "store")
    judge = FreshnessJudge(store, look=look)
    judged = judge.judged(RecallResult((hit("/far/a.md"),), 1.0))
    assert [found.freshness for found in judged.items] == ["unknown"]
    assert judged.degraded == ("not known whether 1 source changed: the disk did not answer within 50 ms",)
    judge.close()
    store.close()


def test_an_item_that_only_names_a_file_has_no_source() -> None:
    """A commit that touched it stays true however the file changes."""
    assert file_of(hit("/a/b.zip!/c.md")) == "/a/b.zip"
    assert file_of(hit("/a/b.md", uri="git:/a@1234")) == ""
