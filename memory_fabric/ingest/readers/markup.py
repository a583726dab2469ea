"""Cutting HTML into tags and text in linear time, whatever is in it.

The standard parser of the supported Python versions needs minutes for a few hundred kilobytes of unclosed comments,
so the cutting is done here. Attributes are passed over: nothing in them is text of the page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

__all__ = ["Token", "tokens"]

_MARK = re.compile(r"<(?=[!?a-zA-Z]|/[a-zA-Z])")
"""Where markup begins; any other `<` is text, however many there are."""

_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_STOP = re.compile(r"[>\"']")
_RAW = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style", "xmp", "noembed")}
"""Elements whose content is no markup, with what ends them."""

_MAX_QUOTED = 64
_MAX_VALUE_CHARS = 64 * 1024
"""How far a tag is followed through quoted values before its first `>` is taken for its end."""


class Token(NamedTuple):
    """A piece of a page."""

    kind: Literal["start", "end", "text"]
    value: str
    """Name of the element in lower case, or text with its references resolved."""
    offset: int
    """Where the piece begins in the page."""


def tokens(text: str) -> Iterator[Token]:
    """Yield tags and text in order; comments, declarations, scripts and styles are left out.

    Args:
        text: HTML, however broken.
    """
    position, size = 0, len(text)
    has_comment_end = True
    while position < size:
        found_mark = _MARK.search(text, position)
        start = found_mark.start() if found_mark else size
        if start > position:
            yield Token("text", html.unescape(text[position:start]), position)
        if start == size:
            return
        if text.startswith("<!--", start):
            end = text.find("-->", start + 4) if has_comment_end else -1
            has_comment_end = end >= 0
            # an unclosed comment loses its mark, not the rest of the page
            position = end + 3 if has_comment_end else start + 4
        elif text.startswith(("<!", "<?"), start):
            position = _after_first_end(text, start)
        elif (name := _NAME.match(text, start)) is not None:
            tag = name[2].lower()
            position = _after_tag(text, name.end())
            yield Token("end" if name[1] else "start", tag, start)
            if not name[1] and (ending := _RAW.get(tag)) is not None:
                found = ending.search(text, position)
                position = found.start() if found else size


def _after_tag(text: str, position: int) -> int:
    """Return where a tag ends, passing over `>` in quoted values."""
    place = position
    for _ in range(_MAX_QUOTED):
        stop = _STOP.search(text, place)
        if stop is None:
            break
        if stop[0] == ">":
            return stop.end()
        closing = text.find(stop[0], stop.end(), stop.end() + _MAX_VALUE_CHARS)
        place = closing + 1 if closing >= 0 else stop.end()
    return _after_first_end(text, position)


def _after_first_end(text: str, position: int) -> int:
    end = text.find(">", position)
    return end + 1 if end >= 0 else len(text)
