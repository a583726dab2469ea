"""Every source and what became of it."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import msgspec
import pytest

from foundation.ids import JournalSeq
from memory_fabric.config import IngestConfig, ScanConfig
from memory_fabric.coverage import cover
from memory_fabric.fabric import MemoryFabric
from memory_fabric.ingest.pipeline import index_paths
from memory_fabric.scan import Scanner
from memory_fabric.store.store import Store
from tests.memory_fabric.fabric_parts import go_on, ignore, index, open_fabric

LONG_AGO_S = 1_600_000_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with files of all kinds."""
    folder = tmp_path / "work"
    put(folder / "a.md", "the heron stands in the reeds\n")
    put(folder / "b.md", "the egret walks\n")
    (folder / "c.bin").write_bytes(bytes(range(256)) * 20)
    return folder


def put(path: Path, text: str) -> Path:
    """Write a file whose stamp is old enough to be trusted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    return path


def states(memory: MemoryFabric, root: Path, path: Path | None = None) -> dict[str, tuple[str, str]]:
    """Return state and reason by name."""
    rows = memory.coverage(str(path or root))
    return {os.path.relpath(row.path, root): (row.state, row.reason) for row in rows}


def test_the_disk_is_looked_at_where_a_place_is_given(tmp_path: Path, root: Path) -> None:
    """Changed, new, deleted and ignored files are pending, each with its reason; others are as they were read."""
    with open_fabric(tmp_path / "memory") as memory:
        index(memory, root)
        before = states(memory, root)
        assert before == {"a.md": ("indexed", ""), "b.md": ("indexed", ""), "c.bin": ("skipped", "binary")}
        put(root / "a.md", "the heron flew away\n")
        put(root / "deep" / "new.md", "a bittern\n")
        put(root / "noise.log", "hum\n")
        (root / "b.md").unlink()
        (root / ".cairnignore").write_text("*.log\n")
        found = states(memory, root)
        assert found["a.md"] == ("pending", "changed since it was read")
        assert found["deep/new.md"] == ("pending", "not read yet")
        assert found["b.md"] == ("pending", "gone from the disk, not forgotten yet")
        assert "noise.log" not in found
        assert states(memory, root, root / "deep") == {"deep/new.md": ("pending", "not read yet")}
        (root / ".cairnignore").write_text("a.md\n")
        assert states(memory, root)["a.md"] == ("pending", "left out by an ignore rule now, not forgotten yet")
        index(memory, root)
        assert {state for state, _ in states(memory, root).values()} == {"indexed", "skipped"}


def test_a_place_that_was_never_asked_for_is_not_pending(tmp_path: Path, root: Path) -> None:
    """Nobody is going to read it: only what is known below it is told."""
    with open_fabric(tmp_path / "memory") as memory:
        index(memory, root)
        put(tmp_path / "other" / "x.md", "elsewhere\n")
        assert states(memory, root, tmp_path / "other") == {}
        assert set(states(memory, root, tmp_path)) == {"a.md", "b.md", "c.bin"}


def test_a_file_that_was_asked_for_alone_is_looked_at(tmp_path: Path, root: Path) -> None:
    """Its neighbours are not pending."""
    with open_fabric(tmp_path / "memory") as memory:
        index(memory, root / "a.md")
        assert states(memory, root) == {"a.md": ("indexed", "")}
        put(root / "a.md", "the heron flew away\n")
        assert states(memory, root) == {"a.md": ("pending", "changed since it was read")}


def test_a_member_that_was_left_out_keeps_its_reason(tmp_path: Path) -> None:
    """It is told below its archive."""
    root = tmp_path / "work"
    root.mkdir()
    with zipfile.ZipFile(root / "a.zip", "w") as archive:
        archive.writestr("heron.md", "the heron\n")
        archive.writestr("b.bin", bytes(range(256)) * 20)
    os.utime(root / "a.zip", (LONG_AGO_S, LONG_AGO_S))
    with open_fabric(tmp_path / "memory") as memory:
        index(memory, root)
        assert states(memory, root) == {"a.zip": ("indexed", ""), "a.zip!/b.bin": ("skipped", "binary")}


def test_chunks_that_an_index_lacks_make_a_file_pending(tmp_path: Path, root: Path) -> None:
    """Until every index has them; only the files that they belong to."""
    store = Store.open(tmp_path / "store")
    limits, scanner = IngestConfig(), Scanner(ScanConfig())

    def run() -> None:
        index_paths(
            store, [root], project="p", limits=limits, scanner=scanner, is_forced=False, report=ignore, check=go_on
        )

    run()
    first = store.journal_head()
    put(root / "b.md", "the egret flew, and an ibis came\n")
    run()
    level = {"sparse": store.journal_head()}
    late = {**level, "dense": first}
    none = {"sparse": JournalSeq(0)}
    assert {row.path: row.state for row in cover(store, level, limits, scanner, "", go_on)}[
        str(root / "b.md")
    ] == "indexed"
    rows = {Path(row.path).name: (row.state, row.reason) for row in cover(store, late, limits, scanner, "", go_on)}
    assert rows == {
        "a.md": ("indexed", ""),
        "b.md": ("pending", "1 of 1 chunks wait for the dense index"),
        "c.bin": ("skipped", "binary"),
    }
    assert {row.state for row in cover(store, none, limits, scanner, "", go_on)} == {"pending", "skipped"}
    store.close()


def test_a_failed_file_says_why(tmp_path: Path, root: Path) -> None:
    """What could not be read just now is neither skipped nor pending."""
    with open_fabric(tmp_path / "memory") as memory:
        index(memory, root)
        (state,) = memory._store.file_states([str(root / "a.md")]).values()
        failed = msgspec.structs.replace(state, state="failed", reason="unreadable: Input/output error")
        memory._store.write(files=[failed])
        assert states(memory, root)["a.md"] == ("failed", "unreadable: Input/output error")


def test_the_look_can_be_stopped(tmp_path: Path, root: Path) -> None:
    """The check is asked while it goes on."""

    def stop() -> None:
        raise TimeoutError

    with open_fabric(tmp_path / "memory") as memory:
        index(memory, root)
        with pytest.raises(TimeoutError):
            list(memory.coverage(str(root), check=stop))
