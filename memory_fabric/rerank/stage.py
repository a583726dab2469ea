"""When a second look is worth it, how long it may take, and what its order may change."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec
import structlog

from foundation.errors import CairnError
from memory_fabric.config import RerankConfig
from memory_fabric.recall.fusion import Ranked
from memory_fabric.rerank.base import Reranker

__all__ = ["RerankStage", "is_decided"]

log = structlog.get_logger(__name__)

_NAMED = 1.0
"""Boost of a fragment that holds a rare identifier of the question: nothing may come before it but another one."""


def is_decided(ranked: Sequence[Ranked], margin: float) -> bool:
    """Return whether the first stage leaves no doubt: one candidate, or one far before the next.

    Args:
        ranked: Best first.
        margin: Share of the best score that the second must fall short by.
    """
    if len(ranked) < 2:
        return True
    first, second = ranked[0].score, ranked[1].score
    return first > 0.0 and (first - second) / first >= margin


class RerankStage:
    """Puts the head of a ranking into a better order, within a hard budget of time. Thread-safe.

    Args:
        config: Ranking's section of the configuration.
        find: Returns the reranker, or None and why there is none; called at the first use.
    """

    def __init__(self, config: RerankConfig, find: Callable[[], tuple[Reranker | None, str]]) -> None:
        self._config = config
        self._find = find
        self._found: tuple[Reranker | None, str] | None = None

    def is_wanted(self, wish: bool | None) -> bool:
        """Return whether a question is to be looked at twice; without a wish the configuration decides."""
        return self._config.is_on if wish is None else wish

    def apply(self, question: str, ranked: list[Ranked], degraded: list[str]) -> list[Ranked]:
        """Return the candidates with the head in a better order; in the same order where that cannot be had.

        Args:
            question: Its words.
            ranked: By the first stage, best first.
            degraded: Told why the order is that of the first stage, unless that is sure of it.
        """
        head = ranked[: self._config.candidates]
        if is_decided(head, self._config.margin):
            return ranked
        ends = time.perf_counter() + self._config.budget_ms / 1e3
        if self._found is None:
            self._found = self._find()
        reranker, reason = self._found
        if reranker is None:
            degraded.append(f"no second look at the order: {reason}")
            return ranked
        try:
            scores = reranker.score(question, head, ends - time.perf_counter())
        except CairnError as error:
            log.warning("rerank_failed", reranker=reranker.name, error=type(error).__name__)
            degraded.append(f"no second look at the order: {error.message}")
            return ranked
        if scores is None:
            ms = f"{self._config.budget_ms:g} ms"
            degraded.append(f"no second look at the order: `{reranker.name}` was not done within {ms}")
            return ranked
        return [*_reordered(head, scores, reranker.share), *ranked[len(head) :]]


def _reordered(head: Sequence[Ranked], scores: Sequence[float], share: float) -> list[Ranked]:
    """Return the head by both scores.

    INVARIANT: the scores of the first stage are dealt out anew along the new order, so that they still fall from the
    first candidate to the last, and those behind the head stay below; a rare identifier stays before all else.
    """
    second, first = _scaled(scores), _scaled([candidate.score for candidate in head])
    worth = [share * b + (1.0 - share) * a for a, b in zip(first, second, strict=True)]
    order = sorted(range(len(head)), key=lambda at: (head[at].parts.boost < _NAMED, -worth[at], at))
    falling = sorted((candidate.score for candidate in head), reverse=True)
    return [
        Ranked(head[at].row, score, msgspec.structs.replace(head[at].parts, rerank=second[at]))
        for at, score in zip(order, falling, strict=True)
    ]


def _scaled(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 1.0 for value in values]
