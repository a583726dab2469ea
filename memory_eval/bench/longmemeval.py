"""LongMemEval: for each question a history of its own, with the sessions and turns that answer it.

Source: Wu et al. 2024, arXiv 2410.10813; github.com/xiaowu0162/LongMemEval, files `longmemeval_*.json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from memory_eval.bench.files import array, decoded
from memory_eval.bench.records import Case, Document, Question, Shape
from memory_eval.errors import BenchError

__all__ = ["SHAPE", "cases"]

SHAPE = Shape(
    "longmemeval",
    pool="the question's own history",
    unit="turn",
    notes=(
        "turns of user and assistant are searched; a session stands where its best turn stands",
        "turn level: turns marked `has_answer`; session level: `answer_session_ids`",
        "term statistics are those of all pools together",
    ),
)

_ABSTAINING = "_abs"
"""Ends the id of a question that the history does not answer."""


class _Turn(msgspec.Struct, frozen=True):
    role: str
    content: str
    has_answer: bool | None = None


class _Entry(msgspec.Struct, frozen=True):
    question_id: str
    question: str
    haystack_sessions: list[list[_Turn]]
    haystack_session_ids: list[str]
    answer_session_ids: list[str] = []
    question_type: str = ""
    haystack_dates: list[str] = []


def cases(paths: Sequence[Path]) -> Iterator[Case]:
    """Yield each question with its history; those that ask for abstention are counted and left out.

    Raises:
        BenchError: A file is not of this format.
    """
    number = 0
    for path in paths:
        for place, raw in enumerate(array(path)):
            entry = decoded(raw, _Entry, f"`{path}`, entry {place}")
            if len(entry.haystack_sessions) != len(entry.haystack_session_ids):
                raise BenchError(f"`{path}`, entry {place}: as many sessions as session ids are needed")
            number += 1
            yield _case(entry, f"q{number:05}")


def _case(entry: _Entry, pool: str) -> Case:
    if entry.question_id.endswith(_ABSTAINING):
        return Case(pool, (), (), {"abstention: left out": 1})
    documents: list[Document] = []
    gold: dict[str, float] = {}
    dates = [*entry.haystack_dates, *[""] * (len(entry.haystack_sessions) - len(entry.haystack_dates))]
    for session, (turns, date) in enumerate(zip(entry.haystack_sessions, dates, strict=False)):
        for place, turn in enumerate(turns):
            if not turn.content.strip():
                continue
            name = f"{session}/{place}"
            text = f"{turn.role.capitalize()}: {turn.content}"
            documents.append(Document(name, text, timestamp=date, modality="conversation"))
            if turn.has_answer:
                gold[name] = 1.0
    answers = set(entry.answer_session_ids)
    sessions = tuple(str(n) for n, name in enumerate(entry.haystack_session_ids) if name in answers)
    if not sessions and not gold:
        return Case(pool, (), (), {"no session that answers: left out": 1})
    question = Question(entry.question, pool, entry.question_type, gold, sessions)
    return Case(pool, tuple(documents), (question,), {} if gold else {"no marked turn: session level only": 1})
