"""Filters and selectors choose exactly the items that they describe."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import InputError
from memory_fabric.operations import ForgetSelector
from memory_fabric.records import Filters
from memory_fabric.store.conditions import below
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import item

_NAMES = st.text(alphabet="ab!/.0", min_size=1, max_size=6).map(lambda text: f"/{text}")


def _selected(store: Store, selector: ForgetSelector) -> list[str]:
    items = [store.item_brief(item_id) for item_id in store.select_items(selector).item_ids]
    return sorted(found.source.uri for found in items if found is not None)


@pytest.fixture
def filled(store: Store) -> Store:
    """Give a store with items that differ in every field."""
    store.write(
        put=[
            item("/src/a.py", "x", modality="code", timestamp_s=10.0),
            item("/src/a.py.bak", "x", timestamp_s=20.0),
            item("/src/z.zip!/a.txt", "x", "y", project="q", timestamp_s=30.0),
            item("", "x", uri="jsonl:s/1", layer="session", timestamp_s=None, meta={"session": "s1"}),
        ]
    )
    return store


@pytest.mark.parametrize(
    ("selector", "uris"),
    [
        (ForgetSelector(path="/src/a.py"), ["/src/a.py"]),
        (ForgetSelector(path="/src"), ["/src/a.py", "/src/a.py.bak", "/src/z.zip!/a.txt"]),
        (ForgetSelector(path="/src/"), ["/src/a.py", "/src/a.py.bak", "/src/z.zip!/a.txt"]),
        (ForgetSelector(path="/src/z.zip"), ["/src/z.zip!/a.txt"]),
        (ForgetSelector(path="/"), ["/src/a.py", "/src/a.py.bak", "/src/z.zip!/a.txt"]),
        (ForgetSelector(path="/sr"), []),
        (ForgetSelector(project="q"), ["/src/z.zip!/a.txt"]),
        (ForgetSelector(since_s=20.0), ["/src/a.py.bak", "/src/z.zip!/a.txt"]),
        (ForgetSelector(until_s=20.0), ["/src/a.py"]),
        (ForgetSelector(path="/src", project="p", since_s=15.0), ["/src/a.py.bak"]),
        (ForgetSelector(session="s1"), ["jsonl:s/1"]),
        (ForgetSelector(ids=("mi_unknown",)), []),
    ],
)
def test_a_selector_chooses_what_it_says(filled: Store, selector: ForgetSelector, uris: list[str]) -> None:
    """Every field that is set must match; a path means the file, or the folder with everything below it."""
    assert _selected(filled, selector) == uris


def test_an_empty_selector_is_refused(filled: Store) -> None:
    """Nothing set must never mean everything."""
    with pytest.raises(InputError, match="selector"):
        filled.select_items(ForgetSelector())


@pytest.mark.slow
def test_many_ids_are_one_query(filled: Store) -> None:
    """More ids than a statement may have parameters are no obstacle."""
    known = filled.list_items(Filters()).items[0].id
    many = (*(f"mi_{n}" for n in range(300_000)), known)
    assert filled.select_items(ForgetSelector(ids=many)).item_ids == (known,)


def test_a_selection_counts_chunks(filled: Store) -> None:
    """The number of fragments is told before anything is deleted."""
    assert filled.select_items(ForgetSelector(project="q")).chunks == 2


@pytest.mark.parametrize(
    ("filters", "uris"),
    [
        (Filters(), ["/src/a.py", "/src/a.py.bak", "/src/z.zip!/a.txt", "jsonl:s/1"]),
        (Filters(projects=("q", "r")), ["/src/z.zip!/a.txt"]),
        (Filters(modalities=("code",)), ["/src/a.py"]),
        (Filters(languages=("ru",)), []),
        (Filters(layers=("session",)), ["jsonl:s/1"]),
        (Filters(path_prefix="/src/z.zip", languages=("en",)), ["/src/z.zip!/a.txt"]),
        (Filters(since_s=10.0, until_s=30.0), ["/src/a.py", "/src/a.py.bak"]),
    ],
)
def test_filters_narrow_a_list(filled: Store, filters: Filters, uris: list[str]) -> None:
    """Each field restricts, empty ones do not."""
    assert sorted(found.source.uri for found in filled.list_items(filters).items) == uris


@pytest.mark.slow
@given(paths=st.lists(_NAMES, max_size=12), folder=_NAMES)
def test_below_is_the_path_its_folder_or_its_archive(paths: list[str], folder: str) -> None:
    """The range condition says the same as the plain definition."""
    condition, values = below("column1", [folder])
    base = folder.rstrip("/")
    with closing(sqlite3.connect(":memory:")) as database:
        rows = [
            path
            for path in paths
            if database.execute(f"SELECT 1 FROM (VALUES (?)) WHERE {condition}", (path, *values)).fetchone()
        ]
    wanted = [path for path in paths if path == (base or "/") or path.startswith((f"{base}/", f"{base}!/"))]
    assert rows == wanted
