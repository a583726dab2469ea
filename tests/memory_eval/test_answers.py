"""Questions with and without an answer: the shipped set is honest, and counting is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_eval.answers import evaluate_answers, is_at, load_answer_set, spans_of
from memory_eval.errors import GoldenSetError
from memory_eval.run import Span
from memory_fabric.operations import Answer, AnswerSentence
from memory_fabric.records import Cite


def test_the_set_is_large_enough_and_even() -> None:
    """At least sixty of each kind, in both halves and both languages."""
    questions = load_answer_set()
    assert len({question.id for question in questions}) == len(questions)
    for is_answerable in (True, False):
        kind = [question for question in questions if question.is_answerable == is_answerable]
        assert len(kind) >= 60
        assert {question.half for question in kind} == {0, 1}
        assert {question.language for question in kind} == {"en", "ru"}


def test_every_passage_of_this_repository_stands_where_it_is_said_to() -> None:
    """An edit that removes or doubles a passage must mend the set."""
    lost = [q.id for q in load_answer_set() if q.corpus == "repository" and len(spans_of(q)) != len(q.passages)]
    assert lost == []


def test_the_library_has_nearly_all_passages() -> None:
    """Docstrings change between versions of Python."""
    library = [q for q in load_answer_set() if q.corpus == "python-library" and q.is_answerable]
    assert sum(not spans_of(q) for q in library) <= len(library) // 10


def test_a_question_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    """Answerable without a passage; the line is named."""
    path = tmp_path / "mine.jsonl"
    path.write_text(
        '{"set":"mine"}\n{"id":"a-1","text":"x","language":"en","corpus":"repository","is_answerable":true,"passages":[]}\n'
    )
    with pytest.raises(GoldenSetError, match=r"mine\.jsonl:2"):
        load_answer_set(path)


def test_lines_that_touch_count() -> None:
    """Of the same file only."""
    spans = [Span("/a", 5, 7)]
    assert is_at(Cite(path="/a", line=7, line_end=9), spans)
    assert not is_at(Cite(path="/a", line=8, line_end=9), spans)
    assert not is_at(Cite(path="/b", line=5, line_end=7), spans)


def test_counting() -> None:
    """One of each: right at once, right at the second sentence, wrongly silent, rightly silent, wrongly sure."""
    asked = [q for q in load_answer_set() if q.is_answerable and q.corpus == "repository"][:3]
    asked += [q for q in load_answer_set() if not q.is_answerable][:2]
    (right,), second = spans_of(asked[0])[:1], spans_of(asked[1])[0]
    cites = {
        asked[0].text: (Cite(path=right.path, line=right.line_start, line_end=right.line_end),),
        asked[1].text: (Cite(path="/x"), Cite(path=second.path, line=second.line_start, line_end=second.line_end)),
        asked[4].text: (Cite(path="/x"),),
    }

    def ask(text: str) -> Answer:
        found = cites.get(text, ())
        sentences = tuple(AnswerSentence(number, "s", cite, 1.0) for number, cite in enumerate(found, 1))
        return Answer(bool(found), sentences, (), 0.5, 2.0)

    report = evaluate_answers(asked, ask)
    assert (report.abstention_precision, report.abstention_recall) == (0.5, 0.5)
    assert (report.answered, report.accuracy_1, report.accuracy_3) == (0.6667, 0.5, 1.0)
    assert report.p50_ms == 2.0
