"""Conversations written as text: Markdown transcripts, copies from messengers, `Name: words`.

The text stays as it is, so that every citation is right by itself; only the turns are marked. What merely looks alike
(notes that begin with `Warning:`, fields of a record, lines of a log) stays the text that it is.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import PurePath
from typing import NamedTuple

import msgspec

from memory_fabric.ingest.moments import date_in, moment_of
from memory_fabric.ingest.readers.chats.base import facts_of
from memory_fabric.ingest.readers.chats.generic import ROLES
from memory_fabric.records import Document, Turn

__all__ = ["as_conversation"]

_LOOK_LINES = 60
"""The first turn stands in these lines, behind a title and what an export says of itself."""

_LINE_CHARS = 400
"""As much of a line is looked at: a label stands at its beginning."""

# INVARIANT: as everywhere here, no pattern tries one sign in two ways
_NAME = r"[^\W\d_](?:[^\n:\[\](){}<>*|`#=/\\]{0,38}[\w.)])?"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?+(?:\s?[AaPp]\.?[Mm]\.?)?+"
_STAMP = rf"(?:\d{{4}}[-./]\d{{1,2}}[-./]\d{{1,2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}})(?:,|\s|T|,\s|\sв\s){_CLOCK}"
_STAMPED = re.compile(rf"(?:\[({_STAMP})\]\s*+(?:[-–—]\s)?|({_STAMP})\s[-–—]\s)<?({_NAME})>?:(?:\s|$)")
_COPIED = re.compile(rf"({_NAME}),?\s\[({_STAMP})\]:?(?:\s|$)")
_BOLD = re.compile(
    rf"(?:[-*]\s)?\*\*(?:\[?({_STAMP})\]?\s)?({_NAME})(?:\s[(\[]({_STAMP}|{_CLOCK})[)\]])?(?::\*\*|\*\*:|\*\*$)"
)
_HEADING = re.compile(rf"#{{1,6}}\s(?:[^\w\s\[]++\s)?({_NAME}):?(?:\s[(\[]?({_STAMP})[)\]]?)?\s*$")
_PLAIN = re.compile(rf"({_NAME}):(?:\s|$)")
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")

_TIMES = (
    "%d.%m.%Y %H:%M:%S", "%d.%m.%y %H:%M:%S", "%d.%m.%y %H:%M", "%d/%m/%Y %H:%M", "%d/%m/%y %H:%M",
    "%m/%d/%Y %I:%M %p", "%m/%d/%y %I:%M %p", "%d/%m/%Y %H:%M:%S", "%Y.%m.%d %H:%M", "%Y/%m/%d %H:%M:%S",
)  # fmt: skip

_NOT_NAMES = frozenset(
    "note notes warning caution danger example examples tip hint info debug error warn fatal trace critical notice"
    " todo fixme important see summary description default type types name title author version date time from to"
    " subject cc bcc url link source usage returns args raises yields parameters input output question answer q a"
    " step steps result results status id address phone email e-mail age license copyright requires keywords price"
    " mime-version content-type content-id content-disposition message-id received return-path"
    " added changed fixed removed deprecated security pros cons input output expected actual before after"
    " примечание внимание важно пример совет итог вывод дата время тема кому копия автор название версия адрес"
    " телефон почта возраст статус источник описание тип имя вопрос шаг результат плюсы минусы цена".split()
)
"""What stands before a colon and does not speak."""

_ASKING = frozenset("user human you prompt customer client me вы я пользователь человек клиент запрос".split())
"""Roles that ask; the others answer."""

_LEAST_TURNS, _LEAST_WORDS, _MOST_SPEAKERS = 4, 3.0, 12
"""What a chat between people unknown has: of turns, of words a turn, and of speakers."""


class _Label(NamedTuple):
    row: int
    start: int
    speaker: str
    timestamp_s: float | None


_Match = tuple[str, str]
"""Name and written time; the latter may be empty."""

_Look = Callable[[str], _Match | None]


def as_conversation(document: Document, path: str) -> Document:
    """Return a text as a conversation where it is the transcript of one, else as it came.

    Args:
        document: Text or Markdown as it stands.
        path: Of the source; a date in it counts where the text has none.
    """
    head = [row[:_LINE_CHARS] for row in document.text.split("\n", _LOOK_LINES)[:_LOOK_LINES]]
    rows: list[str] = []
    for form in _FORMS:
        # nearly every text is none: what a label must hold is asked before the pattern is tried
        likely = [row for row in head if form.holds in row and row.startswith(form.starts)]
        if len(likely) < form.least or sum(form.look(row) is not None for row in likely) < form.least:
            continue
        rows = rows or document.text.split("\n")
        labels = form.accepted(_labels(rows, form.look), rows)
        if labels and labels[0].row < _LOOK_LINES:
            return _conversation(document, labels, path)
    return document


def _labels(rows: Sequence[str], look: _Look) -> list[_Label]:
    labels: list[_Label] = []
    offset, is_fenced = 0, False
    for number, row in enumerate(rows):
        if _FENCE.match(row):
            is_fenced = not is_fenced
        elif not is_fenced and (found := look(row[:_LINE_CHARS])) is not None:
            name, written = found
            labels.append(_Label(number, offset, name.strip(), _moment(written)))
        offset += len(row) + 1
    return labels


# ---- the forms ------------------------------------------------------------------------------------------------


def _stamped(row: str) -> _Match | None:
    found = _STAMPED.match(row)
    return None if found is None else (found[3], found[1] or found[2])


def _copied(row: str) -> _Match | None:
    found = _COPIED.match(row)
    return None if found is None else (found[1], found[2])


def _bold(row: str) -> _Match | None:
    found = _BOLD.match(row)
    return None if found is None else (found[2], found[1] or found[3] or "")


def _heading(row: str) -> _Match | None:
    found = _HEADING.match(row)
    return (found[1], found[2] or "") if found is not None and _is_role(found[1]) else None


def _plain(row: str) -> _Match | None:
    found = _PLAIN.match(row)
    return None if found is None else (found[1], "")


def _is_role(name: str) -> bool:
    words = name.lower().split()
    return bool(words) and (words[0] in ROLES or " ".join(words) in ROLES) and len(words) <= 3


def _dated(labels: list[_Label], rows: Sequence[str]) -> list[_Label]:
    """Return lines with times where they are those of a chat and not of a program's log, whose sources begin small."""
    names = Counter(label.speaker for label in labels)
    people = sum(count for name, count in names.items() if name[:1].isupper() and name.lower() not in _NOT_NAMES)
    dated = sum(label.timestamp_s is not None for label in labels)
    is_chat = len(labels) > 1 and people * 2 > len(labels) and dated * 2 > len(labels) and not _is_upper(names)
    return labels if is_chat else []


def _is_upper(names: Counter[str]) -> bool:
    return all(name.isupper() and len(name) > 2 for name in names)


def _spoken(labels: list[_Label], rows: Sequence[str]) -> list[_Label]:
    """Return labels without times where they are speakers: one who asks and one who answers, or names in turn."""
    roles = [label for label in labels if _is_role(label.speaker)]
    said = {label.speaker.lower().split()[0] for label in roles}
    if said & _ASKING and said - _ASKING:
        # an answer may hold lines that look like labels
        return roles if _is_first(roles, rows) else []
    names = Counter(label.speaker.lower() for label in labels)
    is_chat = (
        not names.keys() & _NOT_NAMES
        and 2 <= len(names) <= _MOST_SPEAKERS
        and len(labels) >= max(_LEAST_TURNS, 2 * len(names))
        and all(label.speaker[:1].isupper() and len(label.speaker.split()) <= 3 for label in labels)
        and sum(a.speaker != b.speaker for a, b in pairwise(labels)) * 5 >= len(labels) * 2
        and _is_talk(labels, rows)
    )
    return labels if is_chat else []


def _is_talk(labels: Sequence[_Label], rows: Sequence[str]) -> bool:
    """Whether a text is hardly more than what its labels say, and they say more than the fields of a record."""
    text = [row for row in rows if row.strip()]
    words = sum(len(row.split()) for row in text)
    headings = sum(row.startswith("#") for row in text)
    is_dense = len(labels) * 5 >= len(text) * 2 and words >= len(labels) * _LEAST_WORDS
    return is_dense and headings <= 1 and _is_first(labels, rows)


def _is_first(labels: Sequence[_Label], rows: Sequence[str]) -> bool:
    """Whether hardly anything stands before the first turn: a title, front matter, a line on where it comes from."""
    before = [row for row in rows[: labels[0].row] if row.strip()]
    if before and before[0].strip() in {"---", "+++"} and before[0] in before[1:]:
        before = before[before.index(before[0], 1) + 1 :]
    return sum(not row.startswith(("#", "*", "-", ">", "_", "[")) for row in before) <= 2 and len(before) <= 12


class _Form(NamedTuple):
    """How a label is written, and which of those found are taken for speakers."""

    look: _Look
    accepted: Callable[[list[_Label], Sequence[str]], list[_Label]]
    holds: str
    """In every line with a label."""
    starts: tuple[str, ...] = ("",)
    least: int = 1
    """Labels in the first lines; one `Name:` stands in many a text."""


_FORMS = (
    _Form(_stamped, _dated, ":", ("[", *"0123456789")),
    _Form(_copied, _dated, "["),
    _Form(_bold, _spoken, "**", ("**", "- **", "* **")),
    _Form(_heading, _spoken, "#", ("#",)),
    _Form(_plain, _spoken, ":", least=2),
)


# ---- the conversation -----------------------------------------------------------------------------------------


def _conversation(document: Document, labels: Sequence[_Label], path: str) -> Document:
    turns = [Turn(label.start, label.speaker, label.timestamp_s) for label in labels]
    if turns[0].start:
        turns.insert(0, Turn(0))
    times = [turn.timestamp_s for turn in turns if turn.timestamp_s is not None]
    started_s = min(times, default=document.timestamp_s)
    if started_s is None:
        started_s = date_in(path)
    # by its words and not by its place: a file that is moved is the same conversation
    digest = hashlib.blake2b(document.text[: 64 * 1024].encode("utf-8", "replace"), digest_size=8).hexdigest()
    session = f"transcript-{digest}"
    facts = {
        "session": session,
        "export": "transcript",
        **facts_of(turns, started_s, max(times, default=None)),
    }
    return msgspec.structs.replace(
        document,
        modality="conversation",
        format="conversation",
        title=document.title or _title(document.text, labels[0].start) or PurePath(path).stem,
        timestamp_s=started_s,
        meta={**document.meta, **{name: value for name, value in facts.items() if value}},
        turns=tuple(turns),
    )


def _title(text: str, end: int) -> str:
    """Return the heading above the first turn."""
    for row in text[:end].split("\n"):
        if row.startswith("#") and (words := row.lstrip("#").strip()):
            return words[:200]
    return ""


def _moment(written: str) -> float | None:
    """Return the time of a label; a time of day alone is none."""
    plain = " ".join(
        written.replace(",", " ").replace(" в ", " ").replace("T", " ").upper().replace(".M.", "M").split()
    )
    return moment_of(plain, _TIMES) if plain and " " in plain else None
