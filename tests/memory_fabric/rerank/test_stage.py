"""When the order may change, and what it may not change."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.config import RerankConfig
from memory_fabric.errors import ModelError
from memory_fabric.recall.fusion import Ranked
from memory_fabric.rerank.stage import RerankStage, is_decided
from tests.memory_fabric.rerank.parts import ranked


class Given:
    """A reranker whose scores a test has prepared; None is out of time, an error is raised."""

    name, share = "given", 1.0

    def __init__(self, scores: Sequence[float] | ModelError | None) -> None:
        self.scores = scores
        self.asked = 0

    def score(self, question: str, candidates: Sequence[Ranked], budget_s: float) -> list[float] | None:
        """Return what was prepared."""
        self.asked += 1
        if isinstance(self.scores, ModelError):
            raise self.scores
        return None if self.scores is None else list(self.scores)


def stage(given: Given | None, **config: float) -> RerankStage:
    """Return a stage with a reranker, or without one."""
    return RerankStage(RerankConfig(**config), lambda: (given, "" if given else "none is there"))  # type: ignore[arg-type]


def order(found: Sequence[Ranked]) -> list[int]:
    """Return ids in order."""
    return [int(one.row.id) for one in found]


NEAR = [ranked(1, "a", 0.9), ranked(2, "b", 0.85), ranked(3, "c", 0.8), ranked(4, "d", 0.1)]


def test_the_head_is_put_into_order_and_the_rest_stays_behind() -> None:
    """Scores fall along the new order, and each part tells what the second look said."""
    degraded: list[str] = []
    found = stage(Given([0.0, 1.0, 5.0]), candidates=3).apply("q", NEAR, degraded)
    assert order(found) == [3, 2, 1, 4]
    assert [one.score for one in found] == [0.9, 0.85, 0.8, 0.1]
    assert [one.parts.rerank for one in found] == [1.0, pytest.approx(0.2), 0.0, None]
    assert degraded == []


def test_a_rare_identifier_stays_first() -> None:
    """Whatever a model thinks of it."""
    named = ranked(2, "E_4711", 0.85, boost=1.0)
    found = stage(Given([9.0, 0.0, 5.0]), candidates=3).apply("q", [NEAR[0], named, NEAR[2]], [])
    assert order(found) == [2, 1, 3]


def test_what_is_decided_is_left_alone() -> None:
    """Nobody is asked, and nothing is degraded."""
    given, degraded = Given([0.0, 1.0]), list[str]()
    far = [ranked(1, "a", 0.9), ranked(2, "b", 0.5)]
    assert order(stage(given).apply("q", far, degraded)) == [1, 2]
    assert (given.asked, degraded) == (0, [])
    assert [is_decided(few, 0.25) for few in ([], far[:1], far, NEAR)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (Given(None), "no second look at the order: `given` was not done within 5 ms"),
        (Given(ModelError("the file is gone")), "no second look at the order: the file is gone"),
        (None, "no second look at the order: none is there"),
    ],
)
def test_the_first_order_stands_where_there_is_no_second(given: Given | None, reason: str) -> None:
    """And the reason is told."""
    degraded: list[str] = []
    assert stage(given).apply("q", NEAR, degraded) == NEAR
    assert degraded == [reason]


def test_a_wish_comes_before_the_configuration() -> None:
    """Off unless it is on or wished for."""
    off, on = stage(None), stage(None, is_on=True)
    assert [off.is_wanted(wish) for wish in (None, True, False)] == [False, True, False]
    assert [on.is_wanted(wish) for wish in (None, True, False)] == [True, True, False]


@given(scores=st.lists(st.floats(-5, 5), min_size=4, max_size=4))
def test_nothing_is_lost_or_doubled(scores: list[float]) -> None:
    """Whatever the scores are."""
    found = stage(Given(scores)).apply("q", NEAR, [])
    assert sorted(order(found)) == [1, 2, 3, 4]
    assert [one.score for one in found] == sorted((one.score for one in NEAR), reverse=True)
