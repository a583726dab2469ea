"""LongMemEval's format: a history for each question."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_eval.bench.longmemeval import cases
from memory_eval.errors import BenchError
from tests.memory_eval.bench.samples import longmemeval, write


def test_histories_are_read(tmp_path: Path) -> None:
    """Their session ids give nothing away; what asks for abstention is counted and left out."""
    entries = [longmemeval("q1"), longmemeval("q2_abs"), longmemeval("q3", is_marked=False)]
    first, second, third = cases([write(tmp_path / "l.json", entries)])
    assert len(first.documents) == 9
    assert (first.documents[5].id, first.documents[5].text) == ("1/2", "User: The colour of thing 1 is hue1.")
    assert first.documents[5].timestamp == "2023/05/21 (Sun) 02:21"
    assert "answer" not in "".join(one.id for one in first.documents)
    (question,) = first.questions
    assert (question.gold, question.sessions, question.part) == ({"1/2": 1.0}, ("1",), "single-session-user")
    assert (second.documents, second.counted) == ((), {"abstention: left out": 1})
    assert third.questions[0].gold == {}
    assert third.counted == {"no marked turn: session level only": 1}
    assert len({case.pool for case in (first, second, third)}) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"haystack_session_ids": ["one"]}, "as many sessions"),
        ({"haystack_sessions": "x"}, "entry 0"),
        ({"question": None}, "entry 0"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    """With the entry."""
    with pytest.raises(BenchError, match=said):
        list(cases([write(tmp_path / "l.json", [{**longmemeval("q1"), **change}])]))


def test_a_question_that_nothing_answers_is_left_out(tmp_path: Path) -> None:
    """Neither a marked turn nor a session."""
    entry = {**longmemeval("q1", is_marked=False), "answer_session_ids": ["gone"]}
    (case,) = cases([write(tmp_path / "l.json", [entry])])
    assert (case.questions, case.counted) == ((), {"no session that answers: left out": 1})
