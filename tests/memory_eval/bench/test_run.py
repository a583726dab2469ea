"""A benchmark against a real memory, from file to figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_eval.bench.records import BenchReport
from memory_eval.bench.run import FORMATS, ask, load
from memory_eval.errors import BenchError
from tests.memory_eval.bench.samples import KEYS, LOCOMO, beir, longmemeval, write
from tests.memory_fabric.fabric_parts import go_on, ignore, open_fabric


def _run(folder: Path, name: str, path: Path, keys: tuple[Path, ...] = (), limit: int = 0) -> BenchReport:
    corpus = load(name, [path], split="", keys=keys, limit=limit)
    with open_fabric(folder / "memory") as fabric:
        fabric.ingest(corpus.records(), project="", report=ignore, check=go_on)
        fabric.wait_until_searchable(is_dense=True, report=ignore, check=go_on)
        return ask(
            corpus, lambda query: fabric.recall(query, check=go_on), strategy="adaptive", on_question=lambda _: None
        )


@pytest.mark.slow
def test_locomo_is_measured(tmp_path: Path) -> None:
    """Turn and session level, adversarial apart, with corrected keys."""
    path, keys = write(tmp_path / "l.json", [LOCOMO, LOCOMO]), write(tmp_path / "k.json", KEYS)
    report = _run(tmp_path, "locomo", path, (keys,))
    rows = {(row.granularity, row.part): row for row in report.rows}
    assert (report.pools, report.documents, report.questions) == (2, 6, 8)
    assert report.counted["no evidence: left out"] == 2
    assert rows["turn", "all"].n == rows["session", "all"].n == 6
    assert rows["turn", "adversarial"].n == 2
    # five are found by their words; the key of the second conversation was not corrected
    assert rows["turn", "all"].figures["any@5"] == pytest.approx(5 / 6, abs=0.001)
    assert {row.pool for row in report.rows} == {"one conversation"}
    assert report.degraded == ("no vector search: no text model is configured",)


@pytest.mark.slow
def test_longmemeval_is_measured(tmp_path: Path) -> None:
    """Each question in its own history: the same words in others are not found."""
    entries = [longmemeval("a", answer=0), longmemeval("b_abs"), longmemeval("c", answer=2)]
    report = _run(tmp_path, "longmemeval", write(tmp_path / "l.json", entries))
    rows = {row.granularity: row for row in report.rows}
    assert (report.questions, report.counted) == (2, {"abstention: left out": 1})
    assert rows["turn"].figures["mrr@10"] == rows["session"].figures["mrr@10"] == 1.0
    assert _run(tmp_path / "one", "longmemeval", tmp_path / "l.json", limit=1).questions == 1


@pytest.mark.slow
def test_beir_is_measured(tmp_path: Path) -> None:
    """By documents, with graded gains."""
    report = _run(tmp_path, "beir", beir(tmp_path))
    (row,) = report.rows
    assert (row.n, row.granularity, row.pool) == (2, "document", "the whole corpus")
    assert row.figures["mrr@10"] == 1.0
    assert row.figures["fraction@5"] == 0.75


def test_what_cannot_be_run_is_refused(tmp_path: Path) -> None:
    """A format that is not known, keys where there are none, files without a question."""
    with pytest.raises(BenchError, match="one of longmemeval"):
        load("squad", [], split="", keys=(), limit=0)
    with pytest.raises(BenchError, match="`keys`"):
        load("beir", [], split="", keys=(tmp_path,), limit=0)
    for name in FORMATS[:2]:
        corpus = load(name, [write(tmp_path / "x.json", [])], split="", keys=(), limit=0)
        assert list(corpus.records()) == []
        with pytest.raises(BenchError, match="no question"):
            ask(corpus, lambda _: pytest.fail("nothing is asked"), strategy="adaptive", on_question=lambda _: None)
