"""A process of its own that opens memories with damaged index files: an engine that maps them may be killed by it.

    index_faults_child.py make FOLDER closed|crashed     make a memory in FOLDER/sound
    index_faults_child.py try FOLDER                     for each job on standard input: copy, damage, open, ask, check

A job and its outcome are one JSON line each.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import msgspec
import structlog
from structlog.testing import capture_logs

from memory_fabric.config import EmbedConfig, MemoryConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.records import RecallQuery
from tests.memory_fabric.embed.tiny_model import WORDS

MODEL = os.environ.get("FAULTS_MODEL", "")
"""Without one there is no vector index, and each attempt is quicker."""

CONFIG = MemoryConfig(embed=EmbedConfig(model=MODEL, is_warm_on_start=False))
LEGS: tuple[Literal["sparse", "dense"], ...] = ("sparse", "dense") if MODEL else ("sparse",)
QUESTIONS = ("memory cache socket", "river stone tree", "file12 reads writes", "closes the line")
_PATIENCE_S = 60.0

Answers = dict[str, list[list[int]]]


class Job(msgspec.Struct, frozen=True):
    """One damage to one file."""

    file: str
    """Relative to the profile."""
    damage: Literal["none", "delete", "cut", "flip", "append", "replay"]
    at: int = 0
    """Byte to flip, or length that stays."""
    is_running: bool = False
    """Whether the damage is done to an open memory, which is then asked to repair itself."""


class Outcome(msgspec.Struct, frozen=True):
    """What a memory made of it."""

    job: Job
    answers: Answers
    """Chunk ids by leg and question."""
    doctor: list[str]
    """What is still wrong."""
    rebuilt: dict[str, str]
    """Why an index was built again, by name."""
    found: list[str] = []
    """What was wrong before the repair of an open memory."""


def main() -> None:
    """Do what the command line says."""
    work, folder = sys.argv[1], Path(sys.argv[2])
    if work == "make":
        make(folder, sys.argv[3])
        return
    for line in sys.stdin:
        outcome = attempt(folder, msgspec.json.decode(line, type=Job))
        sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
        sys.stdout.flush()


def make(folder: Path, ending: str) -> None:
    """Index, change and forget, so that indexes hold several segments and deleted entries; then close or die."""
    tree = folder / "tree"
    tree.mkdir()
    for n in range(40):
        words = " ".join(WORDS[(n + k * (n % 5 + 1)) % len(WORDS)] for k in range(30))
        (tree / f"file{n}.md").write_text(f"# file{n}\n\n{words} file{n}\n")
    fabric = opened(folder / "sound")
    bring_level(fabric, tree)
    for n in range(0, 40, 7):
        (tree / f"file{n}.md").unlink()
    (tree / "file12.md").write_text("# file12\n\nreads the river and writes stone file12\n")
    bring_level(fabric, tree)
    if ending == "crashed":
        os._exit(9)
    fabric.close()


def attempt(folder: Path, job: Job) -> Outcome:
    """Damage a copy and see what becomes of it."""
    trial = folder / "trial"
    shutil.rmtree(trial, ignore_errors=True)
    # the vector index is mostly holes: copying them as zeros would take a second
    subprocess.run(["cp", "-a", "--sparse=always", folder / "sound", trial], check=True)
    with capture_logs() as events:
        if not job.is_running:
            harm(trial, job)
        fabric = opened(trial)
        try:
            settle(fabric)
            found: list[str] = []
            if job.is_running:
                harm(trial, job)
                found = ills(fabric, is_repairing=True)
            if job.damage == "replay":
                fabric.replay(report=lambda _: None, check=Deadline())
            settle(fabric)
            answers: Answers = {leg: [ask(fabric, text, leg) for text in QUESTIONS] for leg in LEGS}
            left = ills(fabric, is_repairing=False)
        finally:
            fabric.close()
    rebuilt = {event["index"]: event["reason"] for event in events if event["event"] == "index_rebuild"}
    return Outcome(job, answers, left, rebuilt, found)


def harm(trial: Path, job: Job) -> None:
    """Do the damage in place, as a failing disk or a careless hand would."""
    path = trial / job.file
    match job.damage:
        case "delete":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        case "cut":
            os.truncate(path, job.at)
        case "append":
            with path.open("ab") as file:
                file.write(b"\x00" * 7)
        case "flip":
            with path.open("r+b") as file:
                file.seek(job.at)
                byte = file.read(1)[0]
                file.seek(job.at)
                file.write(bytes([byte ^ 0x10]))
        case "none" | "replay":
            pass


class Deadline:
    """Ends a wait that would never end."""

    def __init__(self) -> None:
        self._end = time.monotonic() + _PATIENCE_S

    def __call__(self) -> None:
        """Raise when the time is over."""
        if time.monotonic() > self._end:
            raise TimeoutError("an index never became level")


def opened(folder: Path) -> MemoryFabric:
    """Open and start."""
    fabric = MemoryFabric.open(CONFIG, folder)
    fabric.start()
    return fabric


def bring_level(fabric: MemoryFabric, tree: Path) -> None:
    """Index and wait for both legs."""
    fabric.index([str(tree)], project="p", report=lambda _: None, check=Deadline())
    settle(fabric)


def settle(fabric: MemoryFabric) -> None:
    """Wait until both legs are level or have given up."""
    fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=Deadline())


def ask(fabric: MemoryFabric, text: str, leg: Literal["sparse", "dense"]) -> list[int]:
    """Return the best chunks of one leg; nothing when it does not answer."""
    result = fabric.recall(RecallQuery(text=text, strategy=leg, k=8))
    if any(reason.startswith("no term search" if leg == "sparse" else "no vector") for reason in result.degraded):
        return []
    return [int(hit.chunk_id) for hit in result.items]


def ills(fabric: MemoryFabric, *, is_repairing: bool) -> list[str]:
    """Return what doctor says of everything that is, or was, not well."""
    checks = fabric.doctor(is_repairing=is_repairing, check=Deadline())
    return [f"{c.name}: {c.detail}" for c in checks if not c.ok or c.detail.startswith("rebuilt")]


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    main()
