"""Jupyter notebooks, as Markdown: prose cells as they are, code and text outputs fenced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from memory_fabric.ingest.readers.base import Result, Source
from memory_fabric.ingest.readers.encoding import decode
from memory_fabric.ingest.readers.json_scan import Leaf, scan
from memory_fabric.ingest.readers.lines import Lines
from memory_fabric.records import Document

__all__ = ["read"]

_MAX_OUTPUT_LINES = 100
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class _Cell:
    """The parts of one cell, each with its line in the file."""

    def __init__(self) -> None:
        self.kind = "code"
        self.source: list[tuple[str, int]] = []
        self.output: list[tuple[str, int]] = []

    def take(self, leaf: Leaf) -> None:
        match leaf.path[2:]:
            case ("cell_type",):
                self.kind = leaf.text
            case ("source", *_) | ("input", *_):
                self.source.append((leaf.text, leaf.line))
            case ("outputs", int(), "text", *_) | ("outputs", int(), "data", "text/plain", *_):
                self.output.append((leaf.text, leaf.line))
            case ("outputs", int(), "ename" | "evalue"):
                self.output.append((f"{leaf.text}\n", leaf.line))
            case _:
                pass


def read(source: Source) -> Iterator[Result]:
    """Yield the notebook as one Markdown document; nothing when it has no text.

    Raises:
        UnreadableError: The bytes are no text.
        ValueError: The text is no notebook.
    """
    text = decode(source.data)
    if not text or text.isspace():
        return
    cells: dict[int, _Cell] = {}
    language = "python"
    for leaf in scan(text):
        match leaf.path:
            case ("cells", int(number), _, *_):
                cells.setdefault(number, _Cell()).take(leaf)
            case ("metadata", "language_info", "name") | ("metadata", "kernelspec", "language"):
                language = leaf.text
            case _:
                pass
    if not cells and '"cells"' not in text:
        raise ValueError("no cells")
    lines = _render(cells.values(), language)
    if not lines.is_blank():
        yield Document(
            text=lines.text(),
            modality="text",
            format="markdown",
            mime=source.mime,
            source_lines=lines.source_lines(),
            source_ends=lines.source_ends(),
            meta={"kernel_language": language},
        )
    yield from lines.cuts()


def _render(cells: Iterable[_Cell], language: str) -> Lines:
    lines = Lines()
    for cell in cells:
        if not "".join(text for text, _ in cell.source).strip():
            continue
        lines.gap()
        if cell.kind == "code":
            _fence(lines, cell.source, language)
            if cell.output:
                lines.gap()
                _fence(lines, cell.output, "text", limit=_MAX_OUTPUT_LINES)
        else:
            _put(lines, cell.source)
    return lines


def _fence(lines: Lines, parts: list[tuple[str, int]], info: str, *, limit: int = 0) -> None:
    mark = "````" if any("```" in text for text, _ in parts) else "```"
    lines.add(f"{mark}{info}", parts[0][1])
    _put(lines, parts, limit=limit)
    lines.add(mark, parts[-1][1])


def _put(lines: Lines, parts: list[tuple[str, int]], *, limit: int = 0) -> None:
    """Append parts that hold their own line ends: one string, or one string a line."""
    pieces: list[tuple[list[str], int]] = []
    ends: list[int] = []
    is_open = False
    for text, line in parts:
        for piece in _COLOUR.sub("", text).splitlines(keepends=True):
            if is_open:
                pieces[-1][0].append(piece.rstrip("\r\n"))
                ends[-1] = line
            else:
                pieces.append(([piece.rstrip("\r\n")], line))
                ends.append(line)
            is_open = not piece.endswith(("\n", "\r"))
    for (texts, line), end in zip(pieces[: limit or None], ends, strict=False):
        lines.add("".join(texts), line, end_line=end)
    if limit and len(pieces) > limit:
        lines.add("…", pieces[limit][1])
