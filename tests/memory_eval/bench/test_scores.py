"""Figures, worked out by hand."""

from __future__ import annotations

import math

import pytest

from memory_eval.bench.records import Question
from memory_eval.bench.scores import Answer, figures_of, rows_of

SECOND, THIRD = 1 / math.log2(3), 1 / math.log2(4)


def test_any_and_fraction_differ() -> None:
    """One of two answers among the first five is all for the one, and half for the other."""
    figures = figures_of(["x", "a", "y", "z", "w", "b"], {"a": 1.0, "b": 1.0})
    assert (figures["any@5"], figures["fraction@5"], figures["fraction@10"]) == (1.0, 0.5, 1.0)
    assert figures["mrr@10"] == 0.5
    assert figures["ndcg@10"] == pytest.approx((SECOND + 1 / math.log2(7)) / (1 + SECOND))


def test_gains_count_as_judged() -> None:
    """Linear, the best order as the whole."""
    assert figures_of(["b", "a"], {"a": 2.0, "b": 1.0})["ndcg@10"] == pytest.approx((1 + 2 * SECOND) / (2 + SECOND))


def test_nothing_found_is_zero() -> None:
    """Nothing is divided by what was found, and the eleventh counts for no rank."""
    assert set(figures_of([], {"a": 1.0}).values()) == {0.0}
    late = figures_of([f"x{n}" for n in range(10)] + ["a"], {"a": 1.0})
    assert (late["any@20"], late["any@10"], late["ndcg@10"], late["mrr@10"]) == (1.0, 0.0, 0.0, 0.0)


def test_more_answers_than_places_can_be_perfect() -> None:
    """Of twelve answers ten fit."""
    gold = {f"a{n}": 1.0 for n in range(12)}
    assert figures_of(list(gold), gold)["ndcg@10"] == pytest.approx(1.0)


def test_rows_tell_what_they_count() -> None:
    """Parts, granularity, pool and n; a session stands where its best turn stands; adversarial ones are apart."""
    answers = [
        Answer(Question("one", "p", "easy", {"2/1": 1.0}, ("2",)), ("1/0", "1/1", "2/7", "2/1")),
        Answer(Question("two", "p", "hard", {"1/0": 1.0}, ("1",)), ("1/0",)),
        Answer(Question("three", "p", "adversarial", {"1/0": 1.0}, ("1",), is_apart=True), ()),
        Answer(Question("four", "p", "easy", {}, ("9",)), ("9/0",)),
    ]
    rows = {(row.granularity, row.part): row for row in rows_of(answers, unit="turn", pool="one conversation")}
    assert {key: row.n for key, row in rows.items()} == {
        ("turn", "all"): 2,
        ("turn", "adversarial"): 1,
        ("turn", "easy"): 1,
        ("turn", "hard"): 1,
        ("session", "all"): 3,
        ("session", "adversarial"): 1,
        ("session", "easy"): 2,
        ("session", "hard"): 1,
    }
    assert rows["turn", "easy"].figures["mrr@10"] == 0.25
    assert rows["session", "easy"].figures["mrr@10"] == 0.75
    assert rows["turn", "all"].figures["mrr@10"] == 0.625
    assert rows["turn", "adversarial"].figures["any@5"] == 0.0
    assert {row.pool for row in rows.values()} == {"one conversation"}


def test_one_part_is_no_part() -> None:
    """Rows that repeat the first are not given."""
    answer = Answer(Question("one", "p", "only", {"1": 1.0}), ("1",))
    assert [(row.part, row.granularity) for row in rows_of([answer], unit="document", pool="x")] == [
        ("all", "document")
    ]
