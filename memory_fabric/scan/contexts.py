"""Words that say what a number is."""

from __future__ import annotations

import re

from memory_fabric.scan.findings import Text

__all__ = ["is_said"]

_BEFORE, _AFTER = 60, 30


def is_said(text: Text, start: int, end: int, words: re.Pattern[str]) -> bool:
    """Return whether one of `words` stands near: just before, just after, or in the first line of a table.

    Args:
        text: The whole.
        start: Of the number.
        end: Of the number.
        words: Tried on a few dozen characters.
    """
    string = text.text
    if words.search(string, max(0, start - _BEFORE), start) or words.search(string, end, _line_end(string, end)):
        return True
    first = string[: min(_line_end(string, 0), 1_000)]
    is_table = start > len(first) and any(mark in first for mark in ",;\t|")
    return is_table and words.search(first) is not None


def _line_end(string: str, start: int) -> int:
    newline = string.find("\n", start, start + _AFTER)
    return newline if newline >= 0 else min(start + _AFTER, len(string))
