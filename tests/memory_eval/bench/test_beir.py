"""BEIR's format: corpus, queries, judgements."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_eval.bench.beir import cases
from memory_eval.errors import BenchError
from tests.memory_eval.bench.samples import beir


def test_a_set_is_read(tmp_path: Path) -> None:
    """Graded judgements; a title stands for a missing text; questions without a judged document are left out."""
    (case,) = cases([beir(tmp_path)])
    assert [(one.id, one.title, one.text) for one in case.documents] == [
        ("0", "Tulips", "They are planted in autumn."),
        ("1", "", "A violin has four strings."),
        ("2", "", "Only a title"),
    ]
    assert [one.gold for one in case.questions] == [{"0": 2.0, "2": 1.0}, {"1": 1.0}]
    assert case.counted == {"no judged document: left out": 1}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("corpus.jsonl", '{"_id": "a", "text": "x"}\n{"id": "b"}\n', "corpus.jsonl:2"),
        ("queries.jsonl", "[]\n", "queries.jsonl:1"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n1\ta\n", "test.tsv:2"),
        ("qrels/test.tsv", "1\ta\t1\n1\tb\tmuch\n", "test.tsv:2: `much`"),
        ("corpus.jsonl", None, "holds no `corpus.jsonl`"),
        ("qrels/test.tsv", None, "holds no `qrels/test.tsv`"),
    ],
)
def test_other_folders_are_refused(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    """With the file and the line."""
    path = beir(tmp_path) / name
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(BenchError, match=said):
        list(cases([tmp_path]))


def test_judgements_stay_in_their_folder(tmp_path: Path) -> None:
    """A name is no path, and a link is not followed out."""
    folder = tmp_path / "set"
    folder.mkdir()
    beir(folder)
    with pytest.raises(BenchError, match="no name of judgements"):
        list(cases([folder], "../secret"))
    (tmp_path / "elsewhere.jsonl").write_text('{"_id": "a", "text": "x"}\n')
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    with pytest.raises(BenchError, match="leads out"):
        list(cases([folder]))
