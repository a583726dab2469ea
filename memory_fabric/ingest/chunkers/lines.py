"""Cutting by lines: the fallback for everything, and the knife for what is too large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from memory_fabric.records import ChunkSpan

__all__ = ["LineMap", "SpanMaker", "chunk_lines", "cut_rows"]

SpanMaker = Callable[[int, int, int, int], ChunkSpan]
"""Makes a span of start, end, first and last line (1-based)."""


class LineMap:
    """Where the lines of a text begin.

    Args:
        text: The document text; lines end at the newline character only.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        starts = [0]
        position = text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = text.find("\n", position + 1)
        if starts[-1] == len(text) and len(starts) > 1:
            # a final line break ends the last line and begins none
            starts.pop()
        self.starts = starts
        self.rows = len(starts) if text else 0

    def offset(self, row: int) -> int:
        """Return where row `row` (0-based) begins; the end of the text for the row after the last."""
        return self.starts[row] if row < self.rows else len(self.text)

    def size(self, first: int, stop: int) -> int:
        """Return the characters of rows `first` to `stop`, the latter excluded."""
        return self.offset(stop) - self.offset(first)

    def is_blank(self, row: int) -> bool:
        """Whether a row holds nothing but white space."""
        return not self.text[self.offset(row) : self.offset(row + 1)].strip()

    def indent(self, row: int) -> int:
        """Return the white space at the beginning of a row, in characters."""
        line = self.text[self.offset(row) : self.offset(row + 1)]
        return len(line) - len(line.lstrip())


def chunk_lines(text: str, *, wanted_chars: int, max_chars: int) -> list[ChunkSpan]:
    """Cut a text by lines, at blank ones where it can; spans lie end to end and cover it whole."""
    lines = LineMap(text)
    return cut_rows(lines, 0, lines.rows, wanted_chars=wanted_chars, max_chars=max_chars)


def cut_rows(
    lines: LineMap,
    first: int,
    stop: int,
    *,
    wanted_chars: int,
    max_chars: int,
    make: SpanMaker = ChunkSpan,
) -> list[ChunkSpan]:
    """Cut rows `first` to `stop` into spans of about `wanted_chars`, none over `max_chars`.

    Args:
        lines: The document.
        first: First row, 0-based.
        stop: Row after the last.
        wanted_chars: A span is closed when the next row would make it larger.
        max_chars: Hard limit; a longer line is cut inside.
        make: Makes the spans.
    """
    spans: list[ChunkSpan] = []
    row = first
    while row < stop:
        end = _last_fitting(lines, row, stop, wanted_chars)
        if lines.size(row, end) <= max_chars:
            spans.append(make(lines.offset(row), lines.offset(end), row + 1, end))
        else:
            start, limit = lines.offset(row), lines.offset(end)
            cuts = [*range(start, limit, max_chars), limit]
            spans += [make(a, b, row + 1, end) for a, b in pairwise(cuts)]
        row = end
    return spans


def _last_fitting(lines: LineMap, row: int, stop: int, wanted_chars: int) -> int:
    """Return the row after the last that fits; at least one row, and the best border in the second half."""
    end = row + 1
    while end < stop and lines.size(row, end + 1) <= wanted_chars:
        end += 1
    if end >= stop or end == row + 1:
        return end
    return _border(lines, range(row + (end - row) // 2 + 1, end + 1), end)


def _border(lines: LineMap, rows: Sequence[int], default: int) -> int:
    """Return the row before which to cut: after a blank line, else where the indentation is least."""
    best, best_value = default, -1.0
    for row in rows:
        if row >= lines.rows:
            continue
        after_blank = lines.is_blank(row - 1) and not lines.is_blank(row)
        value = (100.0 if after_blank else 0.0) + 50.0 / (1 + lines.indent(row)) + row * 1e-3
        if value > best_value:
            best, best_value = row, value
    return best
