"""The marks that take the place of what was found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.scan.findings import Finding, apart
from memory_fabric.scan.redact import is_rest_of, mark, redacted


@given(st.integers(0, 200))
def test_a_mark_is_as_long_as_what_it_hides(size: int) -> None:
    """Whatever the room."""
    assert len(mark("aws-key", size)) == size


def test_a_mark_says_as_much_as_there_is_room_for() -> None:
    """The kind, that something was there, or nothing but stars."""
    assert mark("card", 16) == "[redacted:card*]"[:-2] + "*]"
    assert mark("card", 12) == "[redacted**]"
    assert mark("card", 4) == "****"


def test_every_line_of_a_block_is_marked_in_its_place() -> None:
    """Indentation and line ends stay."""
    text = "k: |\n  AAAABBBBCCCCDDDDEEEE\n  FFFFGGGG\nend"
    after = redacted(text, [Finding("private_key", "key", 7, 38)])
    assert after == "k: |\n  [redacted:key******]\n  ********\nend"


def test_findings_that_overlap_are_told_apart() -> None:
    """A secret is stronger than a number inside it, a long finding than a short one."""
    token, card, name = Finding("api_token", "t", 5, 30), Finding("card", "card", 0, 16), Finding("email", "e", 40, 50)
    assert apart([card, name, token, Finding("email", "e", 42, 50)]) == [token, name]


def test_a_redacted_text_still_stands_in_its_source() -> None:
    """Marks stand for anything of their length on one line; all else must be the same."""
    assert is_rest_of("a = [redacted:x**] * 2", "1\na = 0123456789abcd * 2\n")
    assert not is_rest_of("a = [redacted:x**] * 2", "a = 0123456789abc * 2")
    assert not is_rest_of("b = [redacted:x**]", "a = 0123456789abcd")
    assert is_rest_of("plain", "so plain")
