"""Metrics against values worked out by hand, and their bounds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_eval.metrics import mrr_at, ndcg_at, percentile, recall_at

A, B, NONE = frozenset({0}), frozenset({1}), frozenset[int]()


def test_values_by_hand() -> None:
    """Two passages, found at places 2 and 4."""
    found = [NONE, A, NONE, B]
    assert recall_at(5, found, 2) == 1.0
    assert recall_at(2, found, 2) == 0.5
    assert mrr_at(10, found) == 0.5
    ideal = 1 / math.log2(2) + 1 / math.log2(3)
    assert ndcg_at(10, found, 2) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)


def test_a_passage_gains_once() -> None:
    """A second result over the same passage adds nothing."""
    assert ndcg_at(10, [A, A], 1) == 1.0
    assert ndcg_at(10, [A, A], 2) == ndcg_at(10, [A, NONE], 2)


def test_percentiles_are_values_that_occurred() -> None:
    """Nearest rank, no interpolation."""
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.95) == 4.0
    assert percentile([], 0.5) == 0.0


@given(st.lists(st.frozensets(st.integers(0, 3)), max_size=25), st.integers(4, 6))
def test_metrics_stay_between_zero_and_one(found: list[frozenset[int]], wanted: int) -> None:
    """And more results never lower recall."""
    assert 0.0 <= ndcg_at(10, found, wanted) <= 1.0
    assert recall_at(5, found, wanted) <= recall_at(20, found, wanted) <= 1.0
