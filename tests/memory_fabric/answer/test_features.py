"""What speaks for a sentence."""

from __future__ import annotations

import pytest

from memory_fabric.answer.features import UNIT, Evidence, candidates_of, confidence_features, with_cosine
from memory_fabric.answer.terms import asked_terms
from memory_fabric.recall.retrieve import cite_of
from memory_fabric.records import ChunkRow, Hit, ScoreParts
from tests.memory_fabric.rows import make_row

ASKED = asked_terms("how many kettles whistle", {"kettl": 5, "whistl": 2}, 100)


def hit(row: ChunkRow, score: float = 1.0) -> Hit:
    """Return a hit of a row."""
    return Hit(row.item_id, score, ScoreParts(), row.text[:20], cite_of(row), row.modality, "p", row.id)


def test_a_sentence_is_measured_by_its_own_words_its_names_and_its_neighbours() -> None:
    """The parts do not overlap: context and neighbours add to what the sentence holds itself."""
    row = make_row(1, "# Kettles\n\nThree of them whistle. Kettles stay warm.")
    first, second = candidates_of([hit(row)], {row.id: row}, ASKED)
    of = dict(zip(UNIT, first.features, strict=True))
    assert first.unit.text == "Three of them whistle."
    assert of["cover"] == pytest.approx(ASKED.weights["whistl"])
    assert of["context"] == of["around"] == pytest.approx(ASKED.weights["kettl"])
    assert (of["number"], of["rarest"], of["first"], of["cosine"], of["prior"], of["rank"]) == (1, 1, 1, 0, 1, 1)
    assert dict(zip(UNIT, second.features, strict=True))["rarest"] == 0


def test_words_that_stand_together_count() -> None:
    """Far apart they may be about different things."""
    near = make_row(1, "Our kettles whistle loudly.")
    far = make_row(2, "Our kettles are made of steel and copper and the birds outside whistle.")
    rows = {near.id: near, far.id: far}
    values = [one.features[UNIT.index("near")] for one in candidates_of([hit(near), hit(far)], rows, ASKED)]
    assert values == [pytest.approx(1.0), 0.0]


def test_a_fragment_that_was_forgotten_meanwhile_is_left_out() -> None:
    """Its hit has no row any more."""
    row = make_row(1, "Kettles whistle.")
    assert candidates_of([hit(row)], {}, ASKED) == []


def test_a_cosine_is_put_in_its_place() -> None:
    """A negative one says nothing."""
    row = make_row(1, "Kettles whistle.")
    (one,) = candidates_of([hit(row)], {row.id: row}, ASKED)
    place = UNIT.index("cosine")
    assert with_cosine(one, 0.5).features[place] == 0.5
    assert with_cosine(one, -0.5).features[place] == 0.0
    assert with_cosine(one, 0.5).features[:place] == one.features[:place]


def test_confidence_in_nothing() -> None:
    """No candidate: everything that would speak for an answer is 0."""
    assert set(confidence_features(None, 0.0, ASKED, Evidence(0.0, 0.0, has_rarest=False))[:8]) == {0.0, 1.0}
