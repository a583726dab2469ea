"""Indexing rate, search latency, memory and relevance of the term indexes, one JSON line a figure.

    python benchmarks/term_index.py                    rate and latency at 100,000 chunks
    python benchmarks/term_index.py --short 1000000    the same with short documents
    python benchmarks/term_index.py --sets FOLDER...   relevance on folders with docs, queries and qrels

Texts are cut from the sources and documentation of the running Python installation: real words, real frequencies.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import re
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from foundation.ids import ChunkId
from memory_fabric.config import SparseConfig
from memory_fabric.index.sparse.base import SparseDoc, TermIndex
from memory_fabric.index.sparse.factory import open_term_index
from memory_fabric.ingest.language import natural_language
from memory_fabric.records import Filters

CHUNK_CHARS = 800
STEP = 2_000
FLUSH_EVERY = 20_000


def emit(name: str, value: float, unit: str, **about: object) -> None:
    """Print one figure."""
    print(json.dumps({"name": f"term_index.{name}", "value": round(value, 4), "unit": unit, **about}), flush=True)


def texts(chars: int) -> Iterator[tuple[str, str]]:
    """Yield paths and fragments of Python's own library, again and again."""
    roots = [Path(sysconfig.get_paths()["stdlib"]), Path(sysconfig.get_paths()["purelib"])]
    files = sorted({path for root in roots for path in root.rglob("*.py")})
    random.Random(7).shuffle(files)
    while True:
        for path in files:
            text = path.read_text(encoding="utf-8", errors="ignore")
            for start in range(0, len(text) - chars // 2, chars):
                yield str(path), text[start : start + chars]


def documents(count: int, chars: int) -> list[SparseDoc]:
    """Return `count` chunks with the fields that real ones have."""
    found = []
    for number, (path, text) in zip(range(1, count + 1), texts(chars), strict=False):
        symbol = match[1] if (match := re.search(r"def (\w+)", text)) else ""
        context = f"{Path(path).stem} {symbol}"
        project = f"project{number % 5}"
        found.append(SparseDoc(ChunkId(number), text, context, symbol, path, project, "code", "python", float(number)))
    return found


def questions(docs: list[SparseDoc], count: int) -> list[str]:
    """Return questions of 3 to 8 words that stand together in a text, common words included."""
    chance = random.Random(11)
    found: list[str] = []
    while len(found) < count:
        words = re.findall(r"\w+", chance.choice(docs).text)
        length = chance.randint(3, 8)
        if len(words) > length:
            start = chance.randrange(len(words) - length)
            found.append(" ".join(words[start : start + length]))
    return found


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of all do not exceed."""
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def measure_indexing(index: TermIndex, docs: list[SparseDoc], **about: object) -> None:
    """Write everything, flushing as the daemon does."""
    process = psutil.Process()
    cpu, started = process.cpu_times(), time.perf_counter()
    for start in range(0, len(docs), STEP):
        index.upsert(docs[start : start + STEP])
        if (start + STEP) % FLUSH_EVERY == 0:
            index.flush()
    index.flush()
    took = time.perf_counter() - started
    spent = process.cpu_times()
    cpu_s = spent.user + spent.system - cpu.user - cpu.system
    emit("indexing", len(docs) / took, "chunks/s", **about)
    emit("indexing_one_core", len(docs) / cpu_s, "chunks per processor second", **about)
    started = time.perf_counter()
    index.optimize()
    emit("optimize", time.perf_counter() - started, "s", segments=index.stats().segments, **about)
    emit("disk", index.stats().disk_bytes / len(docs), "bytes/chunk", **about)


def measure_search(index: TermIndex, docs: list[SparseDoc], **about: object) -> None:
    """Time searches of several kinds, and filling in missing scores."""
    asked = questions(docs, 400)
    common = ["if self is not None return the value", "import os and return a list of str", "def get self name value"]
    kinds: dict[str, tuple[list[str], Filters]] = {
        "words_3_to_8": (asked, Filters()),
        "common_words": (common * 30, Filters()),
        "one_project": (asked, Filters(projects=("project1",))),
        "since": (asked, Filters(since_s=len(docs) / 2)),
    }
    for name, (queries, filters) in kinds.items():
        took = []
        for query in queries:
            started = time.perf_counter()
            index.search(query, 100, filters=filters)
            took.append((time.perf_counter() - started) * 1e3)
        emit(f"search_p50.{name}", percentile(took, 0.5), "ms", k=100, **about)
        emit(f"search_p95.{name}", percentile(took, 0.95), "ms", k=100, **about)
    took = []
    chance = random.Random(13)
    for query in asked[:200]:
        ids = [ChunkId(chance.randint(1, len(docs))) for _ in range(200)]
        started = time.perf_counter()
        index.score(query, ids)
        took.append((time.perf_counter() - started) * 1e3)
    emit("score_200_p50", percentile(took, 0.5), "ms", **about)
    emit("score_200_p95", percentile(took, 0.95), "ms", **about)


def measure_relevance(backend: SparseConfig, folder: Path) -> None:
    """Measure nDCG@10 and recall@20 of a set: docs.jsonl.gz, queries.jsonl.gz, qrels.json.gz."""
    lines = [
        [json.loads(line) for line in gzip.decompress((folder / f"{name}.jsonl.gz").read_bytes()).splitlines()]
        for name in ("docs", "queries")
    ]
    qrels = json.loads(gzip.decompress((folder / "qrels.json.gz").read_bytes()))
    docs = [set_document(number, record, folder.name) for number, record in enumerate(lines[0], 1)]
    with tempfile.TemporaryDirectory() as place:
        index = open_term_index(backend, Path(place) / "index")
        index.upsert(docs)
        index.flush()
        gain = recall = 0.0
        for query in lines[1]:
            wanted = set(qrels.get(query["id"], ()))
            hits = index.search(query["text"], 20, filters=Filters(projects=(query["project"],)))
            found = [lines[0][hit.id - 1]["id"] for hit in hits]
            best = sum(1 / math.log2(i + 2) for i in range(min(10, len(wanted))))
            if wanted:
                gain += sum(1 / math.log2(i + 2) for i, doc in enumerate(found[:10]) if doc in wanted) / best
                recall += len(wanted & set(found)) / len(wanted)
        index.close()
    emit("ndcg@10", gain / len(qrels), "", set=folder.name, backend=backend.backend)
    emit("recall@20", recall / len(qrels), "", set=folder.name, backend=backend.backend)


def set_document(number: int, record: dict[str, str], name: str) -> SparseDoc:
    """Return a set's record as a chunk: code when it defines a function, turns when the set is of conversations."""
    text = record["text"]
    definition = re.match(r"\s*(?:async )?def (\w+)", text)
    symbol = definition[1] if definition else ""
    modality = "code" if definition else "conversation" if name.startswith("conversation") else "text"
    language = "python" if definition else natural_language(text)
    context = symbol or record.get("title", "")
    return SparseDoc(ChunkId(number), text, context, symbol, "", record["project"], modality, language, 0.0)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=("tantivy", "fts5"), default="tantivy")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--short", type=int, default=0, help="so many documents of 120 characters instead")
    parser.add_argument("--sets", type=Path, nargs="*", default=[])
    asked = parser.parse_args()
    config = SparseConfig(backend=asked.backend)
    if asked.sets:
        for folder in asked.sets:
            measure_relevance(config, folder)
        return
    count, chars = (asked.short, 120) if asked.short else (asked.count, CHUNK_CHARS)
    docs = documents(count, chars)
    about = {"backend": asked.backend, "corpus": f"{count} of {chars} characters"}
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as place:
        index = open_term_index(config, Path(place) / "index")
        before = process.memory_info().rss
        measure_indexing(index, docs, **about)
        emit("rss_growth_at_rest", (process.memory_info().rss - before) / 2**20, "MiB", **about)
        measure_search(index, docs, **about)
        started = time.perf_counter()
        stored = sum(1 for _ in index.ids())
        emit("ids", time.perf_counter() - started, "s", stored=stored, **about)
        started = time.perf_counter()
        index.close()
        emit("close", time.perf_counter() - started, "s", **about)


if __name__ == "__main__":
    main()
