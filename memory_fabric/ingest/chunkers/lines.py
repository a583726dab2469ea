"""Cutting by lines: the fallback for everything, and the knife for what is too large."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection
from itertools import accumulate, pairwise

from memory_fabric.records import ChunkSpan

__all__ = ["LineMap", "SpanMaker", "chunk_lines", "cut_rows"]

SpanMaker = Callable[[int, int, int, int], ChunkSpan]
"""Makes a span of start, end, first and last line (1-based)."""

_SENTENCE = re.compile(r"(?<![.!?…])[.!?…]++[\"'»”)\]]*+\s++|[。！？]")
_TOKEN = re.compile(r"\s+|[;,}>]")
"""Where a line may be cut when it has no sentence: between words, or after what ends a statement of packed code."""

_STRETCH = 1.25
"""A rest of up to this share of the wanted size is not cut again, so that no crumb is left at the end."""

_CRUMB = 0.25
"""Rows of less than this share of the wanted size go with the long line behind them."""

_TAIL = 0.1
"""A rest of less than this share of the wanted size goes with the rows before it where the limit allows."""


class LineMap:
    """Where the lines of a text begin.

    Args:
        text: The document text; lines end at the newline character only.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        lines = text.split("\n")
        if not lines[-1]:
            # a final line break ends the last line and begins none
            lines.pop()
        self.rows = len(lines)
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        starts[-1] = len(text)
        self._starts = starts

    def offset(self, row: int) -> int:
        """Return where row `row` (0-based) begins; the end of the text for the row after the last."""
        return self._starts[row]

    def size(self, first: int, stop: int) -> int:
        """Return the characters of rows `first` to `stop`, the latter excluded."""
        return self._starts[stop] - self._starts[first]

    def part(self, first: int, stop: int) -> str:
        """Return the text of rows `first` to `stop`, the latter excluded."""
        return self.text[self._starts[first] : self._starts[stop]]

    def is_blank(self, row: int) -> bool:
        """Whether a row holds nothing but white space."""
        return not self.part(row, row + 1).strip()

    def indent(self, row: int) -> int:
        """Return the white space at the beginning of a row, in characters."""
        line = self.part(row, row + 1)
        return len(line) - len(line.lstrip())

    def row_of(self, offset: int) -> int:
        """Return the row (0-based) that holds the character at `offset`."""
        return bisect_right(self._starts, offset, 0, self.rows) - 1

    def row_after(self, first: int, stop: int, size_chars: int) -> int:
        """Return the row after the last that fits into `size_chars` from row `first` on; at least one fits."""
        found = bisect_right(self._starts, self._starts[first] + size_chars, first + 1, stop + 1) - 1
        return max(found, first + 1)


def chunk_lines(text: str, *, wanted_chars: int, max_chars: int) -> list[ChunkSpan]:
    """Cut a text by lines, at blank ones where it can; spans lie end to end and cover it whole.

    Args:
        text: The document text.
        wanted_chars: Wanted size of a span.
        max_chars: Hard limit; a longer line is cut inside.
    """
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
    borders: Collection[int] = frozenset(),
) -> list[ChunkSpan]:
    """Cut rows `first` to `stop` into spans of about `wanted_chars`, none over `max_chars`.

    Args:
        lines: The document.
        first: First row, 0-based.
        stop: Row after the last.
        wanted_chars: A span is closed when the next row would make it larger.
        max_chars: Hard limit; a longer line is cut inside.
        make: Makes the spans.
        borders: Rows before which a cut is best, such as the first rows of statements.
    """
    wanted = max(1, min(wanted_chars, max_chars))
    spans: list[ChunkSpan] = []
    row = first
    while row < stop:
        end = _last_row(lines, row, stop, wanted, max_chars, borders)
        is_cut = lines.size(row, end) > max_chars
        if lines.size(end, stop) < wanted * _TAIL and (is_cut or lines.size(row, stop) <= max_chars):
            end = stop
        cuts = [lines.offset(row), lines.offset(end)]
        if cuts[1] - cuts[0] > max_chars:
            cuts = _inside(lines.text, cuts[0], cuts[1], wanted, max_chars)
        spans += [make(a, b, lines.row_of(a) + 1, lines.row_of(b - 1) + 1) for a, b in pairwise(cuts)]
        row = end
    return spans


def _last_row(lines: LineMap, row: int, stop: int, wanted: int, limit: int, borders: Collection[int]) -> int:
    """Return the row after the last one of a span that begins at `row`."""
    if lines.size(row, stop) <= min(wanted * _STRETCH, limit):
        return stop
    fitting = lines.row_after(row, stop, wanted)
    if fitting == stop:
        return stop
    if lines.size(row, fitting) < wanted * _CRUMB and lines.size(row, fitting + 1) > limit:
        # a heading or a blank line before a very long one is cut together with it
        return fitting + 1
    return _border(lines, row, fitting, borders) if row + 1 < fitting else fitting


def _border(lines: LineMap, first: int, fitting: int, borders: Collection[int]) -> int:
    """Return the row before which to cut, in the second half of what fits.

    A border is best, then the row after a blank one, then the least indentation; of equal rows the last.
    """
    best, best_value = fitting, -1.0
    for row in range(first + (fitting - first) // 2 + 1, fitting + 1):
        after_blank = lines.is_blank(row - 1) and not lines.is_blank(row)
        value = 200.0 * (row in borders) + 100.0 * after_blank + 50.0 / (1 + lines.indent(row)) + row * 1e-6
        if value > best_value:
            best, best_value = row, value
    return best


def _inside(text: str, start: int, stop: int, wanted: int, limit: int) -> list[int]:
    """Return where to cut one long line, both ends included: at sentences, else between words, else anywhere."""
    cuts = [start]
    while stop - cuts[-1] > limit:
        begin = cuts[-1]
        cut = _last_end(_SENTENCE, text, begin + wanted // 4, begin + wanted)
        cut = cut or _last_end(_TOKEN, text, begin + wanted // 2, begin + wanted) or begin + wanted
        cuts.append(cut)
    return [*cuts, stop]


def _last_end(border: re.Pattern[str], text: str, begin: int, stop: int) -> int:
    """Return where the last match between two offsets ends, or 0."""
    end = 0
    for match in border.finditer(text, begin, stop):
        end = match.end()
    return end
