"""Text that the wire can carry: file names may hold bytes that are no text, and trailers have a size."""

from __future__ import annotations

__all__ = ["clipped", "sendable"]


def sendable(text: str) -> str:
    """Return `text` with what UTF-8 cannot encode replaced by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def clipped(text: str, max_chars: int) -> str:
    """Return `text` fit to be sent, cut to `max_chars` with an ellipsis in the place of what is missing."""
    text = sendable(text)
    return text if len(text) <= max_chars else f"{text[: max_chars - 1]}…"
