"""What comes before what where both answer.

An exported definition before its helpers and its file's head, the thing before its tests, prose before code where the
question is not about code, what somebody said before what others said about it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence

from foundation.ids import ChunkId
from memory_fabric.recall.dialogue import turns_of_others
from memory_fabric.recall.query import QueryPlan
from memory_fabric.records import ChunkRow

__all__ = ["BEHIND", "is_head", "is_private", "is_test", "overshadowed"]

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
_ASKS_FOR_CODE = re.compile(
    r"\b(?:code|functions?|class(?:es)?|methods?|modules?|implement\w*|exceptions?|decorators?|python|javascript|rust)\b"
    r"|\bфункци|\bкласс|\bметод|\bмодул|\bисключени",
    re.IGNORECASE,
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


def is_head(row: ChunkRow) -> bool:
    """Whether a fragment of code defines nothing: imports, constants, what a module says of itself."""
    return row.modality == "code" and (not row.symbol or row.symbol_kind == "module")


def overshadowed(rows: Sequence[ChunkRow], scores: Mapping[ChunkId, float], plan: QueryPlan) -> Mapping[ChunkId, int]:
    """Return the fragments beside which one that should come first answers nearly as well, with the number of reasons.

    For a helper, or a file's head, that is an exported definition of its file; for a test, unless tests are asked for,
    whatever is none; for code, unless the question is about code, prose; for a turn of somebody else, where one speaker
    is named, a turn of that one.

    Args:
        rows: All candidates.
        scores: Of each, 0 or more.
        plan: The question.
    """
    hidden = Counter(_behind(rows, scores, is_private, lambda row: row.item_id, is_rival=lambda row: bool(row.symbol)))
    hidden.update(_behind(rows, scores, is_head, lambda row: row.item_id))
    if not (_ASKS_FOR_TESTS.search(plan.text) or _TEST_PATH.search(f"{plan.filters.path_prefix}/")):
        hidden.update(_behind(rows, scores, is_test, lambda _: ""))
    if not _is_about_code(plan):
        hidden.update(_behind(rows, scores, lambda row: row.modality == "code", lambda _: ""))
    others = turns_of_others(rows, plan.text)
    hidden.update(_behind(rows, scores, lambda row: row.id in others, lambda _: ""))
    return hidden


def _is_about_code(plan: QueryPlan) -> bool:
    named = (plan.signals.code_symbols, plan.signals.file_hints, plan.literals)
    return any(named) or _ASKS_FOR_CODE.search(plan.text) is not None


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
