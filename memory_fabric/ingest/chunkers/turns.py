"""Cutting conversations: a turn, a run of short ones, or a piece of a long one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import msgspec

from memory_fabric.ingest.chunkers.lines import LineMap
from memory_fabric.ingest.chunkers.prose import chunk_prose
from memory_fabric.records import ChunkSpan, Turn

__all__ = ["chunk_turns"]

_RUN_SHARE = 0.5
"""Share of the wanted size up to which turns are gathered: a question and its short answer belong together, and a run
that is longer is found less well by what one of its turns says.

Source: measured on 383 questions to three long conversations, the share of the turns that prove the answer among the
first 1,000 / 2,000 / 4,000 characters: every turn by itself .598 .675 .746, up to a quarter .602 .696 .771, half .608
.713 .785, the whole size .575 .715 .793; without the day in the context, half .595 .707 .779.
"""

_SILENCE_S = 3600.0
"""What is said after so long a silence is about something else more often than not."""


_PROMPT_SHARE = 0.3
"""Share of the wanted size up to which a turn is cut together with the long one that follows: a question is the best
heading that its answer can have."""


def chunk_turns(text: str, turns: Sequence[Turn], *, wanted_chars: int, max_chars: int) -> list[ChunkSpan]:
    """Cut a conversation; spans lie end to end and cover it whole.

    Args:
        text: The document text.
        turns: In order, the first at offset 0.
        wanted_chars: Wanted size of a piece of a long turn; short turns are gathered up to half of it.
        max_chars: Hard limit.
    """
    lines = LineMap(text)
    starts = [turn.start for turn in turns]
    spans: list[ChunkSpan] = []
    for first, stop in _runs(turns, [*starts[1:], len(text)], min(wanted_chars, max_chars)):
        start, end = starts[first], starts[stop] if stop < len(starts) else len(text)
        whole = ChunkSpan(start, end, lines.row_of(start) + 1, lines.row_of(end - 1) + 1)
        for span in [whole] if end - start <= max_chars else _pieces(text, whole, wanted_chars, max_chars):
            inner = turns[bisect_right(starts, span.start) - 1 : bisect_left(starts, span.end)]
            speakers = ", ".join(dict.fromkeys(turn.speaker for turn in inner if turn.speaker))
            kind = "speaker" if speakers else ""
            when = inner[0].timestamp_s
            spans.append(msgspec.structs.replace(span, symbol=speakers, symbol_kind=kind, timestamp_s=when))
    return spans


def _runs(turns: Sequence[Turn], ends: Sequence[int], wanted_chars: int) -> Iterator[tuple[int, int]]:
    """Yield first turn and turn after the last of each run."""
    first = 0
    for place in range(1, len(turns)):
        start = turns[first].start
        is_full = ends[place] - start > wanted_chars * _RUN_SHARE
        is_prompt = ends[place - 1] - start <= wanted_chars * _PROMPT_SHARE and ends[place] - start > wanted_chars
        if (is_full and not is_prompt) or _is_apart(turns[place - 1], turns[place]):
            yield first, place
            first = place
    if turns:
        yield first, len(turns)


def _is_apart(before: Turn, after: Turn) -> bool:
    if before.timestamp_s is None or after.timestamp_s is None:
        return False
    return abs(after.timestamp_s - before.timestamp_s) > _SILENCE_S


def _pieces(text: str, whole: ChunkSpan, wanted_chars: int, max_chars: int) -> list[ChunkSpan]:
    """Cut a long turn as the prose that it is, often with headings and fenced code."""
    part = text[whole.start : whole.end]
    return [
        msgspec.structs.replace(
            whole,
            start=whole.start + piece.start,
            end=whole.start + piece.end,
            line_start=whole.line_start + piece.line_start - 1,
            line_end=whole.line_start + piece.line_end - 1,
            headings=piece.headings,
        )
        for piece in chunk_prose(part, form="markdown", wanted_chars=wanted_chars, max_chars=max_chars)
    ]
