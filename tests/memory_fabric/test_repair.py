"""An answer that finds a source changed has it read again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from memory_fabric.fabric import MemoryFabric
from memory_fabric.operations import ForgetSelector
from memory_fabric.store.known_roots import KnownRoot
from tests.memory_fabric.fabric_parts import NO_MODEL, ask, go_on, ignore, index, open_fabric

LONG_AGO_S = 1_600_000_000


def put(path: Path, text: str) -> Path:
    """Write a file whose stamp is old enough to be trusted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    return path


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[MemoryFabric]:
    """A real memory without a model."""
    with open_fabric(tmp_path / "memory") as fabric:
        yield fabric


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with two files."""
    folder = tmp_path / "work"
    put(folder / "a.md", "the heron stands in the reeds\n")
    put(folder / "b.md", "the egret walks\n")
    return folder


def settle(memory: MemoryFabric) -> None:
    """Wait for repairs, and until they can be found."""
    memory._repairs.settle()
    memory.wait_until_searchable(is_dense=True, report=ignore, check=go_on)


def found(memory: MemoryFabric, question: str) -> list[tuple[str, str]]:
    """Return name and freshness of the answers."""
    return [(Path(hit.cite.path).name, hit.freshness) for hit in ask(memory, question).items]


def test_a_stale_answer_repairs_itself(memory: MemoryFabric, root: Path) -> None:
    """The second question finds what the file says now; the project stays as it was asked for."""
    index(memory, root, project="birds")
    put(root / "a.md", "the heron flew away long before\n")
    assert found(memory, "heron reeds") == [("a.md", "stale")]
    settle(memory)
    assert found(memory, "heron reeds") == [("a.md", "fresh")]
    assert "flew away" in ask(memory, "heron").items[0].snippet
    assert memory.stats().projects == {"birds": 2}


def test_a_deleted_file_is_forgotten(memory: MemoryFabric, root: Path) -> None:
    """It is gone in this answer and absent from the next."""
    index(memory, root)
    (root / "a.md").unlink()
    assert found(memory, "heron") == [("a.md", "gone")]
    settle(memory)
    assert found(memory, "heron") == []


def test_a_moved_file_keeps_its_id(memory: MemoryFabric, root: Path) -> None:
    """The whole folder is looked at, so it is found where it went."""
    index(memory, root)
    before = ask(memory, "heron").items[0].id
    (root / "deep").mkdir()
    (root / "a.md").rename(root / "deep" / "c.md")
    assert found(memory, "heron") == [("a.md", "gone")]
    settle(memory)
    assert found(memory, "heron") == [("c.md", "fresh")]
    assert ask(memory, "heron").items[0].id == before


def test_a_moved_and_edited_file_keeps_its_id(memory: MemoryFabric, root: Path) -> None:
    """It is read, because an answer asked for it by its old name."""
    lines = "\n".join(f"the heron of line {number}" for number in range(20))
    put(root / "a.md", lines)
    index(memory, root)
    before = ask(memory, "heron").items[0].id
    (root / "a.md").unlink()
    put(root / "c.md", f"{lines}\nand a whimbrel\n")
    assert found(memory, "heron")[0] == ("a.md", "gone")
    settle(memory)
    assert found(memory, "whimbrel") == [("c.md", "fresh")]
    assert ask(memory, "whimbrel").items[0].id == before


def test_a_repair_touches_nothing_else(memory: MemoryFabric, root: Path) -> None:
    """What is new, changed or gone beside it was not met by the answer, and waits for `index`."""
    index(memory, root)
    put(root / "new.md", "an avocet, never asked for\n")
    put(root / "other.md", "a godwit\n")
    (root / "a.md").unlink()
    (root / "b.md").write_text("the egret is asleep\n")
    assert found(memory, "heron") == [("a.md", "gone")]
    settle(memory)
    assert memory.stats().items == 1
    assert found(memory, "egret walks") == [("b.md", "stale")]


def test_a_touched_file_is_known_by_its_new_stamp(memory: MemoryFabric, root: Path) -> None:
    """It is read once; from then on its marks tell."""
    index(memory, root)
    os.utime(root / "a.md", (LONG_AGO_S + 9, LONG_AGO_S + 9))
    assert found(memory, "heron") == [("a.md", "fresh")]
    settle(memory)
    (state,) = memory._store.file_states([str(root / "a.md")]).values()
    assert state.mtime_ns == (LONG_AGO_S + 9) * 10**9


def test_a_file_that_was_just_written_is_left_alone(memory: MemoryFabric, root: Path) -> None:
    """Its stamp is not trusted, and its content is as it was read."""
    (root / "now.md").write_text("the bittern booms\n")
    index(memory, root)
    assert found(memory, "bittern") == [("now.md", "fresh")]
    assert memory._repairs._thread is None


def test_a_file_of_a_disk_that_is_away_is_not_forgotten(memory: MemoryFabric, root: Path) -> None:
    """By its device it was on another one than what stands there now."""
    index(memory, root)
    (state,) = memory._store.file_states([str(root / "a.md")]).values()
    memory._store.write(files=[msgspec.structs.replace(state, device=state.device + 1)])
    (root / "a.md").unlink()
    assert found(memory, "heron") == [("a.md", "gone")]
    settle(memory)
    assert found(memory, "heron") == [("a.md", "gone")]


def test_of_a_deleted_root_goes_what_answers_meet(memory: MemoryFabric, root: Path) -> None:
    """Each by its own device: the rest waits for `index`, or for a question."""
    index(memory, root)
    shutil.rmtree(root)
    assert found(memory, "heron") == [("a.md", "gone")]
    settle(memory)
    assert (found(memory, "heron"), memory.stats().items) == ([], 1)


def test_what_is_not_allowed_any_more_is_left_alone(tmp_path: Path, root: Path) -> None:
    """A change of the configuration neither reads nor forgets by itself."""
    with open_fabric(tmp_path / "memory") as memory:
        index(memory, root)
    put(root / "a.md", "the heron flew away long before\n")
    limits = msgspec.structs.replace(NO_MODEL.ingest, roots=(str(tmp_path / "elsewhere"),))
    with open_fabric(tmp_path / "memory", msgspec.structs.replace(NO_MODEL, ingest=limits)) as memory:
        memory.wait_until_searchable(is_dense=True, report=ignore, check=go_on)
        assert found(memory, "heron reeds") == [("a.md", "stale")]
        settle(memory)
        assert found(memory, "heron reeds") == [("a.md", "stale")]


def test_a_file_that_is_ignored_now_leaves(memory: MemoryFabric, root: Path) -> None:
    """It changed, and nobody wants it any more."""
    index(memory, root)
    put(root / ".cairnignore", "a.md\n")
    put(root / "a.md", "the heron flew away long before\n")
    assert found(memory, "heron") == [("a.md", "stale")]
    settle(memory)
    assert found(memory, "heron") == []


def test_a_forgotten_place_is_not_looked_at_again(memory: MemoryFabric, root: Path) -> None:
    """Forgetting a folder forgets that it was asked for."""
    index(memory, root)
    assert memory._store.known_roots() == [KnownRoot(str(root), "p")]
    memory.forget(ForgetSelector(path=str(root)), is_dry_run=False, report=ignore, check=go_on)
    assert memory._store.known_roots() == []
    assert list(memory.coverage(str(root))) == []
