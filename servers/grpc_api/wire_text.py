"""Text that the wire can carry: file names may hold bytes that are no text, and trailers have a size."""

from __future__ import annotations

__all__ = ["clipped", "sendable"]

_GAP = "…"


def sendable(text: str) -> str:
    """Return `text` with what UTF-8 cannot encode replaced by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def clipped(text: str, max_bytes: int) -> str:
    """Return `text` fit to be sent, its middle left out when it has more than `max_bytes` (at least 3) as UTF-8.

    Both ends stay: a message begins with a name of any length and ends with what is wrong with it.
    """
    data = text.encode("utf-8", "replace")
    if len(data) <= max_bytes:
        return data.decode("utf-8")
    kept = max_bytes - len(_GAP.encode())
    tail = data[len(data) - kept // 2 :]
    return data[: kept - kept // 2].decode("utf-8", "ignore") + _GAP + tail.decode("utf-8", "ignore")
