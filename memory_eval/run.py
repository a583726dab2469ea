"""Running a golden set against a memory and printing what it is worth."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from memory_eval.golden import GoldenSet, Passage
from memory_eval.metrics import mrr_at, ndcg_at, percentile, recall_at
from memory_fabric.records import Cite, RecallQuery, RecallResult

__all__ = ["EvalResult", "Recall", "Span", "evaluate", "locate"]

Recall = Callable[[RecallQuery], RecallResult]


class EvalResult(msgspec.Struct, frozen=True):
    """Quality and latency over one set; names as on the wire."""

    set: str
    queries: int
    recall_5: float = msgspec.field(name="recall@5")
    recall_10: float = msgspec.field(name="recall@10")
    recall_20: float = msgspec.field(name="recall@20")
    ndcg_10: float = msgspec.field(name="ndcg@10")
    mrr_10: float = msgspec.field(name="mrr@10")
    p50_ms: float
    p95_ms: float
    p99_ms: float
    regressed: bool = False
    degraded: tuple[str, ...] = ()
    """Why answers were less than they could be, each reason once."""


class Span(msgspec.Struct, frozen=True):
    """A passage as lines of a file, 1-based and inclusive."""

    path: str
    line_start: int
    line_end: int


def locate(passage: Passage, corpus: Path) -> Span | None:
    """Return where a passage stands now, or None when its words are gone or stand in several places."""
    path = (corpus / passage.path).resolve()
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    words = [re.escape(word) for word in passage.contains.split()]
    matches = list(re.finditer(r"\s+".join(words), text))
    if len(matches) != 1:
        return None
    start, end = matches[0].span()
    return Span(str(path), text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 1)


def evaluate(
    golden: GoldenSet,
    corpus: Path,
    recall: Recall,
    *,
    project: str,
    k: int = 20,
    strategy: str = "adaptive",
    on_question: Callable[[int], None] = lambda _: None,
) -> EvalResult:
    """Ask every question and compare what comes back with the passages.

    Args:
        golden: The set.
        corpus: Where its files lie.
        recall: Answers a query.
        project: Where the corpus is filed.
        k: Results asked for, at least 20.
        strategy: Of the recall.
        on_question: Called with the number of questions done.
    """
    rows: list[tuple[float, float, float, float, float]] = []
    latencies: list[float] = []
    degraded: dict[str, None] = {}
    for number, question in enumerate(golden.questions, 1):
        spans = [span for passage in question.passages if (span := locate(passage, corpus)) is not None]
        query = RecallQuery(text=question.text, project=project, k=max(k, 20), strategy=strategy)  # type: ignore[arg-type]  # validated by the caller
        result = recall(query)
        latencies.append(result.took_ms)
        degraded |= dict.fromkeys(result.degraded)
        found = [_covered(hit.cite, spans) for hit in result.items]
        wanted = max(len(question.passages), 1)
        recalls = (recall_at(5, found, wanted), recall_at(10, found, wanted), recall_at(20, found, wanted))
        rows.append((*recalls, ndcg_at(10, found, wanted), mrr_at(10, found)))
        on_question(number)
    means = [round(sum(column) / len(rows), 4) for column in zip(*rows, strict=True)] if rows else [0.0] * 5
    return EvalResult(
        set=golden.name,
        queries=len(rows),
        recall_5=means[0],
        recall_10=means[1],
        recall_20=means[2],
        ndcg_10=means[3],
        mrr_10=means[4],
        p50_ms=round(percentile(latencies, 0.50), 3),
        p95_ms=round(percentile(latencies, 0.95), 3),
        p99_ms=round(percentile(latencies, 0.99), 3),
        degraded=tuple(degraded),
    )


def _covered(cite: Cite, spans: Sequence[Span]) -> frozenset[int]:
    """Return the numbers of the spans that the cited lines touch."""
    return frozenset(
        number
        for number, span in enumerate(spans)
        if cite.path == span.path and cite.line <= span.line_end and cite.line_end >= span.line_start
    )
