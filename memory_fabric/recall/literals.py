"""Identifiers in a question that hardly anything in the memory holds: whatever holds one outranks whatever does not.

The vectors know nothing of an error code or a flag, and a code model may trust them more than words. An exact
identifier is the surest thing a user can type; it must not be lost to a likeness.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from foundation.ids import ChunkId
from memory_fabric.operations import Check
from memory_fabric.records import ChunkRow

__all__ = ["count_held", "literals_of"]

_RARE = 5
"""Candidates that may hold an identifier for it to count as rare: what is everywhere says nothing."""

_WORD = re.compile(r"[^\s,;!?()\[\]{}<>\"'`«»“”=]+")
_SHAPES = re.compile(
    r"--[A-Za-z]\w*(?:-\w+)+"  # a flag; one of a single word, such as --help, is no rarer than the word
    r"|\w*[^\W_]_[^\W_]\w*|[\w.:]*\w_\w[\w.:]*"  # snake_case, scoped or not
    r"|[a-z]+(?:[A-Z][a-z0-9]+)+\w*"  # camelCase; two capitalised parts alone may be a name, as in GitHub
    # letters and at least three digits, but not a name with its version
    r"|(?![A-Za-z]+-?\d{1,2}(?:\.\d+)*$)(?=\w*[A-Za-z])(?=(?:\D*\d){3})[\w.:/-]+"
    r"|[A-Z]{2,}-\d{2,}"  # a ticket
    r"|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}",  # a hash
    re.ASCII,
)
_EDGES = ".:/\\*#"


_LONGEST = 256
"""Characters; a longer word is data, not a name, and the shapes take time with the square of it."""

_MOST = 64
"""Identifiers of one question: a pasted log has more, and each is looked for in every candidate."""


def literals_of(text: str) -> tuple[str, ...]:
    """Return the words that only machines and programmers write, as they stand; of very many, the first."""
    words = (word.strip(_EDGES) for word in dict.fromkeys(_WORD.findall(text)))
    shaped = (word for word in words if len(word) <= _LONGEST and _SHAPES.fullmatch(word))
    return tuple(islice(dict.fromkeys(shaped), _MOST))


def count_held(rows: Sequence[ChunkRow], literals: Sequence[str], check: Check) -> dict[ChunkId, int]:
    """Return how many rare identifiers each candidate holds; candidates without any are left out.

    Args:
        rows: All candidates.
        literals: Of the question.
        check: Raises to stop.
    """
    held: dict[ChunkId, int] = {}
    places = [(row.id, f"{row.text}\n{row.context}") for row in rows] if literals else []
    folded: list[tuple[ChunkId, str]] = []
    for literal in literals:
        check()
        having = _holders(places, literal)
        if not having:
            folded = folded or [(chunk_id, place.casefold()) for chunk_id, place in places]
            having = _holders(folded, literal.casefold())
        if len(having) <= _RARE:
            for chunk_id in having:
                held[chunk_id] = held.get(chunk_id, 0) + 1
    return held


def _holders(places: Sequence[tuple[ChunkId, str]], literal: str) -> list[ChunkId]:
    """Return the holders, one more than are rare at most."""
    # no word goes on to either side: `run_2` is not in `run_20`
    whole = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(literal)}(?![A-Za-z0-9_])")
    having = (chunk_id for chunk_id, place in places if literal in place and whole.search(place))
    return list(islice(having, _RARE + 1))
