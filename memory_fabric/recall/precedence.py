"""What comes before what where both answer: an exported definition before its helpers, the thing before its tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence

from foundation.ids import ChunkId
from memory_fabric.recall.query import QueryPlan
from memory_fabric.records import ChunkRow

__all__ = ["BEHIND", "is_private", "is_test", "overshadowed"]

BEHIND = 0.85
"""What is kept of an overshadowed fragment's score."""

_NEARLY = 0.8
"""Share of a fragment's score that the one to be preferred must reach: else the helper, or the test, is the answer.

Source: helpers, .739 to .770 nDCG@10 on the standard library's sources, flat from .6 to .9; nothing changes where each
document is a single function, and a plain demotion of everything private loses .018 there.
"""

_TEST_PATH = re.compile(
    r"(?:^|/)(?:tests?|__tests__|spec)/|(?:^|/)(?:test_[^/]*|conftest)\.py$|(?:_test|_spec|[.-]test|[.-]spec)\.[a-z]+$"
)
_ASKS_FOR_TESTS = re.compile(r"\b(?:tests?|testing|specs?|fixtures?)\b|\bтест", re.IGNORECASE)


def is_private(row: ChunkRow) -> bool:
    """Whether a fragment of code defines what only its own file should use.

    An underscore says so in most languages, a small first letter in Go; names such as `__init__` are protocols.
    """
    if row.modality != "code" or not row.symbol:
        return False
    parts = row.symbol.partition(", ")[0].replace("::", ".").split(".")
    if row.language == "go":
        return parts[-1][:1].islower()
    return any(part.startswith("_") and not part.startswith("__") for part in parts)


def is_test(row: ChunkRow) -> bool:
    """Whether a fragment of code stands where tests stand."""
    return row.modality == "code" and _TEST_PATH.search(row.path) is not None


def overshadowed(rows: Sequence[ChunkRow], scores: Mapping[ChunkId, float], plan: QueryPlan) -> frozenset[ChunkId]:
    """Return the fragments beside which one that should come first answers nearly as well.

    For a helper that is an exported definition of its file; for a test, unless tests are asked for, whatever is none.

    Args:
        rows: All candidates.
        scores: Of each, 0 or more.
        plan: The question.
    """
    hidden = _behind(rows, scores, is_private, lambda row: row.item_id, is_rival=lambda row: bool(row.symbol))
    if not (_ASKS_FOR_TESTS.search(plan.text) or _TEST_PATH.search(f"{plan.filters.path_prefix}/")):
        hidden |= _behind(rows, scores, is_test, lambda _: "")
    return hidden


def _behind(
    rows: Sequence[ChunkRow],
    scores: Mapping[ChunkId, float],
    is_lesser: Callable[[ChunkRow], bool],
    group: Callable[[ChunkRow], Hashable],
    is_rival: Callable[[ChunkRow], bool] = lambda _: True,
) -> frozenset[ChunkId]:
    lesser = [row for row in rows if is_lesser(row)]
    if not lesser:
        return frozenset()
    ids = {row.id for row in lesser}
    best: dict[Hashable, float] = {}
    for row in rows:
        if row.id not in ids and is_rival(row):
            best[group(row)] = max(best.get(group(row), 0.0), scores[row.id])
    return frozenset(row.id for row in lesser if best.get(group(row), -1.0) >= _NEARLY * scores[row.id])
