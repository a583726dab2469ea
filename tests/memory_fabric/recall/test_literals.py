"""Identifiers in questions, and who holds them."""

from __future__ import annotations

import pytest

from foundation.errors import ConflictError
from memory_fabric.recall.literals import count_held, literals_of
from tests.memory_fabric.rows import make_row


def go_on() -> None:
    """Nothing stops the work."""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("where is parse_config called", ("parse_config",)),
        ("why does parseQuery fail", ("parseQuery",)),
        ("what is E10421?", ("E10421",)),
        ("see PROJ-42, then (QUEUE-5669)", ("PROJ-42", "QUEUE-5669")),
        ("what does --dry-run do", ("--dry-run",)),
        ("the default value of an option in --help", ()),
        ("who wrote a3f9c1d2", ("a3f9c1d2",)),
        ("ошибка CACHE_FULL_9 при записи", ("CACHE_FULL_9",)),
        ("mod57.read_all is slow", ("mod57.read_all",)),
        ("value of `x_y=1`", ("x_y",)),
        ("how does GitHub use JavaScript and UTF-8 in python3.11", ()),
        ("top-10 of 2024, please", ()),
        ("how are indexes rebuilt after a crash", ()),
        ("как перестраиваются индексы", ()),
    ],
)
def test_only_what_no_prose_holds_is_an_identifier(text: str, found: tuple[str, ...]) -> None:
    """Names of products, versions and numbers are words like others."""
    assert literals_of(text) == found


def test_an_identifier_is_held_as_a_whole_word() -> None:
    """A longer identifier is another one; punctuation around it does not matter."""
    rows = [make_row(1, "see run_2."), make_row(2, "run_20"), make_row(3, "a.run_2()"), make_row(4, "my_run_2")]
    assert count_held(rows, ["run_2"], go_on) == {1: 1, 3: 1}


def test_case_is_ignored_only_where_nothing_has_it_as_written() -> None:
    """`CACHE_FULL` is not `cache_full`, unless there is no other."""
    rows = [make_row(1, "cache_full"), make_row(2, "CACHE_FULL")]
    assert count_held(rows, ["CACHE_FULL"], go_on) == {2: 1}
    assert count_held(rows[:1], ["CACHE_FULL"], go_on) == {1: 1}


def test_what_many_hold_is_not_rare() -> None:
    """A name that a whole module uses does not order its fragments."""
    rows = [make_row(n, "call load_all here") for n in range(1, 7)]
    assert count_held(rows, ["load_all"], go_on) == {}
    assert len(count_held(rows[:5], ["load_all"], go_on)) == 5


def test_two_identifiers_count_twice() -> None:
    """Who holds both comes before who holds one."""
    rows = [make_row(1, "a_one b_two"), make_row(2, "a_one")]
    assert count_held(rows, ["a_one", "b_two"], go_on) == {1: 2, 2: 1}


@pytest.mark.parametrize("piece", ["a", "a_b", "_", "1", "--a", "aB", "a1", "f0", "A", "a.", "a:b_", "."])
def test_a_very_long_word_is_no_identifier(piece: str) -> None:
    """Pasted data costs no time: the shapes are not tried on it, and it is nobody's name."""
    assert literals_of(f"what is {piece * 50_000} and run_2") == ("run_2",)


def test_a_pasted_log_counts_by_its_first_identifiers() -> None:
    """A thousand of them would each be looked for everywhere."""
    named = [f"name_{n}" for n in range(1_000)]
    assert literals_of(" ".join(named)) == tuple(named[:64])


def test_the_search_for_holders_can_be_stopped() -> None:
    """A deadline is looked at for every identifier."""
    asked = 0

    def stop() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise ConflictError("stopped")

    with pytest.raises(ConflictError):
        count_held([make_row(1)], [f"name_{n}" for n in range(10)], stop)
    assert asked == 3
