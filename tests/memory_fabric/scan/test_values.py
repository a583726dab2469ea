"""Values that are secrets, and values that are not."""

from __future__ import annotations

import pytest

from memory_fabric.scan.values import is_password, is_placeholder, looks_random


@pytest.mark.parametrize(
    "value",
    ["changeme", "<password>", "${TOKEN}", "{{ secret }}", "your-api-key", "********", "xxxx", "%(password)s", "null"],
)
def test_what_stands_for_a_secret_is_none(value: str) -> None:
    """Placeholders of people and of templates."""
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value", ["getUserById2", "sha256_crypt_v1", "2026-01-31T12:00:00", "src/app/main.py", "a" * 40]
)
def test_names_dates_and_paths_are_not_random(value: str) -> None:
    """What programs are full of."""
    assert not looks_random(value)


@pytest.mark.parametrize(
    "value", ["9f8e7c6d5b4a39281706f5e4d3c2b1a0", "kJ8x2Lq9vB4nR7tY1wZ3", "3b1f2c4e-58aa-4d0b-9c77-0a1e2d3c4b5f"]
)
def test_what_a_machine_has_drawn_is_random(value: str) -> None:
    """Hexadecimal, letters and digits, a UUID."""
    assert looks_random(value)


@pytest.mark.parametrize(
    ("value", "is_plain", "expected"),
    [
        ("Sunrise77!", False, True),
        ("hunter2024", False, True),
        ("user_name_2", False, False),
        ("letters", False, False),
        ("letters", True, True),
        ("short", True, False),
        ("self.password", True, False),
    ],
)
def test_a_password_is_told_from_a_name(value: str, is_plain: bool, expected: bool) -> None:
    """In a settings file a word is enough, in code it is not."""
    assert is_password(value, is_plain=is_plain) is expected
