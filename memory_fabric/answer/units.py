"""Cutting fragments into what can be quoted: a sentence of prose, of a docstring or a comment, or a line of code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from memory_fabric.records import ChunkRow

__all__ = ["Unit", "units_of"]

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'»”)\]`*_]{0,3}\s+(?=[\"'«“(\[`*_]{0,3}[A-ZА-ЯЁ0-9`_])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|etc|resp|approx|no|fig|т\.\s?е|т\.\s?д|т\.\s?п|см|напр|рис|стр)|\b[A-ZА-Я])\.$",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_HEADING = re.compile(r"\s*(?:#{1,6}\s|=+$|-{3,}$|\^+$)")
_COMMENT = re.compile(r"\s*(?:#+!?|//+!?|/\*+|\*+/?|--+|;+|<!--|[rRuU]?(?:\"\"\"|'''))\s?")
_LABEL = re.compile(r"\s*\w+(?: \w+)?:\s*")
_DOCSTRING = re.compile(r"\s*[rRuU]?(?:\"\"\"|''')")
_DOCTEST = re.compile(r"\s*(?:>>>|\.\.\.)\s")
_QUOTES = re.compile(r"\"\"\"|'''")
_PUNCTUATION = frozenset("(){}[]=;<>&|+@\\")
_WORD = re.compile(r"[^\W\d_]{2,}")

_WORDY = 4
"""Words from which a line of code may be a sentence."""

_CODE_SHARE = 0.06
"""Share of signs that only code has, beyond which a line is code; sentences about code have up to this."""

_MOST = 120
"""Units of one fragment; a fragment has 1,600 characters, so more are debris of a table."""

_LONGEST = 600
"""Characters of a unit; the rest of what has no sentence end (a list of data) is not quoted."""

Kind = Literal["prose", "code", "heading"]


class Unit(msgspec.Struct, frozen=True):
    """A sentence or a line, with where it stands."""

    text: str
    """As it stands in the source, white space folded and comment marks taken off."""
    line_start: int
    line_end: int
    kind: Kind


class _Block(msgspec.Struct):
    kind: Kind
    first: int
    lines: list[str]


def units_of(row: ChunkRow) -> list[Unit]:
    """Return the units of a fragment, in order."""
    lines = row.text.rstrip("\n").split("\n")
    blocks = _code_blocks(lines, row.language) if row.modality == "code" else _prose_blocks(lines)
    # lines of a PDF or a notebook are not those of the text: then the fragment's own range is the truth
    is_exact = len(lines) - 1 <= row.line_end - row.line_start <= row.text.count("\n")
    units: list[Unit] = []
    for block in blocks:
        for first, last, text in _sentences(block):
            start, end = (row.line_start + first, row.line_start + last) if is_exact else (row.line_start, row.line_end)
            units.append(Unit(text[:_LONGEST], start, end, block.kind))
            if len(units) >= _MOST:
                return units
    return units


def _prose_blocks(lines: list[str]) -> Iterator[_Block]:
    block: _Block | None = None
    is_fenced = False
    for number, line in enumerate(lines):
        is_fence = _FENCE.match(line) is not None
        is_single = is_fenced or is_fence or line.lstrip().startswith("|") or _HEADING.match(line) is not None
        if block is not None and (not line.strip() or is_single or _ITEM.match(line)):
            yield block
            block = None
        if is_fence:
            is_fenced = not is_fenced
        elif is_single:
            kind: Kind = "code" if is_fenced else "prose" if line.lstrip().startswith("|") else "heading"
            yield _Block(kind, number, [line])
        elif line.strip():
            block = block or _Block("prose", number, [])
            block.lines.append(line)
    if block is not None:
        yield block


def _code_blocks(lines: list[str], language: str) -> Iterator[_Block]:
    block: _Block | None = None
    for number, (line, is_prose) in enumerate(zip(lines, _prose_lines(lines, language), strict=True)):
        bare = _QUOTES.sub("", _COMMENT.sub("", line, count=1)) if is_prose else line
        is_label = is_prose and _LABEL.fullmatch(bare) is not None
        if block is not None and (not is_prose or is_label or not bare.strip() or _ITEM.match(bare)):
            yield block
            block = None
        if is_label:
            # `Args:` and its like say nothing by themselves
            continue
        if is_prose and not _DOCTEST.match(bare):
            block = block or _Block("prose", number, [])
            block.lines.append(bare)
        elif bare.strip():
            yield _Block("code", number, [bare])
    if block is not None:
        yield block


def _prose_lines(lines: list[str], language: str) -> Iterator[bool]:
    """Yield for each line of code whether it is a comment or part of a docstring."""
    opening, closing = ("/*", "*/") if language != "python" else ("", "")
    marks = [len(_QUOTES.findall(line)) if language == "python" else 0 for line in lines]
    # a fragment may begin within a docstring: then a mark has no partner, and the first line is a sentence
    is_quoted = sum(marks) % 2 == 1 and _is_wordy(lines[0]) and not marks[0]
    for line, count in zip(lines, marks, strict=True):
        is_inside = is_quoted
        is_quoted ^= count % 2 == 1
        if opening and opening in line:
            is_quoted = True
        if closing and closing in line:
            is_inside, is_quoted = True, False
        begins = _COMMENT.match(line) is not None or _DOCSTRING.match(line) is not None
        yield is_inside or begins


def _is_wordy(line: str) -> bool:
    signs = sum(char in _PUNCTUATION for char in line)
    return len(_WORD.findall(line)) >= _WORDY and signs <= _CODE_SHARE * len(line)


def _sentences(block: _Block) -> Iterator[tuple[int, int, str]]:
    """Yield first and last line, counted from the fragment's own, and the text of each sentence."""
    whole = "\n".join(block.lines)
    for start, end in _spans(whole, is_one=block.kind != "prose"):
        text = " ".join(whole[start:end].split())
        if any(char.isalnum() for char in text):
            lead = len(whole[start:end]) - len(whole[start:end].lstrip())
            first = whole.count("\n", 0, start + lead)
            last = first + whole[start + lead : end].rstrip().count("\n")
            yield block.first + first, block.first + last, text


def _spans(text: str, *, is_one: bool) -> Iterator[tuple[int, int]]:
    start = 0
    for match in () if is_one else _SENTENCE_END.finditer(text):
        if not _ABBREVIATED.search(text[max(0, match.start() - 12) : match.start()]):
            yield start, match.end()
            start = match.end()
    yield start, len(text)
