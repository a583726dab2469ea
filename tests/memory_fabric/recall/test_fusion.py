"""Fusion: parts, missing legs, order."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import ChunkId
from memory_fabric.recall.fusion import (
    Legs,
    Ranked,
    fuse_adaptive,
    fuse_rrf,
    fuse_single,
    fuse_weighted,
    recency_of,
)
from memory_fabric.recall.query import QueryPlan, plan_query
from memory_fabric.records import ChunkRow, RecallQuery, Signals, Weights
from tests.memory_fabric.rows import make_row

ROWS = [make_row(n) for n in range(1, 6)]
PLAIN = plan_query(RecallQuery(text="plain words only"))


def no_recency(_: ChunkRow) -> float:
    """Every row is as old as every other."""
    return 0.0


def scores(*values: float) -> dict[ChunkId, float]:
    """Return scores of the rows from 1 on."""
    return {ChunkId(n): value for n, value in enumerate(values, 1)}


def order(ranked: Sequence[object]) -> list[int]:
    """Return chunk ids, best first."""
    return [int(entry.row.id) for entry in ranked]  # type: ignore[attr-defined]  # any of the fusions' entries


def test_a_missing_dense_leg_gives_its_weight_to_terms() -> None:
    """Without vectors the order and the size of scores are those of terms alone."""
    legs = Legs(dense=None, sparse=scores(1.0, 5.0, 3.0, 0.0, 2.0))
    ranked = fuse_weighted(ROWS, legs, PLAIN, Weights(), no_recency)
    assert order(ranked) == [2, 3, 5, 1, 4]
    assert ranked[0].parts.dense is None
    assert ranked[0].score == pytest.approx(0.58 + 0.22 + 0.08 * 0.5)


def test_a_missing_sparse_leg_gives_its_weight_to_vectors() -> None:
    """Without terms the best vector gets the whole relevance."""
    legs = Legs(dense=scores(0.1, 0.2, 0.9, 0.3, 0.4), sparse=None)
    ranked = fuse_adaptive(ROWS, legs, PLAIN, lambda _: 0.0, no_recency)
    assert order(ranked)[0] == 3
    assert ranked[0].parts.sparse is None


def test_share_zero_is_the_order_of_terms() -> None:
    """A question that the model cannot read is ranked by terms, whatever the vectors say."""
    legs = Legs(dense=scores(0.9, 0.1, 0.2, 0.3, 0.4), sparse=scores(1.0, 5.0, 3.0, 0.5, 2.0))
    assert order(fuse_adaptive(ROWS, legs, PLAIN, lambda _: 0.0, no_recency)) == [2, 3, 5, 1, 4]


def test_share_one_is_the_order_of_vectors() -> None:
    """A full share is the order of cosines."""
    legs = Legs(dense=scores(0.9, 0.1, 0.2, 0.3, 0.4), sparse=scores(1.0, 5.0, 3.0, 0.5, 2.0))
    assert order(fuse_adaptive(ROWS, legs, PLAIN, lambda _: 1.0, no_recency)) == [1, 5, 4, 3, 2]


def test_recency_never_lifts_the_irrelevant_over_the_relevant() -> None:
    """In the adaptive score age modulates relevance and cannot replace it."""
    legs = Legs(dense=scores(0.9, 0.1), sparse=scores(9.0, 0.0))
    ranked = fuse_adaptive(ROWS[:2], legs, PLAIN, lambda _: 0.5, lambda row: 1.0 if row.id == 2 else 0.0)
    assert order(ranked) == [1, 2]


def test_rrf_counts_ranks_only() -> None:
    """Reciprocal ranks do not see how far apart the scores are, and first in both legs is 1."""
    legs = Legs(dense=scores(0.9, 0.89, 0.1, 0.05, 0.01), sparse=scores(100.0, 1.0, 0.9, 0.0, 0.0))
    ranked = fuse_rrf(ROWS, legs, PLAIN, no_recency)
    assert order(ranked)[:3] == [1, 2, 3]
    assert ranked[0].score == pytest.approx(1.0)


def test_one_leg_alone_can_be_asked_for() -> None:
    """`dense` and `sparse` rank by that leg and still show both parts."""
    legs = Legs(dense=scores(0.1, 0.9), sparse=scores(9.0, 1.0))
    assert order(fuse_single(ROWS[:2], legs, no_recency, is_dense=True)) == [2, 1]
    ranked = fuse_single(ROWS[:2], legs, no_recency, is_dense=False)
    assert order(ranked) == [1, 2]
    assert ranked[0].parts.dense == pytest.approx(0.0)


def test_ties_go_to_the_smaller_id() -> None:
    """Equal scores keep a stable order."""
    legs = Legs(dense=scores(*[0.5] * 5), sparse=scores(*[1.0] * 5))
    assert order(fuse_adaptive(ROWS, legs, PLAIN, lambda _: 0.5, no_recency)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("fuse", ["adaptive", "weighted", "rrf"])
def test_what_was_named_comes_before_what_scores_a_little_better(fuse: str) -> None:
    """Every fused strategy lifts the definition asked for; its score stays in the strategy's range."""
    named = plan_query(RecallQuery(text="words", signals=Signals(code_symbols=("Parser.read_all",))))
    rows = [make_row(n) for n in range(1, 13)]
    rows[9] = make_row(10, symbol="Parser.read_all", symbol_kind="method")
    legs = Legs(dense=scores(*[1.0 - n / 20 for n in range(12)]), sparse=scores(*[12.0 - n for n in range(12)]))

    def ranked(plan: QueryPlan) -> list[Ranked]:
        match fuse:
            case "adaptive":
                return fuse_adaptive(rows, legs, plan, lambda _: 0.5, no_recency)
            case "weighted":
                return fuse_weighted(rows, legs, plan, Weights(), no_recency)
            case _:
                return fuse_rrf(rows, legs, plan, no_recency)

    assert order(ranked(PLAIN)).index(10) == 9
    place = order(ranked(named)).index(10)
    assert place < 9
    assert ranked(named)[place].parts.boost == pytest.approx(0.3)
    assert all(entry.score <= 1.0 for entry in ranked(named))


def test_a_boost_fills_the_range_of_the_weights_and_no_more() -> None:
    """What a weighted sum can reach without a boost, it cannot exceed with one."""
    plan = plan_query(RecallQuery(text="words", signals=Signals(code_symbols=("read_all",))))
    rows = [make_row(1, symbol="read_all", symbol_kind="function"), make_row(2)]
    legs = Legs(dense=scores(0.9, 0.1), sparse=scores(9.0, 0.0))
    ranked = fuse_weighted(rows, legs, plan, Weights(dense=0.2, sparse=0.1, recency=0.0, quality=0.0), no_recency)
    assert ranked[0].score == pytest.approx(0.3)


def test_one_leg_alone_has_no_boost() -> None:
    """An ablation shows what it ranks by, and nothing that it does not."""
    ranked = fuse_single([make_row(1, symbol="read_all")], Legs(scores(0.5), scores(1.0)), no_recency, is_dense=True)
    assert ranked[0].parts.boost == 0.0


def test_recency_halves_after_each_half_life() -> None:
    """After two half-lives a quarter is left; the future counts as now."""
    row = make_row(1, timestamp_s=0.0)
    day_s = 86_400.0
    assert recency_of(row, 360 * day_s, 180.0) == pytest.approx(0.25)
    assert recency_of(make_row(1, timestamp_s=9e9), 0.0, 180.0) == 1.0


def test_what_has_no_date_is_neither_new_nor_old() -> None:
    """Unknown is not zero: a record without a date keeps half of its recency at any time."""
    row = msgspec.structs.replace(make_row(1, timestamp_s=0.0), is_dated=False)
    assert recency_of(row, 1.7e9, 180.0) == 0.5
    assert recency_of(row, 0.0, 180.0) == 0.5


finite = st.floats(-1.0, 1.0, allow_nan=False)


@given(
    dense=st.none() | st.dictionaries(st.integers(1, 5), finite, min_size=0, max_size=5),
    sparse=st.none() | st.dictionaries(st.integers(1, 5), st.floats(0.0, 1e6), min_size=0, max_size=5),
    share=st.floats(0.0, 1.0),
    recency=st.floats(0.0, 1.0),
)
def test_adaptive_scores_stay_between_zero_and_one(
    dense: dict[int, float] | None, sparse: dict[int, float] | None, share: float, recency: float
) -> None:
    """Whatever the legs give, scores are finite, 0..1, sorted, and every row is kept once."""
    legs = Legs(
        dense=None if dense is None else {ChunkId(k): v for k, v in dense.items()},
        sparse=None if sparse is None else {ChunkId(k): v for k, v in sparse.items()},
    )
    ranked = fuse_adaptive(ROWS, legs, PLAIN, lambda _: share, lambda _: recency)
    values = [entry.score for entry in ranked]
    assert all(math.isfinite(value) and 0.0 <= value <= 1.0 for value in values)
    assert values == sorted(values, reverse=True)
    assert sorted(order(ranked)) == [1, 2, 3, 4, 5]
