"""The light reranker: what it looks at, and that it keeps its time."""

from __future__ import annotations

from memory_fabric.config import RerankConfig
from memory_fabric.rerank.factory import find_reranker
from memory_fabric.rerank.features import FEATURES, features_of
from memory_fabric.rerank.learned import LearnedRanker, load_rank_weights
from tests.memory_fabric.rerank.parts import ranked

ALIKE = [ranked(1, "the chair stands in the hall", 0.9), ranked(2, "the kettle boils the water", 0.9)]


def test_shipped_weights_know_every_feature() -> None:
    """And what holds the question comes first among equals."""
    assert load_rank_weights().weights.keys() == set(FEATURES)
    scores = LearnedRanker(load_rank_weights()).score("kettle boils water", ALIKE, 60.0)
    assert scores is not None
    assert scores[1] > scores[0]


def test_features_are_shares() -> None:
    """Words that stand together, words at the beginning, all of them."""
    first, second = (dict(zip(FEATURES, row, strict=True)) for row in features_of("kettle boils water", ALIKE))
    assert (first["text"], second["text"], second["early"]) == (0.0, 1.0, 1.0)
    assert second["near"] > 0.5
    assert (first["rank"], second["rank"]) == (1.0, 0.5)
    assert second["code_text"] == second["talk_text"] == 0.0


def test_no_time_is_no_answer() -> None:
    """The first stage's order stands then."""
    assert LearnedRanker(load_rank_weights()).score("kettle", ALIKE * 10, -1.0) is None


def test_it_is_found_by_its_name_and_none_by_no_name() -> None:
    """As the configuration says."""
    assert isinstance(find_reranker(RerankConfig(), threads=1)[0], LearnedRanker)
    assert find_reranker(RerankConfig(model=""), threads=1) == (None, "no reranker is configured")
