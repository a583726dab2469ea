"""The terminal: what is stored is shown on it and never obeyed by it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import msgspec
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

__all__ = ["Screen", "cut", "one_line", "out", "print_json", "visible"]

_UNBOUND = 100_000
_UNSHOWN = "\N{REPLACEMENT CHARACTER}"
_BIDI = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Embeddings, overrides and isolates: they let a text look like another one. Source: Unicode TR 9, 2."""

_VISIBLE: dict[int, str] = {
    # the block Control Pictures has one for each control character, in their order
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: "\N{SYMBOL FOR DELETE}",
    # C1: a terminal may take U+009B for ESC [
    **dict.fromkeys(range(0x80, 0xA0), _UNSHOWN),
    **dict.fromkeys(_BIDI, _UNSHOWN),
}


def visible(text: str) -> str:
    """Return `text` with every character that drives a terminal replaced by one that is only seen.

    Each by one, so positions stay. Line breaks and tabs are kept.
    """
    return text.replace("\r\n", " \n").translate(_VISIBLE)


def one_line(name: str) -> str:
    """Return a name or path `visible`, line breaks too: a file's name must not look like another line of the answer."""
    return name.translate(_VISIBLE).replace("\n", "\N{SYMBOL FOR NEWLINE}").replace("\t", " ")


class Screen(Console):
    """Shows text as it is: no markup, no emoji codes, and nothing that drives the terminal but our own styles."""

    def __init__(self) -> None:
        super().__init__(highlight=False, soft_wrap=True, markup=False, emoji=False)

    @property
    def size(self) -> ConsoleDimensions:
        """What is not a terminal has no width: a program that reads a table wants one line for each row."""
        return super().size if self.is_terminal else ConsoleDimensions(_UNBOUND, 25)

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a string as styled text; rich itself would drop some control characters."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield segments; the one gate through which all output goes."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


out: Console = Screen()
"""Standard output; plain when it is not a terminal, without colours when `NO_COLOR` is set."""


def cut(line: Text, cells: int) -> Text:
    """Return one line in at most `cells` columns; of a longer one the part around its first match is kept."""
    if line.cell_len <= cells:
        return line
    start = _start(line, cells)
    part = line[start:] if start == 0 else Text("…") + line[start:]
    part.truncate(cells, overflow="ellipsis")
    return part


def _start(line: Text, cells: int) -> int:
    """Return where to begin: at 0, or so that a third of the room is left before the first match."""
    match = min((span for span in line.spans), default=None, key=lambda span: span.start)
    if match is None or cell_len(line.plain[: match.end]) < cells:
        return 0
    start = match.start
    while start and cell_len(line.plain[start - 1 : match.start]) <= cells // 3:
        start -= 1
    return start


def print_json(value: Any) -> None:
    """Print one JSON document on one line; UTF-8 whatever the terminal speaks."""
    sys.stdout.flush()
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()
