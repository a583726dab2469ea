"""Equal scores at the end of a list: engines cut among them as they please, our order is by id."""

from __future__ import annotations

from collections.abc import Callable

from memory_fabric.index.dense.base import Scored

__all__ = ["best"]

_MORE = 4


def best(fetch: Callable[[int], list[Scored]], k: int) -> list[Scored]:
    """Return the best k of what `fetch` gives, ties by smaller id.

    Args:
        fetch: Gives at most so many results, best first, ties in any order.
        k: At least 1.
    """
    limit = k + 1
    while True:
        found = fetch(limit)
        if len(found) < limit or found[-1].score < found[k - 1].score:
            return sorted(found, key=lambda hit: (-hit.score, hit.id))[:k]
        limit *= _MORE
