"""Walking JSON with the line of every value, which the standard parser does not tell.

It keeps no tree and does not recurse, so the size of a document does not matter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Key", "Leaf", "label", "scan"]

Key = str | int
"""A member's name or an element's index."""

_TOKEN = re.compile(
    r'[ \t\n\r]*(?:([{}\[\],:])|("[^"\\]*(?:\\.[^"\\]*)*")'
    r"|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity))",
    re.DOTALL,
)
_SPACE = re.compile(r"[ \t\n\r]*")


_LABEL_KEYS = 32
_LABEL_CHARS = 200
"""A label is repeated on every line: a longer one keeps its end, which says most."""

_MAX_DEPTH = 200
"""Deeper documents are made to do harm: every leaf carries its whole path."""


class Leaf(NamedTuple):
    """A value that is neither object nor array."""

    path: tuple[Key, ...]
    text: str
    """A string decoded, anything else as written."""
    line: int
    """1-based, of the value."""


def label(path: tuple[Key, ...]) -> str:
    """Return a path as people write it, `cells[3].source`; of a long one the end."""
    parts = [f"[{key}]" if isinstance(key, int) else f".{key[-_LABEL_CHARS:]}" for key in path[-_LABEL_KEYS:]]
    written = "".join(parts).removeprefix(".")
    return written if len(written) <= _LABEL_CHARS else f"…{written[1 - _LABEL_CHARS :]}"


def scan(text: str) -> Iterator[Leaf]:
    """Yield every leaf of one JSON document in order.

    Raises:
        ValueError: The text is not one JSON document, or nests too deep; leaves before the fault have been given.
    """
    return _Scanner(text).run()


class _Scanner:
    """State of one walk: the open containers, and what may come next."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._keys: list[Key] = []
        self._expected = "value"
        self._line = 1
        self._counted_to = 0

    def run(self) -> Iterator[Leaf]:
        position = 0
        while self._expected != "end":
            token = _TOKEN.match(self._text, position)
            if token is None:
                raise self._fault(position)
            position = token.end()
            if token[1]:
                self._structure(token[1], position)
            elif self._expected in {"key", "first key"}:
                if not token[2]:
                    raise self._fault(token.start())
                self._keys[-1] = _string(token[2])
                self._expected = "colon"
            elif self._expected in {"value", "first value"}:
                start = token.start(2) if token[2] else token.start(3)
                yield Leaf(tuple(self._keys), _string(token[2]) if token[2] else token[3], self._line_of(start))
                self._after_value()
            else:
                raise self._fault(token.start())
        space = _SPACE.match(self._text, position)
        if space is None or space.end() != len(self._text):
            raise self._fault(position)

    def _structure(self, sign: str, position: int) -> None:
        expected = self._expected
        if sign in "{[" and expected in {"value", "first value"}:
            if len(self._keys) >= _MAX_DEPTH:
                raise self._fault(position)
            self._keys.append("" if sign == "{" else 0)
            self._expected = "first key" if sign == "{" else "first value"
        elif sign == ":" and expected == "colon":
            self._expected = "value"
        elif sign == "," and expected == "comma":
            last = self._keys[-1]
            if isinstance(last, int):
                self._keys[-1] = last + 1
            self._expected = "value" if isinstance(last, int) else "key"
        elif self._keys and sign == ("]" if isinstance(self._keys[-1], int) else "}"):
            if expected not in {"comma", "first key", "first value"}:
                raise self._fault(position)
            self._keys.pop()
            self._after_value()
        else:
            raise self._fault(position)

    def _after_value(self) -> None:
        self._expected = "comma" if self._keys else "end"

    def _line_of(self, position: int) -> int:
        self._line += self._text.count("\n", self._counted_to, position)
        self._counted_to = position
        return self._line

    def _fault(self, position: int) -> ValueError:
        return ValueError(f"line {self._line_of(max(position, self._counted_to))}: expected {self._expected}")


def _string(token: str) -> str:
    return token[1:-1] if "\\" not in token else str(json.loads(token, strict=False))
