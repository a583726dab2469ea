"""Text put together line by line, each line remembering where it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from memory_fabric.ingest.readers.base import MAX_TEXT_CHARS, TOO_LONG, Result, clean
from memory_fabric.records import SkippedFile

__all__ = ["Lines", "folded"]


class Lines:
    """Collects lines of text with the source line of each.

    Args:
        max_chars: Lines that would come after so many characters are left out.
    """

    __slots__ = ("_chars_left", "_ends", "_sources", "_texts", "is_cut")

    def __init__(self, max_chars: int = MAX_TEXT_CHARS) -> None:
        self._chars_left = max_chars
        self.is_cut = False
        """Whether something was left out; a reader may stop then."""
        self._texts: list[str] = []
        self._sources: list[int] = []
        self._ends: list[int] = []

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, text: str, source_line: int, *, step: int = 0, end_line: int = 0) -> None:
        """Append `text`, which may hold several lines.

        Args:
            text: Any string.
            source_line: 1-based line of its first line.
            step: 1 when its further lines are further lines of the source too, 0 when all come from one.
            end_line: 1-based last line of the source that each of its lines comes from; 0 where that is its first.
        """
        if self._chars_left <= 0:
            self.is_cut = True
            return
        text = clean(text)
        if len(text) > self._chars_left:
            text, self.is_cut = text[: self._chars_left], True
        self._chars_left -= len(text) + 1
        for place, line in enumerate(text.split("\n")):
            self._texts.append(line)
            self._sources.append(source_line + place * step)
            self._ends.append(max(end_line, self._sources[-1]))

    def extend_last(self, text: str, source_line: int) -> None:
        """Append to the last line; `text` is one line, and comes from this or a later line of the source."""
        self._texts[-1] += clean(text)
        self._ends[-1] = max(source_line, self._ends[-1])
        self._chars_left -= len(text)

    def cuts(self) -> Iterator[Result]:
        """Yield the notice that something was left out, where that is so."""
        if self.is_cut:
            yield SkippedFile("", TOO_LONG)

    def gap(self) -> None:
        """Append an empty line unless the text is empty or ends with one."""
        if self._texts and self._texts[-1]:
            self._texts.append("")
            self._sources.append(self._ends[-1])
            self._ends.append(self._ends[-1])

    def keep(self, first: int, end: int) -> None:
        """Drop all lines but `first` to `end - 1`, 0-based."""
        self._texts, self._sources = self._texts[first:end], self._sources[first:end]
        self._ends = self._ends[first:end]

    def trim(self) -> None:
        """Drop empty lines at the beginning."""
        first = next((place for place, line in enumerate(self._texts) if line), len(self._texts))
        self.keep(first, len(self._texts))

    def chars(self, first: int = 0, end: int | None = None) -> int:
        """Return how many characters the lines `first` to `end - 1` hold."""
        return sum(map(len, self._texts[first:end]))

    def last_width(self) -> int:
        """Return the characters of the last line."""
        return len(self._texts[-1]) if self._texts else 0

    def text(self) -> str:
        """Return the lines joined."""
        return "\n".join(self._texts)

    def is_blank(self) -> bool:
        """Return whether no line holds anything to read."""
        return not any(line and not line.isspace() for line in self._texts)

    def source_lines(self) -> tuple[int, ...]:
        """Return the source line at which each line begins."""
        return tuple(self._sources)

    def source_ends(self) -> tuple[int, ...] | None:
        """Return the source line at which each line ends, or None where all end at the line they begin at."""
        return None if self._ends == self._sources else tuple(self._ends)


def folded(text: str) -> str:
    """Return `text` on one line: every run of white space becomes a space."""
    return " ".join(text.split())
