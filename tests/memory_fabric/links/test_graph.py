"""Ranks and ways over graphs that fit on a page."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.links.graph import Edge, LinkGraph


def _edge(src: int, dst: int, *, line: int = 0, weight: float = 1.0, is_sure: bool = True) -> Edge:
    return Edge(src, dst, "calls", 1, "", line, weight, is_sure)


def _graph(*edges: Edge, size: int = 5, commits: tuple[int, ...] = ()) -> LinkGraph:
    return LinkGraph([10 * n for n in range(size)], edges, commits)


def test_rank_flows_to_what_is_used() -> None:
    """All ranks together are 1; who is used by two outranks who is used by one."""
    ranks = _graph(_edge(0, 2), _edge(1, 2), _edge(1, 3), size=4).ranks()
    assert ranks.sum() == pytest.approx(1.0)
    assert np.argmax(ranks) == 2
    assert ranks[3] > ranks[0] == pytest.approx(ranks[1])


def test_two_nodes_have_the_known_ranks() -> None:
    """One link between two: 1/(2+d) and (1+d)/(2+d) with d = .85, as the damped walk gives by hand."""
    ranks = _graph(_edge(0, 1), size=2).ranks()
    assert ranks == pytest.approx([1 / 2.85, 1.85 / 2.85], abs=1e-5)


def test_focus_draws_the_ranks_to_itself() -> None:
    """And to what it uses."""
    graph = _graph(_edge(0, 1), _edge(2, 3), size=4)
    ranks = graph.ranks({20: 1.0})
    assert ranks[2] > ranks[0] == ranks[1] == 0.0
    assert ranks[3] > 0.3


def test_commits_have_no_standing() -> None:
    """They touch files by the hundred and must not vote."""
    graph = _graph(_edge(4, 0), _edge(1, 2), commits=(4,))
    assert graph.ranks()[4] == 0.0
    assert max(graph.standing(), key=graph.standing().__getitem__) == 20
    assert 40 not in graph.standing()


def test_symbols_share_the_rank_of_their_users() -> None:
    """By how often they are used."""
    graph = _graph(_edge(0, 1, line=5, weight=3.0), _edge(0, 1, line=9, weight=1.0), size=2)
    found = graph.symbol_ranks(graph.ranks())
    assert found[10, 5] == pytest.approx(3 * found[10, 9])


def test_nothing_has_no_ranks() -> None:
    """Neither a graph without items nor one without links fails."""
    assert LinkGraph([], [], []).ranks().size == 0
    assert LinkGraph([], [], []).standing() == {}
    assert _graph(size=3).standing() == {}
    assert _graph(size=3).ranks() == pytest.approx([1 / 3] * 3)


def test_a_sure_way_comes_before_a_shorter_guess() -> None:
    """And a guess before a commit."""
    graph = _graph(
        _edge(0, 3, is_sure=False), _edge(0, 1), _edge(2, 1), _edge(2, 3), _edge(4, 0), _edge(4, 3), commits=(4,)
    )
    sure = graph.way(0, 30, most_steps=12)
    assert sure is not None
    assert [forward for _, forward in sure] == [True, False, True]
    guessed = graph.way(0, 30, most_steps=2)
    assert guessed is not None
    assert len(guessed) == 1
    only = _graph(_edge(4, 0), _edge(4, 3), commits=(4,)).way(0, 30, most_steps=12)
    assert only is not None
    assert [(e.src, forward) for e, forward in only] == [(4, False), (4, True)]


def test_no_way_is_none() -> None:
    """Too long, cut off, or from nowhere."""
    graph = _graph(_edge(0, 1), _edge(1, 2))
    assert graph.way(0, 20, most_steps=1) is None
    assert graph.way(0, 40, most_steps=12) is None
    assert graph.way(7, 0, most_steps=12) is None


_EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.floats(0.01, 9.0)), max_size=40)


@given(_EDGES)
def test_ranks_are_a_distribution(pairs: list[tuple[int, int, float]]) -> None:
    """Whatever the links: no rank is negative, and none is lost."""
    graph = _graph(*(_edge(a, b, weight=w) for a, b, w in pairs if a != b), size=8)
    ranks = graph.ranks()
    assert ranks.min() >= 0
    assert ranks.sum() == pytest.approx(1.0)
    assert all(0 < value <= 1 for value in graph.standing().values())
