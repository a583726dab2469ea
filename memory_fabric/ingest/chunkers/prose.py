"""Cutting prose: by headings, then by paragraphs, then by lines and sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from memory_fabric.ingest.chunkers.lines import LineMap, SpanMaker, cut_rows
from memory_fabric.records import ChunkSpan

__all__ = ["chunk_prose"]

_ATX = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_SETEXT = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_RST_RULE = re.compile(r"^([=\-`:.'\"~^_*+#<>!$%&(),/;?@\[\\\]{|}])\1{2,}[ \t]*$")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'»”)]*\s+")

_SMALL = 0.25
"""A section below this share of the wanted size joins its neighbour when they are siblings."""


class _Section(msgspec.Struct):
    first: int
    stop: int
    headings: tuple[str, ...]


def chunk_prose(text: str, *, form: str, wanted_chars: int, max_chars: int) -> list[ChunkSpan]:
    """Cut Markdown, reStructuredText or plain text; spans lie end to end and cover it whole.

    Args:
        text: The document text.
        form: `markdown`, `rst` or `text`; plain text has no headings.
        wanted_chars: Wanted size of a span.
        max_chars: Hard limit.
    """
    lines = LineMap(text)
    spans: list[ChunkSpan] = []
    for section in _joined(lines, list(_sections(lines, form)), int(wanted_chars * _SMALL), wanted_chars):
        spans += _cut_section(lines, section, wanted_chars, max_chars)
    return spans


# ---- headings -------------------------------------------------------------------------------------------------


def _sections(lines: LineMap, form: str) -> Iterator[_Section]:
    """Yield the parts between headings; a heading stands at the top of its part."""
    path: list[tuple[int, str]] = []
    first = 0
    for row, level, title in _headings(lines, form):
        if row > first:
            yield _Section(first, row, tuple(name for _, name in path))
        while path and path[-1][0] >= level:
            path.pop()
        path.append((level, title))
        first = row
    if first < lines.rows:
        yield _Section(first, lines.rows, tuple(name for _, name in path))


def _headings(lines: LineMap, form: str) -> Iterator[tuple[int, int, str]]:
    if form == "markdown":
        return _markdown_headings(lines)
    return _rst_headings(lines) if form == "rst" else iter(())


def _row(lines: LineMap, row: int) -> str:
    return lines.text[lines.offset(row) : lines.offset(row + 1)].rstrip("\n")


def _markdown_headings(lines: LineMap) -> Iterator[tuple[int, int, str]]:
    fence = ""
    row = _after_front_matter(lines)
    while row < lines.rows:
        line = _row(lines, row)
        if match := _FENCE.match(line):
            mark = match[1]
            if not fence:
                fence = mark
            elif mark.startswith(fence):
                fence = ""
        elif not fence:
            if atx := _ATX.match(line):
                yield row, len(atx[1]), atx[2].strip()
            elif row + 1 < lines.rows and _is_setext(line, _row(lines, row + 1), lines, row):
                yield row, 1 if "=" in _row(lines, row + 1) else 2, line.strip()
                row += 1
        row += 1


def _is_setext(line: str, under: str, lines: LineMap, row: int) -> bool:
    """An underlined line is a heading when it stands alone; under a paragraph or a table it is not."""
    if not line.strip() or "|" in line or not _SETEXT.match(under) or len(under.strip()) < 2:
        return False
    return row == 0 or lines.is_blank(row - 1)


def _after_front_matter(lines: LineMap) -> int:
    if lines.rows and _row(lines, 0).strip() == "---":
        for row in range(1, min(lines.rows, 100)):
            if _row(lines, row).strip() == "---":
                return row + 1
    return 0


def _rst_headings(lines: LineMap) -> Iterator[tuple[int, int, str]]:
    """Levels are given by the order in which the styles of underlining first appear, as the format defines."""
    styles: list[str] = []
    row = 0
    while row + 1 < lines.rows:
        title, under = _row(lines, row), _row(lines, row + 1)
        over = ""
        if _RST_RULE.match(title) and row + 2 < lines.rows and _row(lines, row + 2).rstrip() == title.rstrip():
            over, title, under = title, under, _row(lines, row + 2)
        is_title = title.strip() and not _RST_RULE.match(title) and _RST_RULE.match(under)
        if is_title and len(under.rstrip()) >= len(title.strip()) and (over or not title[:1].isspace()):
            style = f"{over[:1]}{under[0]}"
            if style not in styles:
                styles.append(style)
            yield row, styles.index(style) + 1, title.strip()
            row += 3 if over else 2
            continue
        row += 1


# ---- sizes ----------------------------------------------------------------------------------------------------


def _joined(lines: LineMap, sections: list[_Section], small: int, wanted: int) -> list[_Section]:
    """Join a tiny section with the next when that is its child, or its equally tiny sibling."""
    joined: list[_Section] = []
    for section in sections:
        last = joined[-1] if joined else None
        if last is not None and lines.size(last.first, section.stop) <= wanted:
            size = lines.size(last.first, last.stop)
            is_child = section.headings[: len(last.headings)] == last.headings
            is_sibling = last.headings[:-1] == section.headings[:-1]
            is_tiny = size < small and lines.size(section.first, section.stop) < small
            if (is_child and size < small) or (is_sibling and is_tiny):
                headings = section.headings if is_child else last.headings[:-1]
                joined[-1] = _Section(last.first, section.stop, headings)
                continue
        joined.append(section)
    return joined


def _cut_section(lines: LineMap, section: _Section, wanted: int, limit: int) -> list[ChunkSpan]:
    def make(start: int, end: int, first: int, last: int) -> ChunkSpan:
        return ChunkSpan(start, end, first, last, headings=section.headings)

    if lines.size(section.first, section.stop) <= wanted * 1.2 and lines.size(section.first, section.stop) <= limit:
        return [make(lines.offset(section.first), lines.offset(section.stop), section.first + 1, section.stop)]
    spans: list[ChunkSpan] = []
    first = section.first
    for block_first, block_stop in _blocks(lines, section):
        if first < block_first and lines.size(first, block_stop) > wanted:
            spans += _fit(lines, first, block_first, wanted, limit, make)
            first = block_first
    spans += _fit(lines, first, section.stop, wanted, limit, make)
    return spans


def _fit(lines: LineMap, first: int, stop: int, wanted: int, limit: int, make: SpanMaker) -> list[ChunkSpan]:
    if lines.size(first, stop) <= limit:
        return [make(lines.offset(first), lines.offset(stop), first + 1, stop)]
    if stop - first == 1:
        return _cut_sentences(lines, first, wanted, limit, make)
    spans: list[ChunkSpan] = []
    for span in cut_rows(lines, first, stop, wanted_chars=wanted, max_chars=10**9, make=make):
        is_long = span.end - span.start > limit
        spans += _cut_sentences(lines, span.line_start - 1, wanted, limit, make) if is_long else [span]
    return spans


def _blocks(lines: LineMap, section: _Section) -> Iterator[tuple[int, int]]:
    """Yield paragraphs, lists, tables and fenced blocks as row ranges."""
    fence = ""
    first = section.first
    for row in range(section.first, section.stop):
        match = _FENCE.match(_row(lines, row))
        if match:
            fence = "" if fence and match[1].startswith(fence) else fence or match[1]
        is_end = lines.is_blank(row) and not fence
        if is_end and row + 1 < section.stop and not lines.is_blank(row + 1):
            yield first, row + 1
            first = row + 1
    yield first, section.stop


def _cut_sentences(lines: LineMap, row: int, wanted: int, limit: int, make: SpanMaker) -> list[ChunkSpan]:
    """Cut one long line at sentence ends, and in the middle of a sentence only when it is longer than the limit."""
    start, stop = lines.offset(row), lines.offset(row + 1)
    borders = [start + match.end() for match in _SENTENCE.finditer(lines.text[start:stop])]
    spans: list[ChunkSpan] = []
    while stop - start > limit:
        within = [border for border in borders if start < border <= start + wanted]
        cut = within[-1] if within else start + limit
        spans.append(make(start, cut, row + 1, row + 1))
        start = cut
    if start < stop:
        spans.append(make(start, stop, row + 1, row + 1))
    return spans
