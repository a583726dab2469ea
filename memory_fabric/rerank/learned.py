"""The light reranker: a weighted sum of a dozen features, learned by `scripts/train_ranker.py`."""

from __future__ import annotations

import importlib.resources
import time
from collections.abc import Sequence
from functools import cache

import msgspec

from memory_fabric.errors import ModelError
from memory_fabric.recall.fusion import Ranked
from memory_fabric.rerank.features import FEATURES, features_of

__all__ = ["LearnedRanker", "RankWeights", "load_rank_weights"]

_FILE = "ranker.json"
_STEP = 5
"""Candidates between two looks at the clock: some tenths of a millisecond."""


class RankWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was learned."""

    weights: dict[str, float]


@cache
def load_rank_weights() -> RankWeights:
    """Return the shipped weights.

    Raises:
        ModelError: The file is missing or was changed by halves.
    """
    try:
        found = msgspec.json.decode((importlib.resources.files("models") / _FILE).read_bytes(), type=RankWeights)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ModelError(f"`models/{_FILE}` cannot be read: {error}", fix="reinstall Cairn") from error
    if found.weights.keys() != set(FEATURES):
        raise ModelError(f"`models/{_FILE}` does not weigh the features that there are", fix="reinstall Cairn")
    return found


class LearnedRanker:
    """A `Reranker` that reads no model.

    Args:
        weights: By the name of the feature.
    """

    name = "learned"
    share = 1.0
    """The first stage's score is one of its features."""

    def __init__(self, weights: RankWeights) -> None:
        self._weights = tuple(weights.weights[name] for name in FEATURES)

    def score(self, question: str, candidates: Sequence[Ranked], budget_s: float) -> list[float] | None:
        """Return a score for each candidate; None when the time is over before all have one."""
        ends = time.perf_counter() + budget_s
        rows: list[tuple[float, ...]] = []
        for features in features_of(question, candidates):
            rows.append(features)
            if len(rows) % _STEP == 0 and time.perf_counter() > ends:
                return None
        return [sum(w * value for w, value in zip(self._weights, row, strict=True)) for row in rows]
