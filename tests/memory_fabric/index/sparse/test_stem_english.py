"""English stems beside those of Snowball's own implementation, which Tantivy carries."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.index.sparse.stem_english import stem_english
from memory_fabric.index.sparse.tantivy_query import native_stem

NATIVE = native_stem()


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("indexes", "index"),
        ("running", "run"),
        ("added", "add"),
        ("skies", "sky"),
        ("generously", "generous"),
        ("", ""),
    ],
)
def test_known_stems(word: str, stem: str) -> None:
    """Plain words, exceptions and nothing."""
    assert stem_english(word) == stem


@pytest.mark.slow
def test_equals_snowball_on_real_words() -> None:
    """Every word of a hundred modules of the standard library has the same stem in both."""
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[:100]
    words = {word for path in files for word in re.findall("[a-z]+", path.read_text("utf-8").lower())}
    assert len(words) > 5_000
    assert {word: stem_english(word) for word in words} == {word: NATIVE(word) for word in words}


PIECES = st.sampled_from(
    "gener commun past inter organ lat sky ly ing ed eed ingly s ss ies ied y bl at iz tt ational ization fulness "
    "ousness iveness biliti li ogi log alize icate ative ful ness ement ment ent sion tion e l ll us a o st x w".split()
)


@given(st.lists(PIECES, min_size=1, max_size=4).map("".join))
def test_equals_snowball_on_made_up_words(word: str) -> None:
    """Words put together from endings have the same stem in both."""
    assert stem_english(word) == NATIVE(word)
