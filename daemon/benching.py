"""Public benchmarks in a memory that exists for one run: nothing of them comes near the user's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from memory_eval.bench.records import BenchReport
from memory_eval.bench.run import ask, load
from memory_fabric.config import MemoryConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.ingest.pacing import Pace
from memory_fabric.operations import Check, Report
from orchestrator.ports import BenchRequest

__all__ = ["run_bench", "scratch_memory", "write_report"]

_PREFIX = "bench-scratch-"


@contextmanager
def scratch_memory(config: MemoryConfig, folder: Path, profile: Path | None) -> Iterator[MemoryFabric]:
    """Open a memory of its own, and leave nothing of it behind.

    Args:
        config: The user's, used as it is: what is measured is what they have.
        folder: Where evaluations keep what is theirs.
        profile: Profile folder; models of its own come before the user's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_PREFIX}*"):
        # of a daemon that was killed while it measured: only one run has its turn
        shutil.rmtree(left, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
    try:
        fabric = MemoryFabric.open(config, place, profile=profile)
        fabric.start()
        try:
            yield fabric
        finally:
            fabric.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def run_bench(
    fabric: MemoryFabric,
    request: BenchRequest,
    paths: Sequence[Path],
    keys: Sequence[Path],
    report: Report,
    check: Check,
) -> BenchReport:
    """Import the documents, wait until both indexes hold them, and ask every question.

    Args:
        fabric: Empty.
        request: What is asked for.
        paths: Its files, looked at.
        keys: Its corrected keys, looked at.
        report: Told the progress.
        check: Raises to stop.

    Raises:
        BenchError: A file is missing or not in its format.
    """
    corpus = load(request.format, paths, split=request.split, keys=keys, limit=request.limit)
    fabric.ingest(corpus.records(), project="", report=report, check=check)
    fabric.wait_until_searchable(is_dense=True, report=report, check=check)
    pace = Pace(report, "questions", "eval", total=len(corpus.questions))

    def tick(done: int) -> None:
        check()
        pace.reach(done)

    return ask(corpus, lambda query: fabric.recall(query, check=check), strategy=request.strategy, on_question=tick)


def write_report(path: Path, report: BenchReport) -> None:
    """Keep the last report of a benchmark beside those of the golden sets."""
    path.write_bytes(msgspec.json.encode(report))
