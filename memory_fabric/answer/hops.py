"""A second question out of the first answers: by names that they bring in, for what they leave open.

`what does the error for a full disk inherit from` finds `StoreFullError(ResourceError)`; what a `ResourceError` is
stands somewhere else, and no word of the question leads there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

import msgspec

from memory_fabric.answer.terms import AskedTerms, terms_in
from memory_fabric.answer.units import units_of
from memory_fabric.index.sparse.base import TermCounts
from memory_fabric.records import ChunkRow, Hit, RecallQuery, RecallResult, Signals

__all__ = ["Hop", "bridges", "leads_on", "needs_more", "next_hop", "with_second"]

_READ = 3
"""Fragments from which names are taken: further down they are about something else."""

_MOST = 6
"""Names in the second question."""

_NEARLY = 0.6
"""Share of the likeliest name's worth from which another name is followed, too."""

_OPEN = 0.2
"""Share of the question that no first fragment holds, from which it is asked again."""

_COMMON = 0.02
"""Share of all fragments beyond which a name leads everywhere; at least `_ALWAYS` may hold it."""
_ALWAYS = 12

_ADDED = 3
"""Fragments that a second recall adds at most."""

_NAME = re.compile(
    r"`([A-Za-z_][\w.]{2,60})`"  # marked as a name
    r"|\b([a-z]+(?:[_-][a-z0-9]+)+)\b"  # snake_case, kebab-case
    r"|\b([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+)\b"  # CamelCase
    r"|\b([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\b"  # CONSTANT
    r"|(?<=[a-zа-яё,;] )([A-ZА-ЯЁ][a-zа-яё]{2,}(?: [A-ZА-ЯЁ][a-zа-яё]+)*)"  # a proper name within a sentence
)


def needs_more(asked: AskedTerms, rows: Sequence[ChunkRow]) -> bool:
    """Return whether the best fragments leave a part of the question open.

    Args:
        asked: The question's terms.
        rows: The best fragments.
    """
    best = max((asked.covered(_terms(row)) for row in rows[:_READ]), default=1.0)
    return bool(asked.weights) and best <= 1.0 - _OPEN


def bridges(asked: AskedTerms, rows: Sequence[ChunkRow]) -> list[str]:
    """Return the names that the best fragments bring in and the question does not have, the likeliest first.

    A name counts by how much of the question the sentence or line holds in which it stands.

    Args:
        asked: The question's terms.
        rows: The best fragments, best first.
    """
    worth: dict[str, float] = {}
    for rank, row in enumerate(rows[:_READ]):
        if row.modality == "code":
            # every line of code names something: on this repository, following that pushed out what it found
            continue
        own = {part.rpartition(".")[2] for part in row.symbol.split(", ")}
        around = asked.covered(frozenset(terms_in(f"{row.context} {row.symbol}")))
        for unit in units_of(row):
            held = asked.covered(frozenset(terms_in(unit.text)))
            for match in _NAME.finditer(unit.text):
                name = next(filter(None, match.groups())).rpartition(".")[2]
                if len(name) > 2 and name not in own and terms_in(name)[:1] and terms_in(name)[0] not in asked.weights:
                    worth[name] = worth.get(name, 0.0) + (held + 0.2 * around + 0.01) / (rank + 1)
    least = _NEARLY * max(worth.values(), default=0.0)
    return sorted((name for name in worth if worth[name] >= least), key=lambda name: (-worth[name], name))[: _MOST * 3]


class Hop(msgspec.Struct, frozen=True):
    """Where the first answers lead."""

    query: RecallQuery
    """The second question."""
    names: frozenset[str]
    still_open: frozenset[str]
    """Terms of the first question that its best fragment does not hold."""


def next_hop(query: RecallQuery, asked: AskedTerms, rows: Sequence[ChunkRow], counts: TermCounts) -> Hop | None:
    """Return what to ask next: names that lead on and the words that are still open; None when nothing leads on.

    Args:
        query: The question.
        asked: Its terms.
        rows: The best fragments, best first.
        counts: How common the names are.
    """
    most = max(_ALWAYS, round(counts.documents * _COMMON))
    # who occurs once was read already
    names = [name for name in bridges(asked, rows) if 1 < counts.holders.get(terms_in(name)[0], 0) <= most][:_MOST]
    if not names:
        return None
    still_open = frozenset(asked.weights) - frozenset[str]().union(*(_terms(row) for row in rows[:1]))
    words = [word for word in query.text.split() if still_open.intersection(terms_in(word))]
    again = msgspec.structs.replace(query, text=" ".join([*names, *words]), signals=Signals(code_symbols=tuple(names)))
    return Hop(again, frozenset(names), still_open)


def leads_on(hop: Hop, row: ChunkRow) -> bool:
    """Return whether a fragment goes on where the first ones ended: it defines a name, or tells of it what is open."""
    defined = {part.rpartition(".")[2] for part in row.symbol.split(", ")}
    if defined & hop.names:
        return True
    return any(name in row.text for name in hop.names) and not hop.still_open.isdisjoint(_terms(row))


def with_second(first: RecallResult, second: Sequence[Hit]) -> RecallResult:
    """Return both as one: the best of the first, then by turns what only the second found and the rest.

    Scores of two questions cannot be compared: what the second found gets that of the neighbour before it.

    Args:
        first: The first recall.
        second: What leads on, best first.
    """
    best = {hit.chunk_id for hit in first.items[:_READ]}
    new = [hit for hit in second if hit.chunk_id not in best][:_ADDED]
    moved = {hit.chunk_id for hit in new}
    rest = [hit for hit in first.items[_READ:] if hit.chunk_id not in moved]
    hits = list(first.items[:_READ])
    for added, kept in zip_longest(new, rest):
        if added is not None:
            hits.append(msgspec.structs.replace(added, score=hits[-1].score if hits else 0.0))
        if kept is not None:
            hits.append(kept)
    return msgspec.structs.replace(first, items=tuple(hits))


def _terms(row: ChunkRow) -> frozenset[str]:
    return frozenset(terms_in(f"{row.context} {row.symbol}\n{row.text}"))
