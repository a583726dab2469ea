"""The process as a service."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from daemon.config import CairnConfig, DaemonConfig
from daemon.system import System, version
from memory_fabric.config import DenseConfig, EmbedConfig, MemoryConfig
from memory_fabric.fabric import MemoryFabric


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[MemoryFabric]:
    """A real memory without a model."""
    fabric = MemoryFabric.open(MemoryConfig(embed=EmbedConfig(model="")), tmp_path / "memory")
    fabric.start()
    yield fabric
    fabric.close()


def test_info_is_this_process(memory: MemoryFabric, tmp_path: Path) -> None:
    """Its id, version, profile, memory and state."""
    system = System(CairnConfig(), tmp_path, memory, lambda: None)
    info = system.info()
    assert (info.pid, info.version, info.profile, info.serving) == (os.getpid(), version(), str(tmp_path), False)
    assert 10 < info.rss_mb < 10_000
    system.is_serving = True
    assert system.info().serving
    assert system.info().uptime_s >= info.uptime_s >= 0


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://me:hunter2@host:6333", "http://***@host:6333"),
        ("https://host/x?api-key=hunter2&y=1", "https://host/x?api-key=***&y=1"),
        ("https://host:6333", "https://host:6333"),
    ],
)
def test_the_configuration_in_force_hides_secrets(url: str, shown: str, memory: MemoryFabric, tmp_path: Path) -> None:
    """It is TOML, whole, and what was written into an address is masked."""
    config = CairnConfig(DaemonConfig(drain_s=7.5), MemoryConfig(dense=DenseConfig(url=url)))
    text = System(config, tmp_path, memory, lambda: None).config()
    values = tomllib.loads(text)
    assert values["memory"]["dense"].pop("url") == shown
    assert values["daemon"]["drain_s"] == 7.5
    assert values.keys() == msgspec.to_builtins(CairnConfig()).keys()
    assert "hunter2" not in text


def test_metrics_follow_the_text_format_and_label_sets_are_closed(memory: MemoryFabric, tmp_path: Path) -> None:
    """Each line is a type or a sample; labels name indexes and queues and never what a user wrote."""
    memory.remember("the xylophone", project="attic")
    text = System(CairnConfig(), tmp_path, memory, lambda: None).metrics()
    sample = re.compile(r'[a-z_]+(\{(index="(dense|sparse)"|queue="[a-z_]+")\})? -?[0-9.e+]+')
    lines = text.splitlines()
    assert all(sample.fullmatch(line) or re.fullmatch(r"# TYPE [a-z_]+ (gauge|counter)", line) for line in lines)
    assert "cairn_items 1" in lines
    assert 'cairn_index_points{index="dense"} 0' in lines
    assert text.endswith("\n")
    names = [line.split()[2] for line in lines if line.startswith("#")]
    assert len(names) == len(set(names))


def test_drain_asks_and_returns(memory: MemoryFabric, tmp_path: Path) -> None:
    """What stops the daemon is somebody else's work."""
    asked: list[bool] = []
    System(CairnConfig(), tmp_path, memory, lambda: asked.append(True)).drain()
    assert asked == [True]
