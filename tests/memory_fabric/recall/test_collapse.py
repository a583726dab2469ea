"""Folding near-duplicates and sources."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.recall.collapse import fold_duplicates, fold_sources
from tests.memory_fabric.rows import make_row

LICENCE = "permission is hereby granted free of charge to any person obtaining a copy of this software " * 3


def test_copies_are_folded_behind_the_first() -> None:
    """The same text in two files is one answer that says so."""
    rows = [make_row(1, LICENCE), make_row(2, "another text altogether"), make_row(3, LICENCE + "now")]
    kept, folded = fold_duplicates(rows, limit=10)
    assert [int(row.id) for row in kept] == [1, 2]
    assert folded == {1: 1}


def test_versions_of_a_function_stay_apart() -> None:
    """A changed body is not a copy."""
    rows = [
        make_row(1, "def area(r):\n    return 3.14 * r * r"),
        make_row(2, "def area(w, h):\n    return w * h"),
    ]
    assert len(fold_duplicates(rows, limit=10)[0]) == 2


def test_imported_records_are_never_folded() -> None:
    """Their ids are what the caller asks for."""
    rows = [make_row(n, LICENCE, uri=f"jsonl:p/{n}") for n in (1, 2)]
    assert len(fold_duplicates(rows, limit=10)[0]) == 2


def test_a_source_shows_its_best_fragments_only() -> None:
    """Further fragments of a file are counted behind its first one."""
    rows = [make_row(n, f"text {n}", item=7) for n in range(1, 6)] + [make_row(9, item=8)]
    kept, folded = fold_sources(rows, max_per_source=2)
    assert [int(row.id) for row in kept] == [1, 2, 9]
    assert folded == {1: 3}


def test_functions_of_one_file_are_sources_of_their_own() -> None:
    """A module holds many things; the methods of a class are one."""
    names = ["a", "b", "C.one", "C.two", "C.three", "d::e"]
    rows = [make_row(n, f"text {n}", item=7, modality="code", symbol=name) for n, name in enumerate(names, 1)]
    kept, folded = fold_sources(rows, max_per_source=2)
    assert [int(row.id) for row in kept] == [1, 2, 3, 4, 6]
    assert folded == {3: 1}


@given(st.lists(st.text(alphabet="abc ", max_size=20), max_size=12))
def test_nothing_is_lost_by_folding(texts: list[str]) -> None:
    """Kept and folded together are all rows."""
    rows = [make_row(n, text) for n, text in enumerate(texts, 1)]
    kept, folded = fold_duplicates(rows, limit=100)
    assert len(kept) + sum(folded.values()) == len(rows)
