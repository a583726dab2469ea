"""Where each key of a TOML text stands: `tomllib` keeps values and forgets lines."""

from __future__ import annotations

import bisect
import re

__all__ = ["key_lines"]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[^\s.=\]\}#,\"'\[\{]+")
_PLAIN = re.compile(r"[^,\]\}#\n]*")
_STRINGS = {
    '"""': re.compile(r'"""(?:\\.|[^\\])*?"{3,5}', re.DOTALL),
    "'''": re.compile(r"'''.*?'{3,5}", re.DOTALL),
    '"': re.compile(r'"((?:\\.|[^"\\\n])*)"'),
    "'": re.compile(r"'([^'\n]*)'"),
}


def key_lines(text: str) -> dict[str, int]:
    """Return the line, from 1, of the first mention of each table and key.

    Args:
        text: TOML that `tomllib` accepts; anything else gives some prefix of the answer.

    Returns:
        Dotted path to line. Tables, dotted and quoted keys, inline tables, and arrays of tables are followed.
    """
    return _Scanner(text).run()


class _Scanner:
    """Walks over keys and skips values."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._found: dict[str, int] = {}

    def run(self) -> dict[str, int]:
        table: list[str] = []
        self._skip(_BLANK)
        while self._at < len(self._text):
            start = self._at
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
            if self._at == start:
                # not TOML: whoever parses it says so better
                break
        return self._found

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if match := pattern.match(self._text, self._at):
            self._at = match.end()

    def _take(self, mark: str) -> bool:
        self._skip(_BLANK)
        if self._peek() != mark:
            return False
        self._at += 1
        return True

    def _header(self) -> list[str]:
        while self._take("["):
            pass
        path = self._path([])
        while self._take("]"):
            pass
        return path

    def _pair(self, table: list[str]) -> None:
        path = self._path(table)
        if self._take("="):
            self._value(path)

    def _path(self, table: list[str]) -> list[str]:
        """Read a dotted key and note where it and each of its tables stand."""
        path = list(table)
        while True:
            self._skip(_BLANK)
            line = bisect.bisect_left(self._breaks, self._at) + 1
            name = self._name()
            if name is None:
                return path
            path.append(name)
            self._found.setdefault(".".join(path), line)
            if not self._take("."):
                return path

    def _name(self) -> str | None:
        pattern = _STRINGS.get(self._peek(), _BARE)
        match = pattern.match(self._text, self._at)
        if match is None:
            return None
        self._at = match.end()
        return match[1] if match.re.groups else match[0]

    def _value(self, path: list[str]) -> None:
        self._skip(_BLANK)
        mark = self._peek()
        if mark in {"{", "["}:
            self._nested(path, mark)
            return
        for quote, pattern in _STRINGS.items():
            if self._text.startswith(quote, self._at):
                self._skip(pattern)
                return
        self._skip(_PLAIN)

    def _nested(self, path: list[str], mark: str) -> None:
        self._at += 1
        end = "}" if mark == "{" else "]"
        while not self._take(end):
            start = self._at
            if mark == "{":
                self._pair(path)
            else:
                self._value(path)
            self._take(",")
            if self._at == start:
                return
