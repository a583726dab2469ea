"""Words standing together prove more than scattered ones."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import ChunkId
from memory_fabric.recall.proof import proofs
from tests.memory_fabric.rows import make_row

FAR = " nothing of note here" * 20


def proven(question: str, *texts: str) -> list[float]:
    """Return the proof in each text."""
    rows = [make_row(n, text) for n, text in enumerate(texts, 1)]
    found = proofs(question, rows, lambda: None)
    return [round(found[row.id], 3) for row in rows]


def test_together_is_more_than_apart_is_more_than_half() -> None:
    """The same words in one sentence, at both ends, and one of them only; none is nothing."""
    together, apart, half, none = proven(
        "which folders may be indexed",
        f"{FAR} Only folders of the list are indexed.",
        f"Only folders. {FAR} And they are indexed.",
        f"Only folders. {FAR}",
        FAR,
    )
    assert together == 1.0 > apart > half > none == 0.0


def test_a_rare_word_counts_more() -> None:
    """What every candidate holds tells nothing about any."""
    rare, common = proven("seal of an index", "the seal", "the index", *["the index"] * 8)[:2]
    assert rare > 2 * common


@pytest.mark.parametrize(
    ("question", "text", "is_found"),
    [
        ("legs", "legate", False),
        ("leg", "two legs", True),
        ("box", "boxes", True),
        ("index", "indexing", True),
        ("page", "fold_page(rows)", True),
        ("page", "foldPage(rows)", True),
        ("page", "foldpage(rows)", False),
        ("foldPage", "page", True),
        ("папка", "в папках", True),
        ("HTTP", "HTTPServer", True),
        ("row", "İİİ rows", True),
    ],
)
def test_forms_of_a_word(question: str, text: str, *, is_found: bool) -> None:
    """Endings, parts of identifiers, capitals, letters that grow when made small."""
    assert (proven(question, text)[0] > 0) is is_found


def test_the_context_counts_but_stands_nowhere() -> None:
    """A heading belongs to the fragment, not to a sentence of it."""
    row = msgspec.structs.replace(make_row(1, "are indexed"), context="Folders")
    assert 0.5 < proofs("folders indexed", [row], lambda: None)[ChunkId(1)] < 1.0


@pytest.mark.parametrize("question", ["what is the", "…", "и как же"])
def test_a_question_without_words_proves_nothing(question: str) -> None:
    """Every candidate keeps its score."""
    assert proofs(question, [make_row(1, "what is the text")], lambda: None) == {}


@given(st.text(max_size=80), st.lists(st.text(max_size=200), min_size=1, max_size=5))
def test_it_is_a_share(question: str, texts: list[str]) -> None:
    """Of whatever text, 0 to 1."""
    rows = [make_row(n, text) for n, text in enumerate(texts, 1)]
    assert all(0.0 <= value <= 1.0 + 1e-9 for value in proofs(question, rows, lambda: None).values())


def test_it_stops_when_told() -> None:
    """A deadline reaches it."""

    def stop() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        proofs("words", [make_row(1)], stop)
