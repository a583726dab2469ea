"""Tokens are counted by the tokenizer of whoever reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import CharDelimiterSplit, Whitespace

from foundation.errors import InputError
from memory_fabric.embed.counters import TokenCounters
from memory_fabric.errors import ModelError


def put(path: Path, mark: str = "") -> None:
    """Write a tokenizer that splits at white space, or at a mark."""
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = CharDelimiterSplit(mark) if mark else Whitespace()
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path))


def test_each_model_counts_its_own_way(tmp_path: Path) -> None:
    """In the folder of a whole model, or alone."""
    put(tmp_path / "models" / "one" / "source" / "tokenizer.json")
    put(tmp_path / "models" / "two" / "tokenizer.json", mark="-")
    counters = TokenCounters(tmp_path)
    assert counters.counter("one")("a b c") == 3
    assert counters.counter("two")("a b c-d") == 2


@pytest.mark.parametrize("name", ["../one", "One", "", "a/b"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    """Nothing outside the model caches is read."""
    with pytest.raises(InputError, match="not the name of a model"):
        TokenCounters(tmp_path).counter(name)


def test_a_missing_or_broken_tokenizer_is_named(tmp_path: Path) -> None:
    """With the place where it should lie."""
    with pytest.raises(InputError, match="no tokenizer of `gone` in"):
        TokenCounters(tmp_path).counter("gone")
    broken = tmp_path / "models" / "broken" / "tokenizer.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{}")
    with pytest.raises(ModelError, match="cannot read the tokenizer"):
        TokenCounters(tmp_path).counter("broken")
