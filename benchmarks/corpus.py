"""Text for benchmarks: sentences with the word frequencies of real prose, the same for every run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["clustered_vectors", "queries", "texts", "write_tree"]

_WORDS = 30_000
_SEED = 7


def _vocabulary() -> list[str]:
    rng = np.random.default_rng(_SEED)
    syllables = [c + v for c in "bcdfghklmnprstvz" for v in "aeiou"]
    return list(dict.fromkeys("".join(rng.choice(syllables, rng.integers(1, 5))) for _ in range(_WORDS * 2)))[:_WORDS]


def texts(count: int, words: int = 110, seed: int = 1) -> Iterator[str]:
    """Yield `count` texts of about `words` words, Zipf-distributed."""
    rng = np.random.default_rng(seed)
    vocabulary = np.array(_vocabulary())
    weights = 1.0 / np.arange(1, len(vocabulary) + 1)
    weights /= weights.sum()
    for start in range(0, count, 1_000):
        size = min(1_000, count - start)
        for row in rng.choice(len(vocabulary), size=(size, words), p=weights):
            yield " ".join(vocabulary[row])


def queries(count: int, seed: int = 2) -> list[str]:
    """Return questions of three to eight words: one frequent, the others less so."""
    rng = np.random.default_rng(seed)
    vocabulary = _vocabulary()
    found = []
    for _ in range(count):
        rare = rng.integers(50, len(vocabulary), size=rng.integers(2, 8))
        found.append(" ".join([vocabulary[rng.integers(0, 50)], *(vocabulary[i] for i in rare)]))
    return found


def clustered_vectors(count: int, dimension: int, seed: int = 3) -> NDArray[np.float32]:
    """Return (count, dimension) float32 unit vectors in 1,000 clusters, as embeddings of real text are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(1_000, dimension)).astype(np.float32)
    vectors = centres[rng.integers(0, 1_000, count)] + 0.7 * rng.normal(size=(count, dimension)).astype(np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def write_tree(folder: Path, files: int, chunks_a_file: int = 10) -> None:
    """Write Markdown files of about `chunks_a_file` thousand characters each."""
    source = texts(files * chunks_a_file)
    for number in range(files):
        place = folder / f"d{number // 100}"
        place.mkdir(parents=True, exist_ok=True)
        sections = (f"## Section {n}\n\n{next(source)}.\n" for n in range(chunks_a_file))
        (place / f"f{number}.md").write_text(f"# File {number}\n\n" + "\n".join(sections))
