"""An erasure that is killed anywhere is finished at the next start, and nothing is claimed that nobody saw."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from memory_fabric.fabric import MemoryFabric
from memory_fabric.operations import Erasure, ForgetSelector
from tests.memory_fabric.erasure.killed_eraser import COUNT, STAGES, canary
from tests.memory_fabric.fabric_parts import NO_MODEL, ask, open_fabric

pytestmark = pytest.mark.slow


def settled(fabric: MemoryFabric) -> Erasure:
    """Wait until the background has finished the only erasure."""
    until = time.monotonic() + 60
    fabric._upkeep._wake.set()
    while (erasure := fabric.erasures()[0]).state == "running":
        assert time.monotonic() < until
        fabric._upkeep._wake.set()
        fabric._upkeep._stop.wait(0.05)
    return erasure


def holders(folder: Path) -> str:
    """Return the files that hold a canary."""
    words = "\n".join(canary(number) for number in range(COUNT))
    command = ["grep", "--recursive", "--files-with-matches", "--text", "--fixed-strings", "--file=-", str(folder)]
    return subprocess.run(command, input=words, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_erasure_is_finished(tmp_path: Path, stage: str) -> None:
    """Whatever the stage: the intent names no content, the canaries go, the rest stays."""
    command = [sys.executable, "-m", "tests.memory_fabric.erasure.killed_eraser", str(tmp_path / "memory"), stage]
    died = subprocess.run(command, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    with open_fabric(tmp_path / "memory", NO_MODEL) as fabric:
        erasure = settled(fabric)
        # the receipt was written before the kill: then everything had been looked at
        assert erasure.state == ("erased" if stage == "signed" else "unproven")
        assert bool(erasure.receipt) == (stage == "signed")
        assert bool(erasure.limits) == (stage != "signed")
        assert erasure.items == COUNT
        assert fabric._store.select_items(ForgetSelector(project="canary")).item_ids == ()
        assert [hit.project for hit in ask(fabric, "river").items] == ["kept"]
        assert holders(tmp_path / "memory") == ""
    if stage == "signed":
        assert json.loads(erasure.receipt)["verdict"] == "erased"


def test_what_is_unfinished_is_said(tmp_path: Path) -> None:
    """Until the background has come to it, the erasure is listed as running, with its ids and nothing else."""
    command = [sys.executable, "-m", "tests.memory_fabric.erasure.killed_eraser", str(tmp_path / "memory"), "begun"]
    subprocess.run(command, capture_output=True, check=False)
    fabric = MemoryFabric.open(NO_MODEL, tmp_path / "memory")
    try:
        (intent,) = fabric._store.erasures()
        assert intent.erasure.state == "running"
        assert len(intent.item_ids) == COUNT
        assert fabric.erasures()[0].receipt == ""
    finally:
        fabric.close()
