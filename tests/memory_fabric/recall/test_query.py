"""What is read out of a question."""

from __future__ import annotations

import pytest

from memory_fabric.errors import QueryError
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


@pytest.mark.parametrize("query", [RecallQuery(text=""), RecallQuery(text=" \n")])
def test_an_empty_question_is_refused(query: RecallQuery) -> None:
    """There is nothing to look for."""
    with pytest.raises(QueryError, match="`text`: is empty"):
        plan_query(query)


@pytest.mark.parametrize("k", [-1, 0, 1_001])
def test_a_page_of_impossible_size_is_refused(k: int) -> None:
    """The library refuses what the wire refuses."""
    with pytest.raises(QueryError, match=r"`k`: `-?[0-9]+` is out of range"):
        plan_query(RecallQuery(text="x", k=k))


@pytest.mark.parametrize("piece", ["a", "a.", "a/", ".", "/", "-", "a_", "A", "::a", "a.Aa", "`a"])
def test_a_question_of_one_long_run_is_read_at_once(piece: str) -> None:
    """Pasted data of a hundred thousand characters names no file, and no pattern takes the square of its length."""
    plan = plan_query(RecallQuery(text=f"{piece * (100_000 // len(piece))} see cli/main.py"))
    assert plan.signals.file_hints == ("cli/main.py",)


def test_names_of_one_question_are_bounded() -> None:
    """Each is looked for in every candidate; what the caller gave is kept whole."""
    text = " ".join(f'name_{n} dir/file_{n}.py "phrase {n}"' for n in range(1_000))
    plan = plan_query(RecallQuery(text=text, signals=Signals(code_symbols=tuple(f"given_{n}" for n in range(100)))))
    assert len(plan.signals.code_symbols) == 164
    assert len(plan.signals.file_hints) == len(plan.quoted) == len(plan.literals) == 64
