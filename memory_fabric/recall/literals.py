"""Identifiers in a question that hardly anything in the memory holds: whatever holds one outranks whatever does not.

The vectors know nothing of an error code or a flag, and a code model may trust them more than words. An exact
identifier is the surest thing a user can type; it must not be lost to a likeness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from foundation.ids import ChunkId
from memory_fabric.records import ChunkRow

__all__ = ["count_held", "literals_of"]

_RARE = 5
"""Candidates that may hold an identifier for it to count as rare: what is everywhere says nothing."""

_WORD = re.compile(r"[^\s,;!?()\[\]{}<>\"'`«»“”=]+")
_SHAPES = re.compile(
    r"--[A-Za-z][\w-]*"  # a flag
    r"|\w*[^\W_]_[^\W_]\w*|[\w.:]*\w_\w[\w.:]*"  # snake_case, scoped or not
    r"|[a-z]+(?:[A-Z][a-z0-9]+)+\w*"  # camelCase; two capitalised parts alone may be a name, as in GitHub
    # letters and at least three digits, but not a name with its version
    r"|(?![A-Za-z]+-?\d{1,2}(?:\.\d+)*$)(?=\w*[A-Za-z])(?=(?:\D*\d){3})[\w.:/-]+"
    r"|[A-Z]{2,}-\d{2,}"  # a ticket
    r"|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}",  # a hash
    re.ASCII,
)
_EDGES = ".:/\\*#"


def literals_of(text: str) -> tuple[str, ...]:
    """Return the words that only machines and programmers write, as they stand."""
    words = (word.strip(_EDGES) for word in _WORD.findall(text))
    return tuple(dict.fromkeys(word for word in words if _SHAPES.fullmatch(word)))


def count_held(rows: Sequence[ChunkRow], literals: Iterable[str]) -> dict[ChunkId, int]:
    """Return how many rare identifiers each candidate holds; candidates without any are left out.

    Args:
        rows: All candidates.
        literals: Of the question.
    """
    held: dict[ChunkId, int] = {}
    for literal in literals:
        having = _holders(rows, literal) or _holders(rows, literal.casefold(), is_folded=True)
        if len(having) <= _RARE:
            for chunk_id in having:
                held[chunk_id] = held.get(chunk_id, 0) + 1
    return held


def _holders(rows: Sequence[ChunkRow], literal: str, *, is_folded: bool = False) -> list[ChunkId]:
    # no word goes on to either side: `run_2` is not in `run_20`
    whole = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(literal)}(?![A-Za-z0-9_])")
    found = []
    for row in rows:
        place = f"{row.text}\n{row.context}"
        place = place.casefold() if is_folded else place
        if literal in place and whole.search(place):
            found.append(row.id)
    return found
