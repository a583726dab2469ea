"""A golden set of three questions over three files, whose metrics are worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from foundation.ids import ChunkId, ItemId
from memory_eval.golden import GoldenSet, Passage, Question, load_set
from memory_eval.run import EvalResult, Span, evaluate, locate
from memory_fabric.records import Cite, Hit, RecallQuery, RecallResult, ScoreParts
from tests.memory_fabric.fabric_parts import index, open_fabric

FILES = {
    "a.md": "# Apples\n\nApples keep in a\ncool cellar.\n\nPears do not.\n",
    "b.md": "# Bees\n\nBees dance to\ntell the way.\n",
    "c.md": "# Clocks\n\nA clock strikes.\nA clock strikes.\n",
}
CELLAR = Passage("a.md", "keep in a cool cellar")
GOLDEN = GoldenSet(
    name="hand",
    about="made by hand",
    corpus="",
    language="en",
    questions=(
        Question("q1", "where do apples keep", (CELLAR,)),
        Question("q2", "apples and bees", (Passage("a.md", "Apples keep"), Passage("b.md", "Bees dance"))),
        Question("q3", "what does nobody know", (Passage("b.md", "tell the way"),)),
    ),
)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """The three files."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def hit(path: Path, first: int, last: int) -> Hit:
    """Return an answer that cites some lines."""
    cite = Cite(path=str(path), line=first, line_end=last)
    return Hit(ItemId("mi_1"), 1.0, ScoreParts(), "", cite, "text", "p", ChunkId(1))


def prepared(corpus: Path) -> dict[str, RecallResult]:
    """Return answers whose metrics are known."""
    a, b, c = (corpus / name for name in FILES)
    answers = {
        "where do apples keep": (1.0, [hit(b, 1, 4), hit(a, 4, 6)]),
        "apples and bees": (9.0, [hit(a, 1, 4), *[hit(c, 1, 4)] * 5, hit(b, 3, 3)]),
        "what does nobody know": (2.0, [hit(b, 1, 3), hit(c, 1, 4)]),
    }
    return {text: RecallResult(tuple(hits), took_ms) for text, (took_ms, hits) in answers.items()}


def test_by_hand(corpus: Path) -> None:
    """The first is found at place 2, the second at 1 and 7, the third not: its neighbour's lines are not its own."""
    answers = prepared(corpus)
    result = evaluate(GOLDEN, corpus, lambda query: answers[query.text], project="p")
    second = (1 + 1 / math.log2(8)) / (1 + 1 / math.log2(3))
    assert (result.set, result.queries, result.regressed) == ("hand", 3, False)
    assert result.recall_5 == pytest.approx((1 + 0.5 + 0) / 3, abs=1e-4)
    assert result.recall_10 == result.recall_20 == pytest.approx(2 / 3, abs=1e-4)
    assert result.ndcg_10 == pytest.approx((1 / math.log2(3) + second + 0) / 3, abs=1e-4)
    assert result.mrr_10 == pytest.approx((1 / 2 + 1 + 0) / 3, abs=1e-4)
    assert (result.p50_ms, result.p95_ms, result.p99_ms) == (2.0, 9.0, 9.0)


def test_every_question_is_asked_once_as_told(corpus: Path) -> None:
    """Project, strategy and at least 20 results; progress counts."""
    asked: list[RecallQuery] = []
    done: list[int] = []

    def recall(query: RecallQuery) -> RecallResult:
        asked.append(query)
        return RecallResult((), 1.0)

    evaluate(GOLDEN, corpus, recall, project="home", k=5, strategy="rrf", on_question=done.append)
    assert [query.text for query in asked] == [question.text for question in GOLDEN.questions]
    assert {(query.project, query.k, query.strategy) for query in asked} == {("home", 20, "rrf")}
    assert done == [1, 2, 3]


def test_no_question_is_no_division_by_zero(corpus: Path) -> None:
    """All figures are 0."""
    empty = msgspec.structs.replace(GOLDEN, questions=())
    result = evaluate(empty, corpus, lambda _: RecallResult((), 1.0), project="p")
    assert (result.queries, result.recall_20, result.ndcg_10, result.p99_ms) == (0, 0.0, 0.0, 0.0)


def test_a_lost_passage_counts_as_not_found(corpus: Path) -> None:
    """A set that no longer fits its corpus gives worse figures, never better ones."""
    (corpus / "b.md").write_text("# Nothing\n")
    answers = prepared(corpus)
    result = evaluate(GOLDEN, corpus, lambda query: answers[query.text], project="p")
    assert result.recall_20 == pytest.approx((1 + 0.5 + 0) / 3, abs=1e-4)


def test_a_reason_to_doubt_the_figures_is_said_once(corpus: Path) -> None:
    """Figures without the vectors are not those of the whole."""
    answer = RecallResult((), 1.0, degraded=("no vector search",))
    assert evaluate(GOLDEN, corpus, lambda _: answer, project="p").degraded == ("no vector search",)
    assert evaluate(GOLDEN, corpus, lambda _: RecallResult((), 1.0), project="p").degraded == ()


def test_the_names_on_the_wire(corpus: Path) -> None:
    """As other programs read them."""
    result = evaluate(GOLDEN, corpus, lambda _: RecallResult((), 1.0), project="p")
    names = "set queries recall@5 recall@10 recall@20 ndcg@10 mrr@10 p50_ms p95_ms p99_ms regressed degraded".split()
    encoded = msgspec.json.encode(result)
    assert list(msgspec.json.decode(encoded)) == names
    assert msgspec.json.decode(encoded, type=EvalResult) == result


def test_a_passage_is_located_by_its_words(corpus: Path) -> None:
    """White space is folded, so a passage may go over the end of a line."""
    assert locate(CELLAR, corpus) == Span(str(corpus / "a.md"), 3, 4)


@pytest.mark.parametrize(
    "passage",
    [
        Passage("c.md", "A clock strikes."),
        Passage("a.md", "keep in a warm cellar"),
        Passage("none.md", "Apples"),
        Passage("a.md", "apples"),
        Passage("a.md", "Pears do not?"),
    ],
)
def test_a_passage_that_is_not_in_exactly_one_place(corpus: Path, passage: Passage) -> None:
    """Doubled, gone, in no file, in other letters, or with a sign that means something in patterns."""
    assert locate(passage, corpus) is None


@pytest.mark.slow
def test_a_real_memory_answers_a_set_from_a_file(corpus: Path, tmp_path: Path) -> None:
    """Index, ask, measure: three questions in the words of their passages are all answered first."""
    lines = [{"set": "mine", "about": "x", "corpus": str(corpus), "language": "en"}]
    for number, (name, words) in enumerate((("a.md", "Pears do not"), ("b.md", "dance to tell"), ("c.md", "Clocks"))):
        lines.append({"id": str(number), "text": words, "passages": [{"path": name, "contains": words}]})  # type: ignore[dict-item]  # lines of two kinds
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, lines)))
    with open_fabric(tmp_path / "memory") as fabric:
        index(fabric, corpus, project="mine")
        result = evaluate(load_set(str(path)), corpus, fabric.recall, project="mine")
    assert (result.queries, result.recall_5, result.ndcg_10, result.mrr_10) == (3, 1.0, 1.0, 1.0)
    assert 0 < result.p50_ms <= result.p95_ms <= result.p99_ms
