"""Sets of one's own."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from memory_eval.bench.jsonl import cases
from memory_eval.errors import BenchError
from tests.memory_eval.bench.samples import write, write_lines

DOCS = (
    {"id": "d1", "text": "tulips", "project": "p", "session": "s1", "timestamp": "2024-05-01"},
    {"id": "d2", "text": "violin", "project": "p", "session": "s2"},
    {"id": "d1", "text": "cat", "project": "q"},
)
QUERIES = (
    {"id": "q1", "text": "flowers", "project": "p", "part": "easy"},
    {"id": "q2", "text": "pets", "project": "q"},
    {"id": "q3", "text": "nothing", "project": "q"},
)
QRELS = {"q1": {"d1": 2, "d2": 0}, "q2": ["d1", "gone"]}


def _folder(path: Path, qrels: object = QRELS) -> Path:
    write_lines(path / "docs.jsonl", *DOCS)
    write_lines(path / "queries.jsonl", *QUERIES)
    write(path / "qrels.json", qrels)
    return path


def test_projects_are_pools(tmp_path: Path) -> None:
    """Ids need only differ within one; judgements are lists or gains."""
    first, second = cases([_folder(tmp_path)])
    assert [(one.id, one.text, one.timestamp) for one in first.documents] == [
        ("0/0", "tulips", "2024-05-01"),
        ("1/1", "violin", ""),
    ]
    assert [(one.part, one.gold, one.sessions) for one in first.questions] == [("easy", {"0/0": 2.0}, ("0",))]
    assert [(one.id, one.text) for one in second.documents] == [("0", "cat")]
    assert [one.gold for one in second.questions] == [{"0": 1.0}]
    assert first.counted == {"no judged document: left out": 1}
    assert first.pool != second.pool


def test_two_folders_do_not_mix(tmp_path: Path) -> None:
    """Their projects may have the same names."""
    found = list(cases([_folder(tmp_path / "a"), _folder(tmp_path / "b")]))
    assert len({case.pool for case in found}) == 4


def test_packed_files_are_read(tmp_path: Path) -> None:
    """Told by their bytes, named with or without `.gz`."""
    plain = list(cases([_folder(tmp_path)]))
    for name in ("docs.jsonl", "queries.jsonl", "qrels.json"):
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).unlink()
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(data))
    assert list(cases([tmp_path])) == plain
    (tmp_path / "docs.jsonl.gz").write_bytes(gzip.compress(b"x" * 1000)[:-12])
    with pytest.raises(BenchError, match="cannot be read"):
        list(cases([tmp_path]))


@pytest.mark.parametrize(
    ("row", "said"),
    [({"id": "d1", "text": "again", "project": "p"}, "docs.jsonl:4.*occurs twice"), ({"id": 5}, "docs.jsonl:4")],
)
def test_mistakes_are_named(tmp_path: Path, row: dict[str, object], said: str) -> None:
    """With file and line."""
    _folder(tmp_path)
    write_lines(tmp_path / "docs.jsonl", *DOCS, row)
    with pytest.raises(BenchError, match=said):
        list(cases([tmp_path]))
