"""Tokens, windows and how well a text fits a tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory_fabric.embed.tokens import TextTokenizer
from memory_fabric.errors import ModelError
from tests.memory_fabric.embed.tiny_model import VOCABULARY, WINDOW, write_tokenizer

CLS, SEP = VOCABULARY.index("[CLS]"), VOCABULARY.index("[SEP]")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> TextTokenizer:
    """A word-piece tokenizer of English words and letters."""
    path = tmp_path_factory.mktemp("tokens") / "tokenizer.json"
    write_tokenizer(path)
    return TextTokenizer(path, WINDOW)


def test_the_window_of_the_file_is_overruled(tokenizer: TextTokenizer) -> None:
    """A tokenizer frozen at five tokens gives as many as the text has, and no filling."""
    rows = tokenizer.encode(["the file reads an line of memory", "the"])
    assert [len(row) for row in rows] == [9, 3]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(max_size=200), max_size=5))
def test_no_row_is_longer_than_the_window(tokenizer: TextTokenizer, texts: list[str]) -> None:
    """Every row begins and ends as the model expects, and fits."""
    rows = tokenizer.encode(texts)
    assert len(rows) == len(texts)
    for row in rows:
        assert len(row) <= WINDOW
        assert (row[0], row[-1]) == (CLS, SEP)


def test_a_long_text_keeps_its_beginning(tokenizer: TextTokenizer) -> None:
    """Cutting drops the end of the words and keeps the closing token."""
    short, long = tokenizer.encode(["the file " * 6 + "the", "the file " * 500])
    assert short[:13] == long[:13]
    assert len(long) == WINDOW
    assert tokenizer.count("the file " * 500) == 1000


def test_fertility_tells_a_known_language(tokenizer: TextTokenizer) -> None:
    """Known words are one token each, spelt ones one a letter, unknown ones count their characters."""
    assert tokenizer.fertility("the file reads") == 1.0
    assert tokenizer.fertility("zzzzz") == 5.0
    assert tokenizer.fertility("файл читает") == 5.0
    assert tokenizer.fertility("the_file") == 1.0
    assert tokenizer.fertility("") == tokenizer.fertility("12 + 3.5") == 1.0


def test_a_broken_tokenizer_is_named(tmp_path: Path) -> None:
    """A file that is no tokenizer is an error that names it."""
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        TextTokenizer(tmp_path / "tokenizer.json", WINDOW)
    with pytest.raises(ModelError, match="missing"):
        TextTokenizer(tmp_path / "missing.json", WINDOW)
