"""Running a benchmark: its documents become records of a memory of their own, its questions are asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from memory_eval.bench import beir, jsonl, locomo, longmemeval
from memory_eval.bench.records import BenchReport, Case, Question, Shape
from memory_eval.bench.scores import Answer, rows_of
from memory_eval.errors import BenchError
from memory_eval.metrics import percentile
from memory_fabric.operations import IngestRecord
from memory_fabric.records import RecallQuery, RecallResult

__all__ = ["FORMATS", "Corpus", "ask", "load"]

FORMATS = ("longmemeval", "locomo", "beir", "jsonl")

_DEPTH = 100
"""Fragments asked for. Sessions are counted by their turns, and ten of them need many turns."""

_MARK = "jsonl:"


def load(name: str, paths: Sequence[Path], *, split: str, keys: Sequence[Path], limit: int) -> Corpus:
    """Return a benchmark of one of the `FORMATS`.

    Args:
        name: Of the format.
        paths: Files or folders.
        split: Which judgements of BEIR.
        keys: Corrected keys of LoCoMo.
        limit: Pools that are looked at; 0 for all.

    Raises:
        BenchError: There is no such format, or it has no such option.
    """
    if keys and name != "locomo":
        raise BenchError("only `locomo` has corrected keys", field="keys")
    match name:
        case "longmemeval":
            shape, found = longmemeval.SHAPE, longmemeval.cases(paths)
        case "locomo":
            shape, found = locomo.SHAPE, locomo.cases(paths, keys)
        case "beir":
            shape, found = beir.SHAPE, beir.cases(paths, split or "test")
        case "jsonl":
            shape, found = jsonl.SHAPE, jsonl.cases(paths)
        case _:
            raise BenchError(f"no format `{name}`", field="format", fix=f"one of {', '.join(FORMATS)}")
    return Corpus(shape, islice(found, limit) if limit else found)


class Corpus:
    """A benchmark on its way into a memory: what is asked is known when the records have been taken.

    Args:
        shape: What must be said beside its figures.
        cases: Its pools, read one by one.
    """

    def __init__(self, shape: Shape, cases: Iterable[Case]) -> None:
        self.shape = shape
        self._cases = cases
        self.questions: list[Question] = []
        self.counted: Counter[str] = Counter()
        self.pools = 0
        self.documents = 0

    def records(self) -> Iterator[IngestRecord]:
        """Yield every document as a record of its pool's project."""
        for case in self._cases:
            self.questions += case.questions
            self.counted.update(case.counted)
            self.pools += bool(case.documents)
            for one in case.documents:
                if not one.text.strip():
                    continue
                self.documents += 1
                yield IngestRecord(one.id, one.text, one.timestamp, case.pool, one.title, one.modality, one.language)


def ask(
    corpus: Corpus, recall: Callable[[RecallQuery], RecallResult], *, strategy: str, on_question: Callable[[int], None]
) -> BenchReport:
    """Ask every question of a benchmark whose records are searchable.

    Args:
        corpus: With its records taken.
        recall: Answers a query.
        strategy: Of the recall.
        on_question: Called with the number of questions done.

    Raises:
        BenchError: There is nothing to ask.
    """
    if not corpus.questions:
        raise BenchError("the files hold no question that something answers")
    answers: list[Answer] = []
    latencies: list[float] = []
    degraded: dict[str, None] = {}
    for number, question in enumerate(corpus.questions, 1):
        query = RecallQuery(text=question.text, project=question.pool, k=_DEPTH, strategy=strategy)  # type: ignore[arg-type]  # validated by the caller
        result = recall(query)
        latencies.append(result.took_ms)
        degraded |= dict.fromkeys(result.degraded)
        start = len(f"{_MARK}{question.pool}/")
        found = dict.fromkeys(hit.cite.uri[start:] for hit in result.items)
        answers.append(Answer(question, tuple(found)))
        on_question(number)
    shape = corpus.shape
    return BenchReport(
        bench=shape.name,
        strategy=strategy,
        pools=corpus.pools,
        documents=corpus.documents,
        questions=len(answers),
        counted=dict(corpus.counted),
        rows=tuple(rows_of(answers, unit=shape.unit, pool=shape.pool)),
        depth=_DEPTH,
        p50_ms=round(percentile(latencies, 0.50), 3),
        p95_ms=round(percentile(latencies, 0.95), 3),
        notes=shape.notes,
        degraded=tuple(degraded),
    )
