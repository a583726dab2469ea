"""Cutting prose: by headings, then by paragraphs, then by lines and sentences; code, tables and lists stay whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from memory_fabric.ingest.chunkers.lines import LineMap, SpanMaker, cut_rows
from memory_fabric.records import ChunkSpan

__all__ = ["chunk_prose"]

_ATX = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]|$)")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_SETEXT = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_RST_RULE = re.compile(r"^([=\-`:.'\"~^_*+#<>!$%&(),/;?@\[\\\]{|}])\1{2,}[ \t]*$")
_WHOLE = re.compile(r"^ {0,3}(?:[|+]|```|~~~|[-*+•] |\d{1,9}[.)] )")
"""How tables, fenced code and lists begin: better cut before than inside."""

_SMALL = 0.25
"""A section or block below this share of the wanted size is too little to stand alone."""

_STRETCH = 1.2
"""What is at most this share of the wanted size is not cut."""

_TAIL = 0.1
"""A rest of less than this share of the wanted size stays with what is before it."""

_MAX_TITLE = 200


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
            yield _Section(first, row, _names(path))
        while path and path[-1][0] >= level:
            path.pop()
        path.append((level, title[:_MAX_TITLE]))
        first = row
    if first < lines.rows:
        yield _Section(first, lines.rows, _names(path))


def _names(path: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(name for _, name in path if name)


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
        was_open, fence = bool(fence), _fence_after(fence, line)
        if not was_open and not fence:
            if atx := _ATX.match(line):
                yield row, len(atx[1]), _atx_title(line[atx.end() :])
            elif row + 1 < lines.rows and _is_setext(line, _row(lines, row + 1), lines, row):
                yield row, 1 if "=" in _row(lines, row + 1) else 2, line.strip()
                row += 1
        row += 1


def _atx_title(text: str) -> str:
    """Return a title without the closing marks, which count only behind a space."""
    title = text.strip()
    bare = title.rstrip("#")
    return title if bare and not bare[-1].isspace() else bare.rstrip()


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

    largest = min(wanted * _STRETCH, limit)
    spans: list[ChunkSpan] = []
    first = section.first
    blocks = _blocks(lines, section) if lines.size(first, section.stop) > largest else iter(())
    for block_first, block_stop in blocks:
        if first == block_first or lines.size(first, block_stop) <= wanted:
            continue
        rest = lines.size(first, section.stop)
        is_tail = lines.size(block_first, section.stop) < wanted * _TAIL
        if rest <= (limit if is_tail else largest):
            break
        is_crumb = lines.size(first, block_first) < wanted * _SMALL
        if is_crumb and not _stands_alone(lines, first, block_first, block_stop, limit):
            continue
        spans += _fit(lines, first, block_first, wanted, limit, make)
        first = block_first
    return spans + _fit(lines, first, section.stop, wanted, limit, make)


def _stands_alone(lines: LineMap, first: int, block_first: int, block_stop: int, limit: int) -> bool:
    """Whether a table, a list or code fits into a span only without the little text before it."""
    fits_alone = lines.size(block_first, block_stop) <= limit < lines.size(first, block_stop)
    return fits_alone and _WHOLE.match(_row(lines, block_first)) is not None


def _fit(lines: LineMap, first: int, stop: int, wanted: int, limit: int, make: SpanMaker) -> list[ChunkSpan]:
    if lines.size(first, stop) <= limit:
        return [make(lines.offset(first), lines.offset(stop), first + 1, stop)]
    return cut_rows(lines, first, stop, wanted_chars=wanted, max_chars=limit, make=make)


def _blocks(lines: LineMap, section: _Section) -> Iterator[tuple[int, int]]:
    """Yield paragraphs, lists, tables and fenced blocks as row ranges."""
    fence = ""
    first = section.first
    for row in range(section.first, section.stop):
        fence = _fence_after(fence, _row(lines, row))
        is_end = lines.is_blank(row) and not fence and row + 1 < section.stop
        if is_end and not _row(lines, row + 1)[:1].isspace() and not lines.is_blank(row + 1):
            # an indented row goes on with the list item or the directive above the blank one
            yield first, row + 1
            first = row + 1
    yield first, section.stop


def _fence_after(fence: str, line: str) -> str:
    """Return the marks of the fenced block that is open after a line, or nothing."""
    match = _FENCE.match(line)
    if match is None:
        return fence
    if not fence:
        return match[1]
    is_closed = match[1].startswith(fence) and not line[match.end() :].strip()
    return "" if is_closed else fence
