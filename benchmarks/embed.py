"""How fast, how small and how exact the text embedder is; JSON lines on standard output.

Usage: python -m benchmarks.embed [--sets FOLDER] [--rounds N]

Texts are this repository's own. What is compared takes turns, and the fastest round
counts, so that other work on the machine disturbs all alike. `--sets` names a folder of retrieval sets, each with
`docs.jsonl.gz`, `queries.jsonl.gz` and `qrels.json.gz`; the formats of the weights are then compared by nDCG@10.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from memory_eval.metrics import ndcg_at, percentile
from memory_fabric.config import EmbedConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.embed.factory import find_embedder
from memory_fabric.embed.manifest import ModelManifest, Quantisation
from memory_fabric.embed.onnx_text import OnnxTextEmbedder, batches
from memory_fabric.embed.quantize import SCHEMES
from memory_fabric.embed.session import padded

ROOT = Path(__file__).parent.parent
WINDOW = 256
BATCH_SIZES = (1, 4, 8, 16, 32)

MEMORY = """
import json, psutil, sys
from memory_fabric.embed.factory import find_embedder
from memory_fabric.config import EmbedConfig
process, found = psutil.Process(), {}
def note(name): found[name] = round(process.memory_info().rss / 1e6, 1)
embedder = find_embedder(EmbedConfig()).embedder
texts = json.load(sys.stdin)
note("before")
embedder.embed_query("warm up"); note("loaded")
embedder.embed(texts); note("after_1000_texts")
embedder.unload(); note("unloaded")
print(json.dumps(found))
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the text embedder.")
    parser.add_argument("--sets", type=Path, default=None, help="folder of retrieval sets")
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args(arguments)
    embedder = find_embedder(EmbedConfig()).embedder
    if not isinstance(embedder, OnnxTextEmbedder):
        sys.exit("the default text model is not there: run `make setup`")
    texts = repository_texts()
    emit("pipeline_over_bare_session", **pipeline(embedder, texts, chosen.rounds))
    emit("query_latency", **queries(embedder))
    emit("memory_mb", **memory(texts))
    with tempfile.TemporaryDirectory() as folder:
        variants = dict(all_schemes(embedder, Path(folder)))
        for scheme, figures in speeds(variants, texts, chosen.rounds).items():
            emit("scheme_speed", scheme=scheme, **figures)
        for row in exactness(variants, texts):
            emit("scheme_exactness", **row)
        for path in sorted(chosen.sets.iterdir()) if chosen.sets else ():
            if path.is_dir():
                for row in quality(variants, path):
                    emit("scheme_quality", **row)


def emit(name: str, **figures: object) -> None:
    """Print one line."""
    print(json.dumps({"benchmark": f"embed.{name}", **figures}), flush=True)


def repository_texts() -> list[str]:
    """Return 1,000 pieces of this repository's code and documents, 20 to 1,200 characters long."""
    files = sorted(path for kind in ("*.py", "*.md") for path in ROOT.glob(f"*/**/{kind}") if ".venv" not in path.parts)
    pieces = [piece.strip()[:1200] for path in files for piece in path.read_text("utf-8").split("\n\n")]
    long_enough = [piece for piece in pieces if len(piece) >= 20]
    return [long_enough[at * len(long_enough) // 1000] for at in range(1000)]


def fastest(actions: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the least time of each action in seconds; they take turns."""
    best = dict.fromkeys(actions, float("inf"))
    for _ in range(rounds):
        for name, action in actions.items():
            started = time.perf_counter()
            action()
            best[name] = min(best[name], time.perf_counter() - started)
    return best


def pipeline(embedder: OnnxTextEmbedder, texts: Sequence[str], rounds: int) -> dict[str, object]:
    """Compare `embed` with the bare session on batches that are ready before the clock starts."""
    sample = list(texts[::8])
    tokenizer, session = embedder._loaded_tokenizer(), embedder._loaded_session()
    rows = tokenizer.encode(sample)
    calls = [[rows[at] for at in call] for call in batches([len(row) for row in rows], 8, 1024)]
    feeds = [dict(zip(("input_ids", "attention_mask"), padded(call), strict=True)) for call in calls]
    bare = session._session

    def run_bare() -> None:
        for feed in feeds:
            bare.run(None, feed)

    best = fastest({"bare": run_bare, "embed": lambda: embedder.embed(sample)}, rounds)
    return {
        "texts": len(sample),
        "tokens": sum(map(len, rows)),
        "bare_per_s": round(len(sample) / best["bare"], 1),
        "embed_per_s": round(len(sample) / best["embed"], 1),
        "ratio": round(best["embed"] / best["bare"], 4),
    }


def queries(embedder: OnnxTextEmbedder, count: int = 400) -> dict[str, object]:
    """Measure new questions of about 16 tokens, a repeated one, and the language test."""
    took: list[float] = []
    again: list[float] = []
    language: list[float] = []
    for at in range(count):
        text = f"how does the daemon read the file {at} of the journal after a crash"
        for times, action in (
            (took, embedder.embed_query),
            (again, embedder.embed_query),
            (language, embedder.fertility),
        ):
            started = time.perf_counter()
            action(text)
            times.append(time.perf_counter() - started)
    return {
        "p50_ms": round(percentile(took, 0.5) * 1e3, 2),
        "p95_ms": round(percentile(took, 0.95) * 1e3, 2),
        "repeated_p50_us": round(percentile(again, 0.5) * 1e6, 1),
        "fertility_p50_us": round(percentile(language, 0.5) * 1e6, 1),
    }


def memory(texts: Sequence[str]) -> dict[str, object]:
    """Measure resident memory of a fresh process and the time of its steps."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], input=json.dumps(texts), capture_output=True, text=True, check=True, cwd=ROOT
    )
    return {**json.loads(done.stdout), "took_s": round(time.perf_counter() - started, 2)}


def all_schemes(embedder: OnnxTextEmbedder, folder: Path) -> Iterator[tuple[str, OnnxTextEmbedder]]:
    """Yield the model in every format of its weights, built anew."""
    manifest: ModelManifest = embedder._manifest
    (folder / "source").symlink_to((embedder._folder / "source").resolve())
    for scheme in SCHEMES:
        smoothing = manifest.quantisation.smoothing if scheme == "token8" else {}
        variant = msgspec.structs.replace(manifest, quantisation=Quantisation(scheme, smoothing))
        made = OnnxTextEmbedder(variant, folder)
        started = time.perf_counter()
        made.embed_query("build")
        built = time.perf_counter() - started
        made.unload()
        started = time.perf_counter()
        made.embed_query("load")
        size = next((folder / "built").glob(f"{scheme}-*.onnx")).stat().st_size
        loaded = time.perf_counter() - started
        emit("scheme_files", scheme=scheme, mb=round(size / 1e6, 1), build_s=round(built, 2), load_s=round(loaded, 2))
        yield scheme, made


def speeds(variants: Mapping[str, OnnxTextEmbedder], texts: Sequence[str], rounds: int) -> dict[str, dict[str, object]]:
    """Measure fragments of 256 tokens by batch size, and texts of mixed lengths."""
    whole = " ".join(texts)
    full = next(iter(variants.values()))._loaded_tokenizer().encode([whole])[0]
    sample = list(texts[::25])
    actions: dict[str, Callable[[], object]] = {}
    for scheme, made in variants.items():
        session = made._loaded_session()
        for size in BATCH_SIZES:
            actions[f"{scheme} {size}"] = partial(session.run, [full] * size)
        actions[f"{scheme} mixed"] = partial(made.embed, sample)
    best = fastest(actions, rounds)
    return {
        scheme: {
            "full_window_per_s": {str(size): round(size / best[f"{scheme} {size}"], 1) for size in BATCH_SIZES},
            "mixed_per_s": round(len(sample) / best[f"{scheme} mixed"], 1),
        }
        for scheme in variants
    }


def exactness(variants: Mapping[str, OnnxTextEmbedder], texts: Sequence[str]) -> Iterator[dict[str, object]]:
    """Compare with float32, and a text alone with the same text in a batch."""
    sample = list(texts[::10])
    exact = variants["fp32"].embed(sample)
    for scheme, made in variants.items():
        found = made.embed(sample)
        alone = np.concatenate([made.embed([text]) for text in sample])
        cosines = (found * exact).sum(axis=1)
        yield {
            "scheme": scheme,
            "cosine_mean": round(float(cosines.mean()), 5),
            "cosine_min": round(float(cosines.min()), 5),
            "alone_to_batch_min": round(float((found * alone).sum(axis=1).min()), 6),
        }


def quality(variants: Mapping[str, OnnxTextEmbedder], folder: Path) -> Iterator[dict[str, object]]:
    """Rank by exact search within each project, and compare nDCG@10 with float32 question by question."""
    docs, questions = read_lines(folder / "docs.jsonl.gz"), read_lines(folder / "queries.jsonl.gz")
    wanted: dict[str, list[str]] = json.loads(gzip.decompress((folder / "qrels.json.gz").read_bytes()))
    questions = [question for question in questions if question["id"] in wanted]
    exact: list[float] = []
    for scheme, made in variants.items():
        vectors = made.embed([doc["text"] for doc in docs])
        asked = made.embed([question["text"] for question in questions])
        gains = [
            gain(vector, vectors, docs, question, wanted[question["id"]])
            for question, vector in zip(questions, asked, strict=True)
        ]
        exact = exact or gains
        shift = np.array(gains) - np.array(exact)
        yield {
            "set": folder.name,
            "scheme": scheme,
            "ndcg@10": round(float(np.mean(gains)), 4),
            "to_fp32": round(float(shift.mean()), 4),
            "standard_error": round(float(shift.std() / np.sqrt(len(shift))), 4),
        }


def gain(
    vector: Vectors,
    vectors: Vectors,
    docs: Sequence[Mapping[str, str]],
    question: Mapping[str, str],
    wanted: Sequence[str],
) -> float:
    """Return nDCG@10 of one question."""
    scores = vectors @ vector
    best = (int(at) for at in np.argsort(-scores) if docs[at].get("project") == question.get("project"))
    numbers = {name: at for at, name in enumerate(wanted)}
    first = [docs[at]["id"] for at, _ in zip(best, range(10), strict=False)]
    return ndcg_at(10, [frozenset({numbers[name]} if name in numbers else ()) for name in first], len(numbers))


def read_lines(path: Path) -> list[dict[str, str]]:
    """Return the documents of a packed JSON Lines file."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


if __name__ == "__main__":
    main()
