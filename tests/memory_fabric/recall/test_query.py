"""What is read out of a question."""

from __future__ import annotations

import pytest

from memory_fabric.recall.query import plan_query
from memory_fabric.records import RecallQuery, Signals


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("where is parse_config called", ("parse_config",)),
        ("what does XMLHttpRequest do", ("XMLHttpRequest",)),
        ("how does Store::open work", ("Store::open",)),
        ("call flush() twice", ("flush",)),
        ("json.dumps of a tuple", ("json.dumps",)),
        ("how are indexes rebuilt", ()),
        ("What happened in May", ()),
        ("как работает parseQuery", ("parseQuery",)),
    ],
)
def test_identifiers_are_recognised(text: str, symbols: tuple[str, ...]) -> None:
    """Only words that code alone writes count as symbols."""
    assert plan_query(RecallQuery(text=text)).signals.code_symbols == symbols


def test_given_signals_are_kept_and_come_first() -> None:
    """What the caller says is not replaced by what is found."""
    query = RecallQuery(text="see load_all in cli/main.py", signals=Signals(code_symbols=("first",), terms=("x",)))
    plan = plan_query(query)
    assert plan.signals.code_symbols == ("first", "load_all")
    assert plan.signals.file_hints == ("cli/main.py",)
    assert plan.signals.terms == ("x",)


def test_quoted_phrases_are_found() -> None:
    """Quotes, backticks and guillemets mark phrases."""
    plan = plan_query(RecallQuery(text='say "hello there" and `x = 1` and «привет мир»'))
    assert plan.quoted == ("hello there", "x = 1", "привет мир")


def test_filters_follow_the_query() -> None:
    """Empty fields do not restrict; set fields become filters."""
    assert plan_query(RecallQuery(text="x")).filters.is_empty
    plan = plan_query(RecallQuery(text="x", project="p", modality=("code",), since=5.0))
    assert plan.filters.projects == ("p",)
    assert plan.filters.modalities == ("code",)
    assert plan.filters.since_s == 5.0


def test_language_is_told() -> None:
    """Russian and English are told apart."""
    assert plan_query(RecallQuery(text="как перестраиваются индексы")).language == "ru"
    assert plan_query(RecallQuery(text="how are the indexes rebuilt when it is started")).language == "en"


@pytest.mark.parametrize(
    "piece", ["x", "a.", "a/", "_a", "A", "a::", '"', "-", "1", "a1", "--a", "x_", "aB", "é", "x ."]
)
def test_an_endless_word_is_no_name(piece: str) -> None:
    """Patterns that go back meet words of bounded length only: 100,000 characters are read as fast as others."""
    plan = plan_query(RecallQuery(text=f"see cli/main.py and {piece * (100_000 // len(piece))}"))
    assert plan.signals.file_hints[0] == "cli/main.py"
