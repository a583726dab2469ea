"""Begins an erasure and is killed in it: `python -m tests.memory_fabric.erasure.killed_eraser FOLDER STAGE`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from memory_fabric.erasure import erase
from memory_fabric.fabric import MemoryFabric
from memory_fabric.operations import ForgetSelector
from memory_fabric.store.store import Store
from tests.memory_fabric.fabric_parts import NO_MODEL, go_on, ignore

STAGES = ("begun", "half deleted", "deleted", "purged", "looked", "signed")
COUNT = 6


def canary(number: int) -> str:
    """Return a word that nothing else holds."""
    return f"kanar{number * 7919 + 100_003}vogel"


def die(*_: Any, **__: Any) -> Any:
    """End as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(stage: str) -> None:
    """Have the process killed at a stage."""
    if stage == "half deleted":
        erase._BATCH = 2
        delete, calls = Store.delete_items, []

        def count(self: Store, ids: Any) -> Any:
            calls.append(ids)
            return delete(self, ids) if len(calls) < 3 else die()

        Store.delete_items = count  # type: ignore[method-assign]  # in a process of its own
    elif stage == "signed":
        written = erase._write
        erase._write = lambda *parts: (written(*parts), die())[0]
    else:
        name = {"begun": "_delete", "deleted": "_purge", "purged": "_scan", "looked": "_judged"}[stage]
        setattr(erase.Eraser, name, die)


def main(folder: Path, stage: str) -> None:
    """Remember, then forget with an audit, and die."""
    fabric = MemoryFabric.open(NO_MODEL, folder)
    fabric.start()
    for number in range(COUNT):
        fabric.remember(f"the river {canary(number)} reads", project="canary")
    fabric.remember("the river stays", project="kept")
    fabric.wait_until_searchable(is_dense=True, report=ignore, check=go_on)
    arm(stage)
    fabric.forget(ForgetSelector(project="canary"), is_dry_run=False, is_audited=True, report=ignore, check=go_on)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
