"""Learn the weights of the light reranker, and tell on held-out folds whether it is worth anything.

    python scripts/train_ranker.py MEMORIES FOLDER…

MEMORIES keeps the indexed corpora between runs; each FOLDER is a development set (`docs.jsonl.gz`, `queries.jsonl.gz`,
`qrels.json.gz`); the shipped golden sets are always there. Writes `models/ranker.json` and prints one JSON line a set:
nDCG@10 of the first stage, and of the learned order on questions that it was not learned from (five folds).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.ablation import load, rows
from memory_eval.answers import is_at
from memory_eval.corpora import corpus_folder
from memory_eval.golden import load_set
from memory_eval.metrics import ndcg_at
from memory_eval.run import Span, locate
from memory_fabric.config import MemoryConfig, RerankConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.recall.fusion import Ranked
from memory_fabric.recall.retrieve import cite_of
from memory_fabric.records import RecallQuery
from memory_fabric.rerank.features import FEATURES, features_of
from memory_fabric.rerank.stage import RerankStage, is_decided

FILE = Path(__file__).resolve().parent.parent / "models" / "ranker.json"
GOLDEN = ("cairn", "python-library", "russian")
_FOLDS, _STEPS, _RATE, _PENALTY = 5, 300, 0.1, 0.01
_CONFIG = RerankConfig(is_on=True, candidates=20, budget_ms=60_000, margin=1.0)

Numbers = NDArray[np.float64]


class Case(msgspec.Struct, frozen=True):
    """One question: its candidates and which passages each covers."""

    features: Numbers
    found: tuple[frozenset[int], ...]
    wanted: int
    is_decided: bool

    def ndcg(self, order: Sequence[int]) -> float:
        """Return the worth of an order."""
        return ndcg_at(10, [self.found[at] for at in order], self.wanted)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Return which candidates cover anything."""
        return np.array([bool(covered) for covered in self.found])


class _Recorder:
    """A reranker that only looks."""

    name, share = "recorder", 1.0

    def __init__(self) -> None:
        self.seen: list[Ranked] = []

    def score(self, question: str, candidates: Sequence[Ranked], budget_s: float) -> None:
        """Remember what the first stage gave."""
        self.seen = list(candidates)


def cases(
    fabric: MemoryFabric, questions: Iterator[tuple[str, str, Callable[[Ranked], frozenset[int]], int]]
) -> list[Case]:
    """Return every question with its candidates."""
    recorder = _Recorder()
    # there is no other door: what ships never shows its candidates
    fabric._retriever._rerank = RerankStage(_CONFIG, lambda: (recorder, ""))
    found = []
    for text, project, covers, wanted in questions:
        recorder.seen = []
        fabric.recall(RecallQuery(text=text, project=project, rerank=True))
        if len(recorder.seen) > 1:
            features = np.array(list(features_of(text, recorder.seen)))
            covered = tuple(covers(one) for one in recorder.seen)
            found.append(Case(features, covered, wanted, is_decided(recorder.seen, RerankConfig().margin)))
    return found


def golden_questions(name: str) -> Iterator[tuple[str, str, Callable[[Ranked], frozenset[int]], int]]:
    """Yield the questions of a golden set."""
    golden = load_set(name)
    corpus = corpus_folder(golden.corpus)
    for question in golden.questions:
        spans = [span for passage in question.passages if (span := locate(passage, corpus)) is not None]

        def covers(one: Ranked, spans: list[Span] = spans) -> frozenset[int]:
            return frozenset(n for n, span in enumerate(spans) if is_at(cite_of(one.row), [span]))

        yield question.text, golden.corpus, covers, max(len(question.passages), 1)


def set_questions(folder: Path) -> Iterator[tuple[str, str, Callable[[Ranked], frozenset[int]], int]]:
    """Yield the questions of a development set."""
    truth = next(rows(folder / "qrels.json.gz"))
    for row in rows(folder / "queries.jsonl.gz"):
        names = {f"jsonl:{row['project']}/{name}": number for number, name in enumerate(truth[row["id"]])}

        def covers(one: Ranked, names: dict[str, int] = names) -> frozenset[int]:
            return frozenset({names[one.row.uri]} if one.row.uri in names else ())

        yield row["text"], row["project"], covers, len(names)


def learn(groups: Sequence[tuple[Numbers, NDArray[np.bool_], float]]) -> Numbers:
    """Return the weights under which a right candidate is most likely to be chosen among all of its question.

    Args:
        groups: Features, which are right, and how much the question counts.

    Source: McFadden 1974, conditional logit; the gradient follows Adam (Kingma & Ba 2015).
    """
    w, mean, square = (np.zeros(len(FEATURES)) for _ in range(3))
    total = sum(share for *_, share in groups)
    for step in range(1, _STEPS + 1):
        slope = 2.0 * _PENALTY * w
        for x, right, share in groups:
            values = x @ w
            p = np.exp(values - values.max())
            slope += share / total * (x.T @ (p / p.sum() - np.where(right, p, 0.0) / p[right].sum()))
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        w -= _RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-9)
    return w


def learned_from(sets: dict[str, list[Case]], is_in: Callable[[int], bool]) -> Numbers:
    """Return the weights of the chosen questions; each set counts the same."""
    groups = []
    for of_set in sets.values():
        chosen = [case for n, case in enumerate(of_set) if is_in(n) and 0 < case.right.sum() < len(case.right)]
        groups += [(case.features, case.right, 1.0 / len(chosen)) for case in chosen]
    return learn(groups)


def _is_other(fold: int, number: int) -> bool:
    return number % _FOLDS != fold


def order_of(case: Case, w: Numbers) -> list[int]:
    """Return the order that the stage would give."""
    plain = list(range(len(case.found)))
    if case.is_decided:
        return plain
    boost = case.features[:, FEATURES.index("boost")]
    values = case.features @ w
    return sorted(plain, key=lambda at: (boost[at] < 1.0, -values[at], at))


def main() -> None:
    """Collect, learn by folds, tell, and write what all questions teach."""
    home = Path(sys.argv[1])
    sets: dict[str, list[Case]] = {}
    for folder in map(Path, sys.argv[2:]):
        fabric = MemoryFabric.open(MemoryConfig(), home / folder.name)
        fabric.start()
        load(fabric, folder)
        sets[folder.name] = cases(fabric, set_questions(folder))
        fabric.close()
    fabric = MemoryFabric.open(MemoryConfig(), home / "golden")
    fabric.start()
    for golden in map(load_set, GOLDEN):
        corpus = corpus_folder(golden.corpus)
        paths = [str(corpus / path) for path in golden.files if (corpus / path).exists()]
        fabric.index(paths, project=golden.corpus, report=lambda _: None, check=lambda: None)
    fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)
    for name in GOLDEN:
        sets[name] = cases(fabric, golden_questions(name))
    fabric.close()
    folds = [learned_from(sets, partial(_is_other, fold)) for fold in range(_FOLDS)]
    for name, of_set in sets.items():
        before = [case.ndcg(range(len(case.found))) for case in of_set]
        after = [case.ndcg(order_of(case, folds[n % _FOLDS])) for n, case in enumerate(of_set)]
        gain = np.array(after) - np.array(before)
        line = {
            "set": name,
            "questions": len(of_set),
            "decided": round(float(np.mean([case.is_decided for case in of_set])), 3),
            "ndcg@10": round(float(np.mean(before)), 4),
            "reranked": round(float(np.mean(after)), 4),
            "gain": round(float(gain.mean()), 4),
            "standard_error": round(float(gain.std(ddof=1) / len(gain) ** 0.5), 4),
        }
        print(json.dumps(line), flush=True)
    shipped = learned_from(sets, lambda _: True)
    weights = {name: round(float(value), 4) for name, value in zip(FEATURES, shipped, strict=True)}
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode({"weights": weights}), indent=2) + b"\n")


if __name__ == "__main__":
    main()
