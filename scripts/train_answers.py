"""Learn the weights of answers from the golden sets and one half of the answer set; report on the other half.

    python scripts/train_answers.py [MEMORY]      MEMORY keeps the indexed corpora between runs

Writes `models/answers.json` and prints one JSON line for each half: the shipped weights are learned on half 0, and half
1 is what they are judged by; the other way round shows how much that depends on the halves.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from memory_eval.answers import AnswerQuestion, AnswerReport, evaluate_answers, is_at, load_answer_set, spans_of
from memory_eval.corpora import corpus_folder
from memory_eval.golden import load_set
from memory_fabric.answer.answerer import Answerer, Reading
from memory_fabric.answer.features import CONFIDENCE, UNIT
from memory_fabric.answer.weights import AnswerWeights, Linear
from memory_fabric.config import EmbedConfig, MemoryConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.recall.retrieve import cite_of
from memory_fabric.records import RecallQuery

FILE = Path(__file__).resolve().parent.parent / "models" / "answers.json"
_SETS = ("cairn", "python-library", "russian")
_PENALTY = 0.3
"""Of squared weights; features are 0..1, so this keeps a weight of a few units only where many questions ask for it."""

_STEPS, _RATE, _CHOICE_PENALTY = 400, 0.1, 0.01
"""Of the descent; more steps change the third digit."""

Numbers = NDArray[np.float64]


def learn(rows: Numbers, labels: Numbers, shares: Numbers, names: Sequence[str]) -> Linear:
    """Return the logistic model of some rows by Newton's method.

    Args:
        rows: (n, d) features.
        labels: (n,) 1 or 0.
        shares: (n,) how much each row counts.
        names: d names.
    """
    x = np.hstack([rows, np.ones((len(rows), 1))])
    penalty = np.diag([_PENALTY] * rows.shape[1] + [1e-6])
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ w, -40, 40)))
        slope = x.T @ (shares * (p - labels)) + penalty @ w
        bend = (x * (shares * p * (1 - p))[:, None]).T @ x + penalty
        step = np.linalg.solve(bend, slope)
        w -= step
        if np.abs(step).max() < 1e-8:
            break
    return Linear(round(float(w[-1]), 4), {name: round(float(v), 4) for name, v in zip(names, w[:-1], strict=True)})


class Memories:
    """The corpora in one memory, asked with and without the text model."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.weights = msgspec.json.decode(FILE.read_bytes(), type=AnswerWeights)

    def fill(self) -> None:
        """Index what is not indexed yet."""
        with Opened(self._folder, MemoryConfig()) as fabric:
            for name in _SETS:
                golden = load_set(name)
                corpus = corpus_folder(golden.corpus)
                paths = [str(corpus / path) for path in golden.files if (corpus / path).exists()]
                fabric.index(paths, project=golden.corpus, report=lambda _: None, check=lambda: None)
            fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)

    def open(self, *, has_meaning: bool) -> Opened:
        """Return the memory."""
        embed = EmbedConfig() if has_meaning else EmbedConfig(model="")
        return Opened(self._folder, MemoryConfig(embed=embed))


class Opened:
    """A memory for as long as it is needed.

    Args:
        folder: Of the memory.
        config: With the text model or without.
    """

    def __init__(self, folder: Path, config: MemoryConfig) -> None:
        self._fabric = MemoryFabric.open(config, folder)

    def __enter__(self) -> MemoryFabric:
        self._fabric.start()
        self._fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)
        return self._fabric

    def __exit__(self, *_: object) -> None:
        self._fabric.close()


def questions(half: int) -> Iterator[tuple[AnswerQuestion, str]]:
    """Yield what is learned from: a question and the project that is asked.

    A question about one corpus that is asked of the other has no answer there, and is near enough to be hard.
    """
    for name in _SETS:
        golden = load_set(name)
        other = "python-library" if golden.corpus == "repository" else "repository"
        for q in golden.questions:
            base = AnswerQuestion(q.id, q.text, golden.language, golden.corpus, True, q.passages)
            yield base, ""
            yield msgspec.structs.replace(base, is_answerable=False, passages=()), other
    for question in load_answer_set():
        if question.half == half:
            yield question, ""


def read_all(fabric: MemoryFabric, weights: AnswerWeights, half: int) -> list[tuple[AnswerQuestion, Reading]]:
    """Return what is read for every question that is learned from."""
    answerer: Answerer = fabric.answerer(lambda: weights)
    return [
        (q, answerer.read(RecallQuery(text=q.text, project=project), check=lambda: None))
        for q, project in questions(half)
    ]


def choices(readings: list[tuple[AnswerQuestion, Reading]]) -> list[tuple[Numbers, NDArray[np.bool_]]]:
    """Return for each answerable question the features of its candidates, and which of them are right."""
    found = []
    for question, reading in readings:
        spans = spans_of(question)
        right = [
            is_at(msgspec.structs.replace(cite_of(c.row), line=c.unit.line_start, line_end=c.unit.line_end), spans)
            for c in reading.candidates
        ]
        if any(right) and not all(right):
            found.append((np.array([c.features for c in reading.candidates]), np.array(right)))
    return found


def learn_choice(groups: list[tuple[Numbers, NDArray[np.bool_]]], names: Sequence[str]) -> Linear:
    """Return the weights under which a right candidate is most likely to be chosen among all of its question.

    The bias is that of the mean right candidate, so that a value of 0 is an ordinary right answer.

    Source: McFadden 1974, conditional logit; the gradient follows Adam (Kingma & Ba 2015).
    """
    w, mean, square = (np.zeros(len(names)) for _ in range(3))
    for step in range(1, _STEPS + 1):
        slope = 2.0 * _CHOICE_PENALTY * w
        for rows, right in groups:
            values = rows @ w
            p = np.exp(values - values.max())
            slope += rows.T @ (p / p.sum() - np.where(right, p, 0.0) / p[right].sum()) / len(groups)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        w -= _RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-9)
    bias = -float(np.mean([(rows[right] @ w).max() for rows, right in groups]))
    return Linear(round(bias, 4), {name: round(float(v), 4) for name, v in zip(names, w, strict=True)})


def learn_kind(fabric: MemoryFabric, weights: AnswerWeights, half: int, kind: str) -> AnswerWeights:
    """Return the weights with those of one kind learned: of units first, then of the confidence in the best one."""
    readings = [(q, r) for q, r in read_all(fabric, weights, half) if r.has_meaning == (kind == "meaning")]
    weights = msgspec.structs.replace(weights, **{f"unit_{kind}": learn_choice(choices(readings), UNIT)})
    readings = [(question, reading.ranked(weights)) for question, reading in readings]
    rows = np.array([reading.features for _, reading in readings])
    labels = np.array([float(q.is_answerable) for q, _ in readings])
    # the hand-made questions without an answer are what people ask; those of the other corpus are only many
    asked = np.array([3.0 if q.id.startswith("ask-") else 1.0 for q, _ in readings])
    shares = np.where(labels == 1, asked / asked[labels == 1].sum(), asked / asked[labels == 0].sum()) * len(labels) / 2
    model = learn(rows, labels, shares, CONFIDENCE)
    scores = 1 / (1 + np.exp(-(rows @ np.array([model.weights[n] for n in CONFIDENCE]) + model.bias)))
    cuts = np.linspace(0.05, 0.95, 91)
    worth = [shares[(scores >= cut) == (labels == 1)].sum() for cut in cuts]
    best = float(np.mean(cuts[np.isclose(worth, max(worth))]))
    return msgspec.structs.replace(weights, **{f"answer_{kind}": model, f"threshold_{kind}": round(best, 3)})


def train(memories: Memories, half: int) -> AnswerWeights:
    """Return the weights that one half teaches."""
    weights = memories.weights
    with memories.open(has_meaning=False) as fabric:
        weights = learn_kind(fabric, weights, half, "words")
    with memories.open(has_meaning=True) as fabric:
        return learn_kind(fabric, weights, half, "meaning")


def judge(memories: Memories, weights: AnswerWeights, half: int, *, has_meaning: bool) -> AnswerReport:
    """Return what weights are worth on one half."""
    with memories.open(has_meaning=has_meaning) as fabric:
        answerer = fabric.answerer(lambda: weights)
        return evaluate_answers(
            [question for question in load_answer_set() if question.half == half],
            lambda text: answerer.ask(RecallQuery(text=text), most=3, check=lambda: None),
        )


def main() -> None:
    """Learn, judge, and write what is shipped."""
    with tempfile.TemporaryDirectory() as place:
        memories = Memories(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(place))
        memories.fill()
        for learned, judged in ((0, 1), (1, 0)):
            weights = train(memories, learned)
            if learned == 0:
                FILE.write_bytes(msgspec.json.format(msgspec.json.encode(weights), indent=2) + b"\n")
            for has_meaning in (True, False):
                for half in (judged, learned):
                    report = judge(memories, weights, half, has_meaning=has_meaning)
                    about = {"learned_on": learned, "judged_on": half, "has_meaning": has_meaning}
                    print(json.dumps({**about, **msgspec.to_builtins(report)}), flush=True)


if __name__ == "__main__":
    main()
