"""CSV and TSV, each row as `column: value; …` so that it reads as text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from memory_fabric.ingest.readers.base import Result, Source
from memory_fabric.ingest.readers.encoding import decode
from memory_fabric.ingest.readers.lines import Lines, folded
from memory_fabric.records import Document

__all__ = ["read"]

_DELIMITERS = ",;\t|"
_NUMBER = re.compile(r"[-+]?[\d\s.,:/%$€-]*\d[\d\s.,:/%$€-]*")


def read(source: Source) -> Iterator[Result]:
    """Yield the rows as text; nothing when the table is blank.

    Raises:
        UnreadableError: The bytes are no text.
        ValueError: The text is no table.
    """
    text = decode(source.data)
    if not text or text.isspace():
        return
    delimiter = "\t" if source.mime == "text/tab-separated-values" else _delimiter(text)
    try:
        lines = _render(text, delimiter)
    except csv.Error as error:
        raise ValueError("malformed table") from error
    if not lines.is_blank():
        yield Document(
            text=lines.text(),
            modality="text",
            format="csv",
            mime=source.mime,
            source_lines=lines.source_lines(),
            source_ends=lines.source_ends(),
        )
    yield from lines.cuts()


def _delimiter(text: str) -> str:
    """Return the sign that splits the first lines most evenly."""
    sample = [line for line in text[:16_384].split("\n")[:20] if line.strip()]
    if len(sample) > 1 and len(text) > 16_384:
        sample.pop()

    def evenness(sign: str) -> tuple[int, int]:
        counts = [line.count(sign) for line in sample]
        return (sum(count == counts[0] and count > 0 for count in counts), counts[0])

    return max(_DELIMITERS, key=evenness)


def _render(text: str, delimiter: str) -> Lines:
    lines = Lines()
    rows = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter)
    header: list[str] | None = None
    start = 1
    row_count = text.rstrip("\n").count("\n") + 1
    for row in rows:
        if lines.is_cut:
            break
        cells = [folded(cell) for cell in row]
        if any(cells):
            if header is None:
                header = cells if _is_header(cells) else []
                if not header:
                    lines.add(_line(cells, []), start, end_line=rows.line_num)
                elif rows.line_num >= row_count:
                    lines.add("; ".join(cells), start, end_line=rows.line_num)
            else:
                lines.add(_line(cells, header), start, end_line=rows.line_num)
        start = rows.line_num + 1
    return lines


def _is_header(cells: list[str]) -> bool:
    """Whether a first row names columns: all different, none empty, none a number."""
    return (
        len(cells) > 1
        and all(cells)
        and len(set(cells)) == len(cells)
        and not any(len(cell) > 80 or _NUMBER.fullmatch(cell) for cell in cells)
    )


def _line(cells: list[str], header: list[str]) -> str:
    named = (f"{header[place]}: {cell}" if place < len(header) else cell for place, cell in enumerate(cells) if cell)
    return "; ".join(named)
