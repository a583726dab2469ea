"""Russian stems beside those of Snowball's own implementation, which Tantivy carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.index.sparse.stem_russian import stem_russian
from memory_fabric.index.sparse.tantivy_query import native_stem

NATIVE = native_stem()


@pytest.mark.parametrize(
    ("word", "stem"),
    [("компонентов", "компонент"), ("индексация", "индексац"), ("взгр", "взгр"), ("сильнейший", "сильн"), ("", "")],
)
def test_known_stems(word: str, stem: str) -> None:
    """Nouns, a superlative, a word without vowels, and nothing."""
    assert stem_russian(word) == stem


ROOTS = st.sampled_from("компонент индекс чита красн вид пис дел сил нов работ откры бр взя".split())
ENDINGS = st.sampled_from(
    "а ов ами иями ость ости ивши вшись ующий щего ть ла лись нный енный ейший ейше ся ее ого ыми ий нн ь и".split()
)


@given(ROOTS, st.lists(ENDINGS, max_size=3).map("".join))
def test_equals_snowball_on_made_up_words(root: str, ending: str) -> None:
    """Words put together from roots and endings have the same stem in both."""
    assert stem_russian(root + ending) == NATIVE(root + ending)
