"""Conversations: a turn answers together with the turns around it, and belongs to who said it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from foundation.ids import ChunkId
from memory_fabric.records import ChunkRow

__all__ = ["around", "speaker_of", "turns_of_others", "with_neighbours"]

_REACH = 2
"""Turns before and after."""

_ECHO = 0.1
"""What each of them adds of its own score, in words and in meaning.

Source: .571 to .591 nDCG@10 on turns of long conversations, flat from .1 to .2; three turns to each side are worse.
"""

_SPEAKER = re.compile(r"\s*([^\W\d_][\w .'-]{0,39}?)\s*:\s")
_WORD = re.compile(r"\w+")


def around(row: ChunkRow) -> list[ChunkId]:
    """Return the ids that neighbours of a turn may have: turns are stored in the order in which they were said."""
    return [ChunkId(row.id + step) for step in range(-_REACH, _REACH + 1) if step and row.id + step > 0]


def with_neighbours(scores: Mapping[ChunkId, float], turns: Mapping[ChunkId, ChunkRow]) -> dict[ChunkId, float]:
    """Return scores to which those of the turns around have been added.

    Args:
        scores: Of all candidates, 0 where nothing is common.
        turns: Those that are turns of a conversation.
    """
    added = dict(scores)
    for row in turns.values():
        near = (turns[chunk_id] for chunk_id in around(row) if chunk_id in turns)
        echo = sum(max(scores.get(other.id, 0.0), 0.0) for other in near if _is_one_talk(row, other))
        if echo:
            added[row.id] = scores.get(row.id, 0.0) + _ECHO * echo
    return added


def _is_one_talk(row: ChunkRow, other: ChunkRow) -> bool:
    if row.item_key == other.item_key:
        return True
    # imported turn by turn: a session has one date
    return row.project == other.project and row.is_dated and other.is_dated and row.timestamp_s == other.timestamp_s


def speaker_of(row: ChunkRow) -> str:
    """Return who speaks in a turn, in lower case; empty where that is not said or more than one does."""
    if row.symbol_kind == "speaker":
        return row.symbol.casefold() if ", " not in row.symbol else ""
    found = _SPEAKER.match(row.text) if row.modality == "conversation" else None
    return found[1].casefold() if found else ""


def turns_of_others(rows: Sequence[ChunkRow], text: str) -> frozenset[ChunkId]:
    """Return the turns that the one speaker whom a question names did not say; none where it names none or several.

    Args:
        rows: All candidates.
        text: The question.
    """
    speakers = {row.id: speaker for row in rows if (speaker := speaker_of(row))}
    named = _named(set(speakers.values()), text) if speakers else set()
    if len(named) != 1:
        return frozenset()
    return frozenset(chunk_id for chunk_id, speaker in speakers.items() if speaker not in named)


def _named(speakers: Iterable[str], text: str) -> set[str]:
    words = set(_WORD.findall(text.casefold()))
    # people are asked about by their first name
    return {speaker for speaker in speakers if (first := _WORD.match(speaker)) and first[0] in words}
