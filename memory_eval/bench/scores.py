"""Figures of ranked answers, at both granularities, with what must be said beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from memory_eval.bench.records import BenchRow, Question

__all__ = ["Answer", "figures_of", "rows_of"]

_CUTS = (5, 10, 20)
_RANK_CUT = 10


class Answer(msgspec.Struct, frozen=True):
    """A question and the ids of the documents that were found, best first, each once."""

    question: Question
    found: tuple[str, ...]


def figures_of(found: Sequence[str], gold: Mapping[str, float]) -> dict[str, float]:
    """Return the figures of one question.

    Args:
        found: Ids, best first, each once.
        gold: What answers it, with the gain of each; not empty.
    """
    figures: dict[str, float] = {}
    for cut in _CUTS:
        hits = sum(name in gold for name in found[:cut])
        figures[f"any@{cut}"] = float(hits > 0)
        figures[f"fraction@{cut}"] = hits / len(gold)
    gain = sum(gold.get(name, 0.0) / math.log2(place + 2) for place, name in enumerate(found[:_RANK_CUT]))
    best = sorted(gold.values(), reverse=True)[:_RANK_CUT]
    # gains as judged and not powers of two, as trec_eval has it
    figures[f"ndcg@{_RANK_CUT}"] = gain / sum(value / math.log2(place + 2) for place, value in enumerate(best))
    ranks = (1.0 / place for place, name in enumerate(found[:_RANK_CUT], 1) if name in gold)
    figures[f"mrr@{_RANK_CUT}"] = next(ranks, 0.0)
    return figures


def rows_of(answers: Sequence[Answer], *, unit: str, pool: str) -> list[BenchRow]:
    """Return rows for all questions and for each part: by document, then by session where sessions are marked.

    A session stands where its best document stands. What counts apart is in no row but that of its part.
    """
    rows: list[BenchRow] = []
    scored = [(answer, figures_of(answer.found, answer.question.gold)) for answer in answers if answer.question.gold]
    rows += _rows(scored, unit, pool)
    grouped = [
        (answer, figures_of(_sessions(answer.found), dict.fromkeys(answer.question.sessions, 1.0)))
        for answer in answers
        if answer.question.sessions
    ]
    return rows + _rows(grouped, "session", pool)


def _sessions(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name.partition("/")[0] for name in found))


def _rows(scored: Sequence[tuple[Answer, dict[str, float]]], granularity: str, pool: str) -> list[BenchRow]:
    parts = dict.fromkeys(answer.question.part for answer, _ in scored)
    groups = {"all": [figures for answer, figures in scored if not answer.question.is_apart]}
    if len(parts) > 1:
        for part in sorted(parts):
            groups[part or "(none)"] = [figures for answer, figures in scored if answer.question.part == part]
    return [BenchRow(part, granularity, pool, len(rows), _means(rows)) for part, rows in groups.items() if rows]


def _means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(sum(row[name] for row in rows) / len(rows), 4) for name in rows[0]}
