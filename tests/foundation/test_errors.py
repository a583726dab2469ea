"""The root of all errors."""

from __future__ import annotations

from foundation.errors import BusyError, CairnError, InputError


def test_an_error_says_what_happened_and_what_to_do() -> None:
    """In one line."""
    assert str(CairnError("the disk is full", fix="make room")) == "the disk is full; make room"
    assert str(CairnError("the disk is full")) == "the disk is full"


def test_a_wrong_input_names_its_field() -> None:
    """For people and for programs."""
    error = InputError("query.k", "0 is too few", fix="use 1 to 1000")
    assert str(error) == "`query.k`: 0 is too few; use 1 to 1000"
    assert (error.code, error.field, error.fields) == ("invalid_argument", "query.k", {"field": "query.k"})


def test_backpressure_says_when_to_come_again() -> None:
    """It is the one that waiting helps."""
    error = BusyError("the queue is full", retry_after_s=0.5)
    assert error.is_retryable
    assert "0.5 s" in str(error)
