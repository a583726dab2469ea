"""What every reranker offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from memory_fabric.recall.fusion import Ranked

__all__ = ["Reranker"]


class Reranker(Protocol):
    """Scores candidates of one question against each other. Implementations are thread-safe."""

    @property
    def name(self) -> str:
        """Name for people, e.g. that of the model."""

    @property
    def share(self) -> float:
        """Weight of its score beside the first stage's, 0..1; both are scaled over the candidates before."""

    def score(self, question: str, candidates: Sequence[Ranked], budget_s: float) -> list[float] | None:
        """Return a score for each candidate, larger is better; None when the time is over before all have one.

        Args:
            question: Its words.
            candidates: In the order of the first stage.
            budget_s: Seconds from now.
        """
