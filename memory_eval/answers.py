"""Questions that the memory can answer and questions that it cannot: is the answer right, and is there one at all?

The set is a JSON-lines file like a golden set; each question says whether it `is_answerable`. Questions of the one half
are learned from (`half` 0), those of the other are reported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from memory_eval.corpora import corpus_folder
from memory_eval.errors import GoldenSetError
from memory_eval.golden import FOLDER, Passage
from memory_eval.metrics import percentile
from memory_eval.run import Span, locate
from memory_fabric.operations import Answer
from memory_fabric.records import Cite

__all__ = ["AnswerQuestion", "AnswerReport", "evaluate_answers", "is_at", "load_answer_set", "spans_of"]

_FILE = FOLDER / "answers" / "answers.jsonl"


class AnswerQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question, and the passages that answer it if there are any."""

    id: str
    text: str
    language: str
    corpus: str
    is_answerable: bool
    passages: tuple[Passage, ...]

    @property
    def half(self) -> int:
        """Return 0 where the question is learned from, 1 where it is reported: by its number."""
        return int(self.id.rpartition("-")[2]) % 2


class AnswerReport(msgspec.Struct, frozen=True):
    """What the answers to a set are worth."""

    questions: int
    abstention_precision: float
    """Share of the questions that were not answered which have no answer."""
    abstention_recall: float
    """Share of the questions without an answer that were not answered."""
    answered: float
    """Share of the answerable questions that were answered."""
    accuracy_1: float = msgspec.field(name="accuracy@1")
    """Of the answerable questions that were answered: the first sentence is the passage."""
    accuracy_3: float = msgspec.field(name="accuracy@3")
    """… or one of the first three is."""
    p50_ms: float
    p95_ms: float


def load_answer_set(path: Path = _FILE) -> list[AnswerQuestion]:
    """Return the shipped questions, or those of a file.

    Raises:
        GoldenSetError: A line is malformed, or an answerable question has no passage.
    """
    found: list[AnswerQuestion] = []
    for number, line in enumerate(path.read_bytes().splitlines()[1:], 2):
        try:
            question = msgspec.json.decode(line, type=AnswerQuestion)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise GoldenSetError("set", f"{path}:{number}: {error}") from error
        if question.is_answerable != bool(question.passages):
            raise GoldenSetError("set", f"{path}:{number}: an answerable question has passages, another one none")
        found.append(question)
    return found


def spans_of(question: AnswerQuestion) -> list[Span]:
    """Return where the passages of a question stand on this machine."""
    corpus = corpus_folder(question.corpus)
    return [span for passage in question.passages if (span := locate(passage, corpus)) is not None]


def is_at(cite: Cite, spans: Sequence[Span]) -> bool:
    """Return whether the cited lines touch any of the spans."""
    return any(
        cite.path == span.path and cite.line <= span.line_end and cite.line_end >= span.line_start for span in spans
    )


def evaluate_answers(questions: Sequence[AnswerQuestion], ask: Callable[[str], Answer]) -> AnswerReport:
    """Ask every question and judge the answers.

    Args:
        questions: Of both kinds.
        ask: Answers a text.
    """
    silent, rightly_silent, answered, first, any_of_3 = 0, 0, 0, 0, 0
    latencies: list[float] = []
    for question in questions:
        answer = ask(question.text)
        latencies.append(answer.took_ms)
        if not answer.is_answered:
            silent += 1
            rightly_silent += not question.is_answerable
        elif question.is_answerable:
            answered += 1
            spans = spans_of(question)
            places = [is_at(sentence.cite, spans) for sentence in answer.sentences[:3]]
            first += places[:1] == [True]
            any_of_3 += any(places)
    answerable = sum(question.is_answerable for question in questions)
    return AnswerReport(
        questions=len(questions),
        abstention_precision=_share(rightly_silent, silent),
        abstention_recall=_share(rightly_silent, len(questions) - answerable),
        answered=_share(answered, answerable),
        accuracy_1=_share(first, answered),
        accuracy_3=_share(any_of_3, answered),
        p50_ms=round(percentile(latencies, 0.50), 3),
        p95_ms=round(percentile(latencies, 0.95), 3),
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
