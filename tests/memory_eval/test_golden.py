"""The shipped golden sets are whole and honest."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_eval.corpora import corpus_folder
from memory_eval.errors import GoldenSetError
from memory_eval.golden import list_sets, load_set
from memory_eval.run import locate


@pytest.mark.parametrize(("name", "least"), [("cairn", 60), ("python-library", 60), ("russian", 40)])
def test_a_set_has_enough_questions(name: str, least: int) -> None:
    """The size that the project promises."""
    assert len(load_set(name).questions) >= least


@pytest.mark.parametrize("name", ["cairn", "russian"])
def test_every_passage_stands_where_it_is_said_to(name: str) -> None:
    """An edit that removes or doubles a passage must mend the set."""
    golden = load_set(name)
    corpus = corpus_folder(golden.corpus)
    lost = [q.id for q in golden.questions for p in q.passages if locate(p, corpus) is None]
    assert lost == []


def test_the_library_set_fits_this_interpreter() -> None:
    """Docstrings change between versions: nearly all passages must still be there."""
    golden = load_set("python-library")
    corpus = corpus_folder(golden.corpus)
    lost = [q.id for q in golden.questions for p in q.passages if locate(p, corpus) is None]
    assert len(lost) <= len(golden.questions) // 10


def test_names_are_listed() -> None:
    """All three are found by name."""
    assert list_sets() == ["cairn", "python-library", "russian"]


def test_an_unknown_set_is_refused_with_the_known_ones() -> None:
    """The message says what there is."""
    with pytest.raises(GoldenSetError, match="one of cairn, python-library, russian"):
        load_set("nothing")


def test_a_malformed_line_names_file_and_line(tmp_path: Path) -> None:
    """The third line has no passages."""
    path = tmp_path / "mine.jsonl"
    path.write_text(
        '{"set":"mine","about":"a","corpus":"repository","language":"en"}\n'
        '{"id":"1","text":"a","passages":[]}\n{"id":"2","text":"b"}\n'
    )
    with pytest.raises(GoldenSetError, match=r"mine\.jsonl:3"):
        load_set(str(path))


def test_a_byte_that_is_no_text_names_file_and_line(tmp_path: Path) -> None:
    """It is malformed like any other line."""
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b'{"set":"mine","about":"\xff","corpus":"repository","language":"en"}\n')
    with pytest.raises(GoldenSetError, match=r"mine\.jsonl:1"):
        load_set(str(path))
