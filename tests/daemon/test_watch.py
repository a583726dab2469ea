"""Folders that the daemon follows by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog.testing
import trio
import trio.testing

from daemon.watch import follow_folders, keep_level
from foundation.errors import InputError
from memory_fabric.config import EmbedConfig, MemoryConfig
from memory_fabric.fabric import MemoryFabric


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[MemoryFabric]:
    """A real memory without a model."""
    fabric = MemoryFabric.open(MemoryConfig(embed=EmbedConfig(model="")), tmp_path / "memory")
    fabric.start()
    yield fabric
    fabric.close()


async def until_items(memory: MemoryFabric, count: int) -> None:
    """Wait until the memory holds so many items."""
    with trio.fail_after(10):
        while memory.stats().items != count:
            await trio.sleep(0.02)


@pytest.mark.slow
async def test_a_folder_is_kept_level(memory: MemoryFabric, tmp_path: Path) -> None:
    """What was there before is read once; what comes and goes is followed."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "old.md").write_text("# Old\n\nwas here before\n")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep_level, memory, str(folder))
        await until_items(memory, 1)
        (folder / "new.md").write_text("# New\n\ncame later\n")
        await until_items(memory, 2)
        (folder / "old.md").unlink()
        await until_items(memory, 1)
        nursery.cancel_scope.cancel()


async def test_a_folder_that_is_not_there_is_waited_for(
    memory: MemoryFabric, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Each attempt is logged and the pauses grow; the daemon goes on."""
    with structlog.testing.capture_logs() as events, trio.move_on_after(20.0):
        await keep_level(memory, str(tmp_path / "nowhere"))
    failures = [event for event in events if event["event"] == "watch_failed"]
    assert [event["pause_s"] for event in failures] == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert {type(event["exc_info"]) for event in failures} == {InputError}


@pytest.mark.slow
async def test_folders_are_followed_as_the_memory_is_told(memory: MemoryFabric, tmp_path: Path) -> None:
    """One of the configuration from the start, others while they are kept, under the project that was asked for."""
    for name in ("always", "kept"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "old.md").write_text(f"# Old\n\n{name} was here before\n")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow_folders, memory, [str(tmp_path / "always")])
        await until_items(memory, 1)
        memory.keep_following([str(tmp_path / "kept")], project="mine")
        await until_items(memory, 2)
        (tmp_path / "kept" / "new.md").write_text("# New\n\ncame later\n")
        await until_items(memory, 3)
        assert memory.stats().projects == {"always": 1, "mine": 2}
        memory.stop_following([str(tmp_path / "kept")])
        assert memory.followed() == []
        (tmp_path / "kept" / "unseen.md").write_text("# Unseen\n\nnobody looks\n")
        (tmp_path / "always" / "seen.md").write_text("# Seen\n\nfollowed still\n")
        await until_items(memory, 4)
        nursery.cancel_scope.cancel()
    assert memory.stats().projects == {"always": 2, "mine": 2}
