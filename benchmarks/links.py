"""Links over made-up code: neighbours, ways and maps with 100,000 fragments, and what names cost while indexing.

python -m benchmarks.links [FILES]      default 10000, ten fragments each
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.pipeline import emit
from memory_eval.metrics import percentile
from memory_fabric.config import EmbedConfig, MemoryConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.links.records import Place

QUESTIONS = 500
SYMBOLS = 10
_SEED = 11
_BODY = "    # " + "words that fill a fragment as a comment of some length does\n    # ".join([""] * 9) + "end\n"


def write_code(folder: Path, files: int) -> None:
    """Write Python modules whose imports and calls follow a power law, as those of real trees do."""
    rng = np.random.default_rng(_SEED)
    weights = 1.0 / np.arange(1, files + 1)
    weights /= weights.sum()
    for number in range(files):
        place = folder / f"p{number // 100}"
        place.mkdir(parents=True, exist_ok=True)
        (place / "__init__.py").touch()
        used = sorted({int(n) for n in rng.choice(files, size=8, p=weights)} - {number})
        lines = [f"from p{n // 100}.m{n} import work_{n}_{n % SYMBOLS}\n" for n in used]
        for symbol in range(SYMBOLS):
            calls = "".join(f"    work_{n}_{n % SYMBOLS}(value)\n" for n in used if rng.random() < 0.4)
            own = f"    work_{number}_{(symbol + 1) % SYMBOLS}(value)\n    value.close()\n    value.settle_{symbol}()\n"
            lines.append(f"\n\ndef work_{number}_{symbol}(value):\n{_BODY}{calls}{own}    return value\n")
        (place / f"m{number}.py").write_text("".join(lines))


def run(files: int) -> None:
    """Print index rate, then latencies."""
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / "tree"
        write_code(tree, files)
        config = MemoryConfig(embed=EmbedConfig(model=""))
        fabric = MemoryFabric.open(config, Path(place) / "memory")
        fabric.start()
        started = time.perf_counter()
        summary = fabric.index([str(tree)], project="bench", report=lambda _: None, check=lambda: None)
        seconds = time.perf_counter() - started
        emit("links_index_chunks_per_s", summary.chunks / seconds, "chunks/s", chunks=summary.chunks)
        rng = np.random.default_rng(_SEED + 1)
        chosen = [int(n) for n in rng.integers(0, files, QUESTIONS)]
        paths = [Place(path=str(tree / f"p{n // 100}" / f"m{n}.py")) for n in chosen]
        symbols = [Place(symbol=f"work_{n}_{n % SYMBOLS}") for n in chosen]
        hubs = [Place(path=str(tree / "p0" / f"m{n}.py")) for n in range(100)]
        for name, places in (("file", paths), ("symbol", symbols), ("hub", hubs)):
            took = []
            for one in places:
                begun = time.perf_counter()
                fabric.graph.related(one)
                took.append((time.perf_counter() - begun) * 1e3)
            for share in (0.5, 0.95, 0.99):
                emit(
                    f"links_related_{name}_p{share * 100:.0f}_ms", percentile(took, share), "ms", chunks=summary.chunks
                )
        begun = time.perf_counter()
        fabric.graph.repo_map(str(tree), budget_tokens=1_024, check=lambda: None)
        emit("links_map_first_s", time.perf_counter() - begun, "s", chunks=summary.chunks)
        begun = time.perf_counter()
        fabric.graph.repo_map(str(tree), budget_tokens=1_024, check=lambda: None)
        emit("links_map_again_s", time.perf_counter() - begun, "s", chunks=summary.chunks)
        begun = time.perf_counter()
        fabric.graph.path_between(paths[0], paths[1], most_steps=12, check=lambda: None)
        emit("links_path_s", time.perf_counter() - begun, "s", chunks=summary.chunks)
        fabric.close()


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
