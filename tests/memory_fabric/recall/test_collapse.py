"""Folding near-duplicates and sources."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.recall.collapse import _is_same, _shingles, fold_page
from memory_fabric.records import ChunkRow
from tests.memory_fabric.rows import make_row


def go_on() -> None:
    """Nothing stops the work."""


LICENCE = "permission is hereby granted free of charge to any person obtaining a copy of this software " * 3


def test_copies_are_folded_behind_the_first() -> None:
    """The same text in two files is one answer that says so."""
    rows = [make_row(1, LICENCE), make_row(2, "another text altogether"), make_row(3, LICENCE + "now")]
    kept, folded = fold_page(rows, k=10, max_per_source=None, check=go_on)
    assert [int(row.id) for row in kept] == [1, 2]
    assert folded == {1: 1}


def test_versions_of_a_function_stay_apart() -> None:
    """A changed body is not a copy."""
    rows = [
        make_row(1, "def area(r):\n    return 3.14 * r * r"),
        make_row(2, "def area(w, h):\n    return w * h"),
    ]
    assert len(fold_page(rows, k=10, max_per_source=None, check=go_on)[0]) == 2


def test_imported_records_are_never_folded() -> None:
    """Their ids are what the caller asks for."""
    rows = [make_row(n, LICENCE, uri=f"jsonl:p/{n}") for n in (1, 2)]
    assert len(fold_page(rows, k=10, max_per_source=None, check=go_on)[0]) == 2


def test_a_source_shows_its_best_fragments_only() -> None:
    """Further fragments of a file are counted behind its first one."""
    rows = [make_row(n, f"text {n} of many", item=7) for n in range(1, 6)] + [make_row(9, item=8)]
    kept, folded = fold_page(rows, k=10, max_per_source=2, check=go_on)
    assert [int(row.id) for row in kept] == [1, 2, 9]
    assert folded == {1: 3}


def test_functions_of_one_file_are_sources_of_their_own() -> None:
    """A module holds many things; the methods of a class are one."""
    names = ["a, a2", "b", "C, C.one", "C.two", "C.three", "d::e"]
    rows = [make_row(n, f"text {n} of many", item=7, modality="code", symbol=name) for n, name in enumerate(names, 1)]
    kept, folded = fold_page(rows, k=10, max_per_source=2, check=go_on)
    assert [int(row.id) for row in kept] == [1, 2, 3, 4, 6]
    assert folded == {3: 1}


@given(st.lists(st.text(alphabet="abc ", max_size=20), max_size=12))
def test_nothing_is_lost_by_folding(texts: list[str]) -> None:
    """Kept and folded together are all rows."""
    rows = [make_row(n, text) for n, text in enumerate(texts, 1)]
    kept, folded = fold_page(rows, k=100, max_per_source=None, check=go_on)
    assert len(kept) + sum(folded.values()) == len(rows)


def shingles_of(row: ChunkRow) -> frozenset[int]:
    """Return none for imported records."""
    return frozenset() if row.uri.startswith("jsonl:") else _shingles(row.text)


def compared_with_all(
    ranked: list[ChunkRow], k: int, max_per_source: int | None
) -> tuple[list[ChunkRow], dict[int, int]]:
    """Fold as it is defined: every fragment is compared with everything kept before."""
    kept: list[ChunkRow] = []
    page: list[ChunkRow] = []
    more: dict[int, int] = {}
    for row in ranked:
        twin = next((other for other in kept if _is_same(shingles_of(row), shingles_of(other))), None)
        if twin is None:
            siblings = [other for other in page if other.item_key == row.item_key]
            if max_per_source is None or len(siblings) < max_per_source:
                page.append(row)
            else:
                more[int(siblings[0].id)] = more.get(int(siblings[0].id), 0) + 1
            kept.append(row)
            if len(kept) >= max(30, k * 3) and len(page) >= k:
                break
        else:
            more[int(twin.id)] = more.get(int(twin.id), 0) + 1
    return page[:k], more


@st.composite
def edited(draw: st.DrawFn) -> list[ChunkRow]:
    """Give fragments of which many are others with small edits, around the share that tells copies apart."""
    words = st.sampled_from("a b c d e f g h ab bc cd de ef fg gh ha".split())
    bases = draw(st.lists(st.lists(words, max_size=60), min_size=1, max_size=4))
    rows = []
    for number in range(1, draw(st.integers(1, 50)) + 1):
        text = list(draw(st.sampled_from(bases)))
        for place in draw(st.lists(st.integers(0, 59), max_size=3)):
            text[place : place + 1] = [draw(words)]
        item = draw(st.integers(1, 6))
        uri = draw(st.sampled_from(["", "", "", f"jsonl:p/{number}"]))
        rows.append(make_row(number, " ".join(text), item=item, uri=uri))
    return rows


@given(edited(), st.integers(1, 20), st.sampled_from([None, 1, 3]))
def test_folding_is_what_comparing_with_all_gives(rows: list[ChunkRow], k: int, max_per_source: int | None) -> None:
    """The short cut by rare shingles changes nothing."""
    assert fold_page(rows, k=k, max_per_source=max_per_source, check=go_on) == compared_with_all(
        rows, k, max_per_source
    )


def test_a_page_is_filled_although_one_source_fills_the_top() -> None:
    """What one document folds away makes room for others, however many fragments it has."""
    rows = [make_row(n, f"word{n} alone", item=7) for n in range(1, 101)] + [make_row(n, item=n) for n in (101, 102)]
    page, more = fold_page(rows, k=4, max_per_source=3, check=go_on)
    assert [int(row.id) for row in page] == [1, 2, 3, 101]
    assert more == {1: 97}


def test_few_fragments_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work grows with the fragments and not with their pairs, even where all begin with the same licence."""
    compared = 0

    def counted(a: frozenset[int], b: frozenset[int]) -> bool:
        nonlocal compared
        compared += 1
        return _is_same(a, b)

    monkeypatch.setattr("memory_fabric.recall.collapse._is_same", counted)
    rows = [make_row(n, LICENCE + " ".join(f"w{n * m % 997}" for m in range(1, 80))) for n in range(1, 1_001)]
    page, _ = fold_page(rows, k=1_000, max_per_source=None, check=go_on)
    assert len(page) > 900
    assert compared < 5_000


def test_folding_can_be_stopped() -> None:
    """A deadline is looked at again and again, while shingles are made and while they are compared."""
    rows = [make_row(n, f"word{n} alone") for n in range(1, 321)]
    asked: list[int] = []
    fold_page(rows, k=320, max_per_source=None, check=lambda: asked.append(1))
    assert len(asked) >= 20
