"""A chat export, from bytes to fragments: how fast, and how much memory beside the bytes themselves."""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.pipeline import emit
from memory_fabric.config import IngestConfig
from memory_fabric.ingest.drafts import draft_document
from memory_fabric.ingest.opening import read_regular
from memory_fabric.ingest.readers.factory import read_bytes

MEGABYTES = (30, 100)
TURNS = 12
WORDS = "memory graph question answer river house code запись вопрос ответ дом река код".split()


def conversation(number: int, chance: random.Random) -> dict[str, object]:
    """Return a conversation as ChatGPT exports it: short questions, long answers, and all that stands around them."""
    mapping: dict[str, object] = {"root": {"id": "root", "message": None, "parent": None, "children": []}}
    parent = "root"
    for turn in range(TURNS):
        name, is_question = f"{number}-{turn}", turn % 2 == 0
        message = {
            "id": name,
            "author": {"role": "user" if is_question else "assistant", "name": None, "metadata": {}},
            "create_time": 1.7e9 + number * 1_000 + turn,
            "content": {
                "content_type": "text",
                "parts": [" ".join(chance.choices(WORDS, k=30 if is_question else 250))],
            },
            "status": "finished_successfully",
            "weight": 1.0,
            "metadata": {
                "model_slug": "m",
                "finish_details": {"type": "stop", "stop_tokens": [1]},
                "parent_id": parent,
            },
            "recipient": "all",
        }
        mapping[name] = {"id": name, "message": message, "parent": parent, "children": []}
        parent = name
    return {"title": f"Talk {number}", "mapping": mapping, "current_node": parent, "conversation_id": f"c{number}"}


def write_export(path: Path, size_bytes: int) -> None:
    """Write an export of about so many bytes, as its program does: in one line, everything escaped."""
    chance = random.Random(7)
    number = size = 0
    with path.open("w") as file:
        file.write("[")
        while size < size_bytes:
            size += file.write((", " if number else "") + json.dumps(conversation(number, chance)))
            number += 1
        file.write("]")


def measure(path: Path) -> None:
    """Read and cut one export; in a process of its own, as the peak of memory is that of a whole life."""
    limits = IngestConfig(max_file_bytes=2**31)
    read_bytes("warm.json", b'[{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]', limits)
    before_mb = _peak_mb()
    started = time.perf_counter()
    data = read_regular(str(path), limits.max_file_bytes)
    documents = read_bytes(path.name, data, limits)
    read_s = time.perf_counter() - started
    drafts = [draft_document(one, str(path), project="p", limits=limits, fallback_time_s=0.0) for one in documents]
    cut_s = time.perf_counter() - started
    megabytes, chunks = len(data) / 1e6, sum(len(draft.chunks) for draft in drafts)
    emit("chat_export_read_mb_per_s", megabytes / read_s, "MB/s", megabytes=round(megabytes), items=len(documents))
    emit("chat_export_read_cut_chunks_per_s", chunks / cut_s, "chunks/s", chunks=chunks)
    emit("chat_export_peak_memory_over_size", (_peak_mb() - before_mb) / megabytes, "x")


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run() -> None:
    """Write each export and measure it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve() / "conversations.json"
        for megabytes in MEGABYTES:
            write_export(path, megabytes * 1_000_000)
            subprocess.run([sys.executable, "-m", "benchmarks.chats", str(path)], check=True)


if __name__ == "__main__":
    measure(Path(sys.argv[1])) if sys.argv[1:] else run()
