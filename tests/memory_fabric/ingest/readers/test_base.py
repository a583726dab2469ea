"""Budgets, cleaning and inner paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.base import Budget, clean, too_large, within
from memory_fabric.records import Document, SkippedFile

DOCUMENT = Document(text="x", modality="text", format="text", mime="text/plain")


def test_budget_counts_bytes_and_members() -> None:
    """Taking more than is left raises and marks the budget as spent."""
    budget = Budget(10, members_left=2)
    budget.take(4)
    assert not budget.is_spent
    with pytest.raises(UnreadableError, match="too much"):
        budget.take(7)
    assert budget.is_spent
    with pytest.raises(UnreadableError, match="too many members"):
        budget.take(0)


def test_budget_counts_text() -> None:
    """Many members that each grow a little are too much together."""
    budget = Budget(10, chars_left=5)
    budget.take_text(5)
    assert not budget.is_spent
    with pytest.raises(UnreadableError, match="too much text"):
        budget.take_text(1)
    assert budget.is_spent


def test_within_builds_the_full_hierarchy() -> None:
    """Inner paths name every container, folders go to the metadata."""
    inner = within("deep/b.zip", within("c/d.txt", DOCUMENT))
    assert isinstance(inner, Document)
    assert inner.inner_path == "deep/b.zip!/c/d.txt"
    assert inner.meta == {"folders": "deep/b.zip/c"}
    assert within("b.zip", SkippedFile("x", "broken")) == SkippedFile("b.zip!/x", "broken")
    assert within("b.zip", SkippedFile("", "broken")) == SkippedFile("b.zip", "broken")


def test_clean_joins_pairs_and_replaces_lone_surrogates() -> None:
    """An emoji written as two escapes is whole again, half of one is replaced."""
    assert clean("\ud83d\ude00 \ud83d!") == "\U0001f600 \ufffd!"
    assert clean("a\x00b\r\nc\rd") == "a\ufffdb\nc\nd"


@given(st.text(alphabet=st.characters()))
def test_clean_text_can_be_stored(text: str) -> None:
    """Whatever comes, the result is valid Unicode."""
    clean(text).encode()


def test_too_large_names_both_sizes() -> None:
    """The reason tells how large it is and what is allowed."""
    assert too_large(80 << 20, 32 << 20) == "too large (80 MB > 32 MB)"
    assert too_large(80, 32) == "too large (80 B > 32 B)"
