"""Exact matches: what each adds, and what a question full of names costs."""

from __future__ import annotations

import msgspec
import pytest

from memory_fabric.recall.boost import matcher, raised
from memory_fabric.recall.query import plan_query
from memory_fabric.records import RecallQuery, Signals
from tests.memory_fabric.rows import make_row


def test_a_definition_asked_for_by_name_is_lifted() -> None:
    """The symbol, the file and the quoted phrase each add; their sum is bounded."""
    boost = matcher(plan_query(RecallQuery(text='where is parse_config in "settings reader" of loader.py')))
    plain = make_row(1, path="/x/other.py")
    full = make_row(2, "the settings reader", path="/x/loader.py", symbol="Loader.parse_config", symbol_kind="method")
    assert boost(plain) == 0.0
    assert boost(full) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("hint", "path", "is_meant"),
    [
        ("loader.py", "/x/loader.py", True),
        ("loader", "/x/loader.py", True),
        ("x/loader", "/src/x/loader.py", True),
        ("./x/loader.py", "/src/x/loader.py", True),
        ("oader.py", "/x/loader.py", False),
        ("./", "/x/loader.py", False),
        ("/", "/x/loader.py", False),
        ("loader.py", "", False),
    ],
)
def test_a_file_is_named_by_its_name_or_a_part_of_its_path(hint: str, path: str, is_meant: bool) -> None:
    """A hint of nothing but dots and slashes names no file."""
    boost = matcher(plan_query(RecallQuery(text="words", signals=Signals(file_hints=(hint,)))))
    row = msgspec.structs.replace(make_row(1), path=path)
    assert (boost(row) > 0) == is_meant


def test_a_module_adds_less_than_a_definition() -> None:
    """The name of a module stands on every fragment of it."""
    boost = matcher(plan_query(RecallQuery(text="words", signals=Signals(code_symbols=("loader",)))))
    assert boost(make_row(1, symbol="loader", symbol_kind="module")) == pytest.approx(0.1)
    assert boost(make_row(1, symbol="x::loader", symbol_kind="function")) == pytest.approx(0.3)


def test_a_raised_relevance_stays_in_its_range() -> None:
    """The top is the limit, and no boost changes nothing."""
    assert raised(0.2, 0.5, 0.6) == pytest.approx(0.4)
    assert raised(0.6, 0.5, 0.6) == pytest.approx(0.6)
    assert raised(0.3, 0.0) == 0.3


def test_every_symbol_of_a_fragment_counts() -> None:
    """Small functions that share a fragment are each found by name."""
    row = make_row(1, symbol="get_a, Store.get_b, get_c", symbol_kind="function")
    for name in ("get_a", "get_b", "get_c"):
        boost = matcher(plan_query(RecallQuery(text="words", signals=Signals(code_symbols=(name,)))))
        assert boost(row) == pytest.approx(0.3)
    boost = matcher(plan_query(RecallQuery(text="words", signals=Signals(code_symbols=("get_d",)))))
    assert boost(row) == 0.0


def test_what_was_said_at_the_time_is_lifted() -> None:
    """A document's date is that of its last edit, and what has no date was at no time."""
    boost = matcher(plan_query(RecallQuery(text="what did we do in May 2023")))
    told = msgspec.structs.replace(make_row(1, timestamp_s=1.6843e9), layer="session")
    assert boost(told) == pytest.approx(0.25)
    assert boost(msgspec.structs.replace(told, timestamp_s=1.6e9)) == 0.0
    assert boost(msgspec.structs.replace(told, layer="document")) == 0.0
    assert boost(msgspec.structs.replace(told, is_dated=False)) == 0.0
