"""Conversations on their way from an export to documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from foundation.clock import format_rfc3339
from memory_fabric.ingest.moments import date_in
from memory_fabric.ingest.readers.base import Result, Source
from memory_fabric.ingest.readers.json_text import flatten
from memory_fabric.ingest.readers.lines import Lines, folded
from memory_fabric.records import Document, Turn

__all__ = ["Conversation", "Said", "documents", "facts_of", "plain_part"]

_TITLE_CHARS = 80

_LONG_CHAT = 300
"""Turns from which a chat that goes on for months is cut into sessions."""

_SILENCE_S = 8 * 3600.0
"""A session of a long chat ends where nobody said anything for a night."""

_MOST_NAMES = 20
"""Speakers that the item's fields name."""


class Said(msgspec.Struct, frozen=True):
    """One message of an export."""

    speaker: str
    text: str
    timestamp_s: float | None
    line: int
    """First line of the source that it comes from, 1-based."""
    line_end: int


class Conversation(msgspec.Struct, frozen=True):
    """What an export says of one conversation."""

    kind: str
    """`chatgpt`, `claude`, `telegram` or `generic`."""
    id: str
    """By which the export names it; empty where it does not."""
    title: str
    said: Sequence[Said]
    passed: Counter[str]
    """What was passed over, by kind: pictures, recordings, service messages."""
    fields: dict[str, str] = {}
    started_s: float | None = None
    ended_s: float | None = None


def documents(source: Source, found: Iterator[Conversation | Document]) -> Iterator[Result]:
    """Yield a document for each conversation in which something is said, the long ones as several sessions.

    Args:
        source: The export.
        found: Conversations, and what of the export is none.
    """
    taken: Counter[str] = Counter()
    for entry in found:
        if isinstance(entry, Document):
            yield entry
            continue
        for session in _sessions(entry):
            name = session.id or f"{session.kind}-{len(taken) + 1}"
            taken[name] += 1
            yield from _document(source, session, name if taken[name] == 1 else f"{name}~{taken[name]}")


def facts_of(turns: Sequence[Turn], started_s: float | None, ended_s: float | None) -> dict[str, str]:
    """Return what an item says of its conversation beside its words: who spoke, how often, from when until when."""
    names = list(dict.fromkeys(turn.speaker for turn in turns if turn.speaker))
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" * (len(names) > _MOST_NAMES))
    times = {"started": started_s, "ended": ended_s}
    return {
        "speakers": shown,
        "turns": str(sum(bool(turn.speaker) for turn in turns)),
        **{name: format_rfc3339(when) for name, when in times.items() if when is not None},
    }


def plain_part(raw: bytes, line: int, part: str, mime: str) -> Document | None:
    """Return a part of an export that is no conversation, read as any JSON; None where it holds nothing.

    Raises:
        ValueError: It is no JSON.
    """
    lines = flatten(raw.decode(), line)
    if lines.is_blank():
        return None
    return Document(
        text=lines.text(),
        modality="text",
        format="json",
        mime=mime,
        part=part,
        source_lines=lines.source_lines(),
        source_ends=lines.source_ends(),
    )


def _sessions(whole: Conversation) -> Iterator[Conversation]:
    """Yield a conversation, or the sessions of one that is long and has times."""
    said = [one for one in whole.said if one.text.strip()]
    if whole.kind not in {"telegram", "generic"} or len(said) < _LONG_CHAT:
        yield msgspec.structs.replace(whole, said=said)
        return
    first = 0
    passed = whole.passed
    for place in range(1, len(said) + 1):
        if place < len(said) and not _is_silent(said[place - 1].timestamp_s, said[place].timestamp_s):
            continue
        part, when = said[first:place], said[first].timestamp_s
        day = f"/{format_rfc3339(when)[:16]}" if when is not None else f"/{first + 1}"
        name = f"{whole.id or whole.kind}{day}"
        yield msgspec.structs.replace(whole, id=name, said=part, passed=passed, started_s=None, ended_s=None)
        first, passed = place, Counter()


def _is_silent(before: float | None, after: float | None) -> bool:
    return before is not None and after is not None and after - before > _SILENCE_S


def _document(source: Source, talk: Conversation, part: str) -> Iterator[Result]:
    if not talk.said:
        return
    lines, turns, size = Lines(), list[Turn](), 0
    for one in talk.said:
        if lines.is_cut:
            break
        # of an earlier turn nothing may be missing, so that the offsets hold
        before = len(lines)
        speaker = folded(one.speaker)
        lines.gap()
        turns.append(Turn(size + len(lines) - before, speaker, one.timestamp_s))
        lines.add(f"{speaker}: {one.text.strip()}" if speaker else one.text.strip(), one.line, end_line=one.line_end)
        size += lines.chars(before) + len(lines) - before
    turns[0] = msgspec.structs.replace(turns[0], start=0)
    times = [one.timestamp_s for one in talk.said if one.timestamp_s is not None]
    started_s = min(times, default=talk.started_s)
    facts = {
        "session": part,
        "export": talk.kind,
        **facts_of(turns, started_s, max(times, default=talk.ended_s)),
        **talk.fields,
    }
    if talk.passed:
        facts["passed_over"] = ", ".join(f"{count} {kind}" for kind, count in sorted(talk.passed.items()))
    yield Document(
        text=lines.text(),
        modality="conversation",
        format="conversation",
        mime=source.mime,
        part=part,
        title=folded(talk.title)[:200] or folded(talk.said[0].text)[:_TITLE_CHARS],
        source_lines=lines.source_lines(),
        source_ends=lines.source_ends(),
        timestamp_s=started_s if started_s is not None else date_in(source.path),
        meta={name: value for name, value in facts.items() if value},
        turns=tuple(turns),
    )
    yield from lines.cuts()
