"""What every benchmark becomes: pools of documents, questions with what answers them, and figures."""

from __future__ import annotations

import msgspec

__all__ = ["BenchReport", "BenchRow", "Case", "Document", "Question", "Shape"]


class Document(msgspec.Struct, frozen=True):
    """One thing that can be found; its id stands in no index, so that a benchmark's names give nothing away."""

    id: str
    """Within its pool. Of a turn `SESSION/NUMBER`."""
    text: str
    title: str = ""
    timestamp: str = ""
    modality: str = ""
    """Decided by its look when empty."""
    language: str = ""


class Question(msgspec.Struct, frozen=True):
    """A question and what answers it."""

    text: str
    pool: str
    part: str
    """The kind of question, by which figures are given apart."""
    gold: dict[str, float]
    """Ids of documents, each with its gain; may be empty where only sessions are marked."""
    sessions: tuple[str, ...] = ()
    """Ids of sessions."""
    is_apart: bool = False
    """Whether it counts in the figures of its part only, as adversarial questions do."""


class Case(msgspec.Struct, frozen=True):
    """A pool and the questions that are asked of it."""

    pool: str
    documents: tuple[Document, ...]
    questions: tuple[Question, ...]
    counted: dict[str, int] = {}
    """What a reader of the figures must know: questions left out, by reason."""


class Shape(msgspec.Struct, frozen=True):
    """What must be known of a benchmark to compare its figures with others."""

    name: str
    pool: str
    """What a question is asked of: `the question's own history`, `one conversation`, `the whole corpus`."""
    unit: str
    """What is searched and counted: `turn` or `document`."""
    notes: tuple[str, ...] = ()


class BenchRow(msgspec.Struct, frozen=True):
    """Figures of one part at one granularity."""

    part: str
    granularity: str
    pool: str
    n: int
    figures: dict[str, float]
    """`any@k`: share of questions with at least one of their answers among the first k; `fraction@k`: mean share of the
    answers there; `ndcg@10`, `mrr@10`."""


class BenchReport(msgspec.Struct, frozen=True):
    """The result of one run."""

    bench: str
    strategy: str
    pools: int
    documents: int
    questions: int
    """Asked, those apart included."""
    counted: dict[str, int]
    """Questions left out, by reason, and what else of the files is not as its format says."""
    rows: tuple[BenchRow, ...]
    depth: int
    """Fragments asked for: what stands further down is not found."""
    p50_ms: float
    p95_ms: float
    notes: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
