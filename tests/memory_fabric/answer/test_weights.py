"""The shipped weights are whole and say what one would expect."""

from __future__ import annotations

import pytest

from memory_fabric.answer.features import CONFIDENCE, UNIT
from memory_fabric.answer.weights import Linear, load_weights


def test_the_shipped_weights_know_every_feature() -> None:
    """And no others: those are refused when they are loaded."""
    weights = load_weights()
    for model, names in (
        (weights.unit_words, UNIT),
        (weights.unit_meaning, UNIT),
        (weights.answer_words, CONFIDENCE),
        (weights.answer_meaning, CONFIDENCE),
    ):
        assert model.weights.keys() == set(names)


@pytest.mark.parametrize("has_meaning", [True, False])
def test_more_of_the_question_is_a_better_answer(has_meaning: bool) -> None:
    """Nothing stays below the threshold, everything passes it."""
    weights = load_weights()
    none, whole = (0.0,) * len(CONFIDENCE), (1.0,) * len(CONFIDENCE)
    threshold = weights.threshold(has_meaning=has_meaning)
    assert weights.confidence(none, has_meaning=has_meaning) < threshold
    assert weights.confidence(whole, has_meaning=has_meaning) > threshold
    place = UNIT.index("cover")
    low, high = ([0.0] * place + [cover] + [0.0] * (len(UNIT) - place - 1) for cover in (0.2, 0.9))
    assert weights.unit_score(high, has_meaning=has_meaning) > weights.unit_score(low, has_meaning=has_meaning)


def test_a_sum_is_its_bias_and_its_parts() -> None:
    """A feature without a weight counts nothing."""
    assert Linear(1.0, {"a": 2.0}).value(("a", "b"), (3.0, 5.0)) == 7.0
