"""A thousand canaries of four kinds erased from a store of a real size, with vectors of the real model.

python -m benchmarks.erasure [CHUNKS …]      default 20000

Prints what is left of them by the shipped auditor and by a plain search of its own, how long it took, and whether a
hundred unrelated questions have the same ten answers as before.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec

from benchmarks.corpus import queries, texts
from benchmarks.pipeline import emit
from benchmarks.recall_latency import fill
from memory_eval.metrics import percentile
from memory_fabric.config import EmbedConfig, MemoryConfig
from memory_fabric.embed.factory import find_embedder
from memory_fabric.fabric import MemoryFabric
from memory_fabric.operations import ForgetSelector, IngestRecord, Progress
from memory_fabric.records import RecallQuery

CANARIES = 1_000
QUESTIONS = 100
PROJECT = "canaries"


def canary(number: int) -> str:
    """Return a word that nothing else holds."""
    return f"kanar{number * 7919 + 1_000_003}vogel"


def plant(fabric: MemoryFabric, folder: Path) -> None:
    """Write canaries as prose, code, conversation and notes; a fifth of each in title, heading, path or field only."""
    source, each = texts(CANARIES, 60, seed=9), CANARIES // 4
    files = folder / "planted"
    files.mkdir()
    for number in range(2 * each):
        word, is_code = canary(number), number >= each
        name = f"{word}" if number % 5 == 0 else f"file{number}"
        said = next(source) if number % 5 == 0 else f"{next(source)} {word}"
        body = f"def task_{number}():\n    return {said!r}\n" if is_code else f"# Part {number}\n\n{said}\n"
        (files / f"{name}{'.py' if is_code else '.md'}").write_text(body)
    fabric.index([str(files)], project=PROJECT, report=lambda _: None, check=lambda: None)
    records = [
        IngestRecord(
            id=str(number),
            text=f"user: {next(source)}" + ("" if number % 5 == 0 else f" {canary(number)}"),
            title=canary(number) if number % 10 == 0 else "",
            modality="conversation",
            meta={"who": canary(number)} if number % 10 == 5 else {},
        )
        for number in range(2 * each, 3 * each)
    ]
    fabric.ingest(records, project=PROJECT, report=lambda _: None, check=lambda: None)
    for number in range(3 * each, 4 * each):
        tags, said = ([canary(number)], "") if number % 5 == 0 else ([], canary(number))
        fabric.remember(f"{next(source)} {said}", project=PROJECT, tags=tags)
    fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)


def left(folder: Path) -> int:
    """Return how many canaries a plain search finds; in another process, because SQLite loses its locks otherwise."""
    words = "\n".join(canary(number) for number in range(CANARIES))
    command = ["grep", "--recursive", "--text", "--only-matching", "--no-filename", "--fixed-strings", "--file=-"]
    said = subprocess.run([*command, str(folder)], input=words, capture_output=True, text=True, check=False).stdout
    return len(set(said.split()))


def answers(fabric: MemoryFabric) -> list[list[str]]:
    """Return the ten answers to each unrelated question, among what is no canary."""
    asked = (RecallQuery(text=text, k=10, project="bench") for text in queries(QUESTIONS, seed=11))
    return [[hit.id for hit in fabric.recall(query).items] for query in asked]


def measure(count: int) -> None:
    """Print the figures for a store of `count` other chunks."""
    embedder = find_embedder(EmbedConfig()).embedder
    assert embedder is not None, "run `make setup` first"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "memory"
        fill(folder, count, embedder.model_id, embedder.dimension)
        fabric = MemoryFabric.open(MemoryConfig(), folder)
        fabric.start()
        fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)
        never = answers(fabric)
        plant(fabric, Path(place))
        emit("erasure_planted_on_disk", left(folder), "canaries", chunks=count)
        before = answers(fabric)
        stop, took = threading.Event(), list[float]()

        def ask() -> None:
            for text in queries(100_000, seed=12):
                if stop.is_set():
                    return
                took.append(fabric.recall(RecallQuery(text=text)).took_ms)
                stop.wait(0.02)

        asking = threading.Thread(target=ask)
        asking.start()
        phases: dict[str, float] = {}

        def note(progress: Progress) -> None:
            phases.setdefault(progress.phase, time.perf_counter() - started)

        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        started = time.perf_counter()
        summary = fabric.forget(
            ForgetSelector(project=PROJECT),
            is_dry_run=False,
            is_audited=True,
            report=note,
            check=lambda: None,
        )
        seconds = time.perf_counter() - started
        stop.set()
        asking.join()
        erasure = summary.erasure
        assert erasure is not None
        receipt = msgspec.json.decode(erasure.receipt)
        emit("erasure_s", seconds, "s", chunks=count, canaries=summary.items, state=erasure.state)
        emit("erasure_before_scan_s", phases["audit"], "s")
        emit("erasure_scan_cpu_s", resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - used, "s")
        places = receipt["places"].values()
        emit("erasure_scanned", sum(p["bytes"] for p in places) / 1e6, "MB", files=sum(p["files"] for p in places))
        looked = receipt["looked_for"]
        numbers = {name: looked[name] for name in ("patterns", "vectors", "terms", "silent")}
        emit("erasure_found", erasure.found, "patterns", **numbers)
        emit("erasure_left_by_plain_search", left(folder), "canaries")
        after = answers(fabric)
        same = [sum(a == b for a, b in zip(those, after, strict=True)) for those in (never, before)]
        emit("erasure_same_top10", same[0], "questions", of=QUESTIONS, as_with_canaries=same[1])
        emit("erasure_recall_meanwhile_p95_ms", percentile(took, 0.95), "ms", questions=len(took))
        fabric.close()


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:]] or [20_000]:
        measure(size)
