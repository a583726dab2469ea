"""What a question asks for, by its words."""

from __future__ import annotations

import pytest

from memory_fabric.answer.terms import AskedTerms, asked_terms, terms_in


def test_a_rare_word_weighs_more_and_all_add_up_to_one() -> None:
    """Words that hold a question together weigh nothing."""
    asked = asked_terms("how is the journal pruned", {"journal": 50, "prune": 1}, 100)
    assert asked.weights.keys() == {"journal", "prune"}
    assert asked.weights["prune"] > asked.weights["journal"]
    assert sum(asked.weights.values()) == pytest.approx(1.0)
    assert asked.rarest == "prune"


def test_what_occurs_nowhere_is_unknown() -> None:
    """The share of it tells that the memory may hold no answer."""
    known = asked_terms("journal", {"journal": 3}, 100)
    half = asked_terms("journal of zebras", {"journal": 3, "zebra": 0}, 100)
    assert known.unknown == 0.0
    assert 0.5 < half.unknown < 1.0


def test_a_question_of_function_words_keeps_them() -> None:
    """There is nothing else to look for."""
    assert asked_terms("what is this", {}, 10).weights
    assert asked_terms("?!", {}, 10) == AskedTerms({}, 0.0)


@pytest.mark.parametrize(
    ("text", "wants"),
    [
        ("how many chunks are there", (True, False, False)),
        ("сколько фрагментов хранится", (True, False, False)),
        ("why is it rebuilt", (False, True, False)),
        ("почему ответ пуст", (False, True, False)),
        ("what is a seal", (False, False, True)),
        ("что такое водяной знак", (False, False, True)),
        ("where is the socket", (False, False, False)),
    ],
)
def test_the_kind_of_answer_that_is_wanted(text: str, wants: tuple[bool, bool, bool]) -> None:
    """A number, a reason or a definition; in both languages."""
    asked = asked_terms(text, {}, 10)
    assert (asked.wants_number, asked.wants_reason, asked.wants_definition) == wants


def test_forms_of_a_word_are_one_term() -> None:
    """In English and in Russian."""
    assert terms_in("rebuilding rebuilt rebuilds")[0] == terms_in("rebuild")[0]
    assert terms_in("индексы") == terms_in("индексами")


def test_cover_is_the_weight_of_what_is_there() -> None:
    """From nothing to everything."""
    asked = asked_terms("journal prune", {"journal": 5, "prune": 5}, 100)
    assert asked.covered(frozenset()) == 0.0
    assert asked.covered(frozenset({"journal"})) == pytest.approx(0.5)
    assert asked.covered(frozenset({"journal", "prune", "x"})) == pytest.approx(1.0)
