"""Every fusion strategy on golden or development sets: is the adaptive one as good as the best of the others?

    python -m benchmarks.ablation FOLDER…     folders with docs.jsonl.gz, queries.jsonl.gz, qrels.json.gz

Prints one JSON line a set and strategy. A set is imported into a memory of its own, with the shipped configuration.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from memory_eval.metrics import mrr_at, ndcg_at, recall_at
from memory_fabric.config import MemoryConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.operations import IngestRecord
from memory_fabric.records import RecallQuery

STRATEGIES = ("dense", "sparse", "weighted", "rrf", "adaptive")


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def measure(folder: Path, strategies: tuple[str, ...] = STRATEGIES) -> None:
    """Import one set and print the figures of each strategy."""
    with tempfile.TemporaryDirectory() as place:
        fabric = MemoryFabric.open(MemoryConfig(), Path(place))
        fabric.start()
        try:
            load(fabric, folder)
            for strategy in strategies:
                print(
                    json.dumps({"set": folder.name, "strategy": strategy, **score(fabric, folder, strategy)}),
                    flush=True,
                )
        finally:
            fabric.close()


def load(fabric: MemoryFabric, folder: Path) -> None:
    """Import the documents and wait until they can be found by meaning."""
    records = (
        IngestRecord(id=row["id"], text=row["text"], project=row["project"], timestamp=row.get("timestamp", ""))
        for row in rows(folder / "docs.jsonl.gz")
    )
    fabric.ingest(records, project="", report=lambda _: None, check=lambda: None)
    fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)


def score(fabric: MemoryFabric, folder: Path, strategy: str) -> dict[str, float]:
    """Return the means over all queries."""
    truth = next(rows(folder / "qrels.json.gz"))
    sums = {"ndcg@10": 0.0, "recall@20": 0.0, "mrr@10": 0.0}
    for row in rows(folder / "queries.jsonl.gz"):
        wanted = {name: number for number, name in enumerate(truth[row["id"]])}
        query = RecallQuery(text=row["text"], project=row["project"], k=20, strategy=strategy)  # type: ignore[arg-type]
        hits = fabric.recall(query).items
        names = [hit.cite.uri.removeprefix(f"jsonl:{row['project']}/") for hit in hits]
        found = [frozenset({wanted[name]} if name in wanted else ()) for name in dict.fromkeys(names)]
        sums["ndcg@10"] += ndcg_at(10, found, len(wanted))
        sums["recall@20"] += recall_at(20, found, len(wanted))
        sums["mrr@10"] += mrr_at(10, found)
    return {name: round(value / len(truth), 4) for name, value in sums.items()}


if __name__ == "__main__":
    for name in sys.argv[1:]:
        measure(Path(name))
