r"""Private keys that stand in a text as blocks of lines, or as one line with `\n` written out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory_fabric.scan.findings import Finding, Text

__all__ = ["find_private_keys"]

_BEGIN = re.compile(r"-{4,5} ?BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_END = re.compile(r"-{4,5} ?END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?")
_PUTTY = re.compile(r"Private-Lines: \d{1,3}\s*\n((?:[A-Za-z0-9+/=]{16,}\s*\n?){1,100})")
_BASE64 = re.compile(r"[A-Za-z0-9+/=]{24,}")
_LINE = re.compile(
    r"[^\S\n]*(?:[>|*#/\"'+-]*[^\S\n]*)?(?:[A-Za-z0-9+/=]{1,200}[\"'\\n,+)]{0,6}|[A-Z][\w-]+: [^\n]{0,200})?[^\S\n]*\n?"
)
_ESCAPED = re.compile(r"[A-Za-z0-9+/=\\\s]{0,40000}")
"""A line of a block without an end: base64, or a header of it, however it is quoted."""
_LONGEST = 40_000
"""Of a key, quoted and escaped: 16,384 bits take 13,000 characters."""


def find_private_keys(text: Text) -> Iterator[Finding]:
    """Yield what stands between the first and the last line of private keys; the lines themselves tell nothing."""
    if b"private" not in text.low:
        return
    end = 0
    if b"BEGIN" in text.raw:
        for begin in _BEGIN.finditer(text.text):
            if begin.start() < end:
                continue
            start, end = begin.end(), _end_of(text.text, begin.end())
            body = _BASE64.search(text.text, start, end)
            # without a body it is somebody who writes about keys
            if body is not None:
                yield Finding("private_key", "private-key", *_inside(text.text, start, end))
    if b"Private-Lines" in text.raw:
        for match in _PUTTY.finditer(text.text):
            yield Finding("private_key", "private-key", *_inside(text.text, *match.span(1)))


def _end_of(text: str, start: int) -> int:
    close = _END.search(text, start, start + _LONGEST)
    if close is not None and _BEGIN.search(text, start, close.start()) is None:
        return close.start()
    # cut off: whatever looks like its lines belongs to it
    end = start
    newline = text.find("\n", start, start + _LONGEST)
    if newline >= 0 and not text[start:newline].strip("\"'\\nr,+ \t"):
        end = newline + 1
    while end < len(text) and end - start < _LONGEST:
        line = _LINE.match(text, end)
        if line is None or line.end() == end or not text[end : line.end()].strip():
            break
        end = line.end()
    if end == start:
        match = _ESCAPED.match(text, start)
        end = match.end() if match else start
    return end


def _inside(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out what is not of the key: quotes, escapes and line ends around it."""
    while start < end and (text[start].isspace() or text[start] in "\"'`,"):
        start += 1
    if text.startswith("\\n", start):
        start += 2
    while end > start and (text[end - 1].isspace() or text[end - 1] in "\"'`,"):
        end -= 1
    return start, end
