"""Retrieval metrics over ranked answers and passages that prove the answer.

A passage that several results cover counts once; a result that covers no new passage gains nothing. With one passage
a document this is the usual definition.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["mrr_at", "ndcg_at", "percentile", "recall_at"]


def recall_at(k: int, found: Sequence[frozenset[int]], wanted: int) -> float:
    """Return the share of wanted passages among the first k results.

    Args:
        k: Cut-off.
        found: For each result, best first, the numbers of the passages that it covers.
        wanted: How many passages there are; at least 1.
    """
    seen = frozenset[int]().union(*found[:k])
    return len(seen) / wanted


def ndcg_at(k: int, found: Sequence[frozenset[int]], wanted: int) -> float:
    """Return the normalised discounted cumulative gain with binary gains.

    Source: Järvelin & Kekäläinen 2002; a result gains one where it covers a passage
    that no result before it covered; one that covers two still gains one.
    """
    seen: set[int] = set()
    gain = 0.0
    for place, covered in enumerate(found[:k]):
        if covered - seen:
            gain += 1.0 / math.log2(place + 2)
            seen |= covered
    return min(gain / sum(1.0 / math.log2(place + 2) for place in range(min(k, wanted))), 1.0)


def mrr_at(k: int, found: Sequence[frozenset[int]]) -> float:
    """Return one over the place of the first result that covers a passage, 0 beyond k."""
    return next((1.0 / place for place, covered in enumerate(found[:k], 1) if covered), 0.0)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of the values do not exceed (nearest rank); 0 for no values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
