"""Text that can be sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from servers.grpc_api.wire_text import clipped, sendable

_ANY = st.text(st.characters(codec=None, exclude_categories=()))


@given(_ANY)
def test_anything_becomes_sendable(text: str) -> None:
    """The result is UTF-8 of the same length; what was fine stays as it was."""
    sent = sendable(text)
    assert len(sent.encode("utf-8").decode("utf-8")) == len(text)
    if not any(0xD800 <= ord(char) <= 0xDFFF for char in text):
        assert sent == text


@given(_ANY, st.integers(3, 60))
def test_clipped_keeps_to_its_size(text: str, most: int) -> None:
    """What fits is only made sendable; a cut is marked."""
    cut = clipped(text, most)
    whole = sendable(text)
    assert len(cut.encode()) <= most
    assert cut == whole if len(whole.encode()) <= most else "…" in cut


def test_both_ends_survive() -> None:
    """The name at the head and the reason at the end are what a reader needs."""
    cut = clipped(f"`/{'deep/' * 1000}` is outside the allowed folders", 100)
    assert cut.startswith("`/deep/")
    assert cut.endswith("is outside the allowed folders")
