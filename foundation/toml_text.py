"""TOML that somebody else may have written: read without waiting, and parsed without taking the machine with it."""

from __future__ import annotations

import errno
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

__all__ = ["MAX_BYTES", "parse_toml", "read_toml"]

MAX_BYTES = 1024 * 1024
"""A hundred times the file that says every key with its reason."""

_MAX_PARTS = 32
"""Of one dotted key: the parser's time grows with the square."""

_MAX_PATHS_CHARS = 4 * 1024 * 1024
"""Of all dotted paths together: a long name of a table counts for each of its keys."""

_BASIC = r'"(?:[^"\\\n]|\\[^\n])*+'
_PART = rf"""(?:[A-Za-z0-9_-]++|{_BASIC}"|'[^'\n]*+')"""
_WORDS = re.compile(
    # possessive throughout, and what is not closed ends where it must: the scan is linear whatever the text
    rf"""
      (?P<deep>{_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{_MAX_PARTS},}}+)
    | \"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\"|\Z)
    | '''(?:[^']|'(?!''))*+(?:'''|\Z)
    | [A-Za-z0-9_-]++ | {_BASIC}"?+ | '[^'\n]*+'?+ | \#[^\n]*+
    """,
    re.VERBOSE | re.DOTALL,
)


def read_toml(path: Path) -> str:
    """Return the text of a file; links are followed, but neither pipes nor devices are waited for.

    Args:
        path: Of a regular file.

    Raises:
        IsADirectoryError: It is a folder.
        OSError: It cannot be opened or read.
        UnicodeDecodeError: It is not UTF-8.
        ValueError: It is not a regular file, or too large; says which, in words for people.
    """
    with open(path, "rb", buffering=0, opener=_open_now) as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise ValueError("not a regular file")
        # not by its size: pseudo-files say 0
        data = b""
        while len(data) <= MAX_BYTES and (part := file.read(MAX_BYTES + 1 - len(data))):
            data += part
    if len(data) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES} bytes")
    return data.decode("utf-8")


def _open_now(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def parse_toml(text: str) -> dict[str, Any]:
    """Return the tables of a text that may have been made to choke a parser.

    Args:
        text: TOML, it says.

    Raises:
        tomllib.TOMLDecodeError: It is not TOML.
        ValueError: It is nested too deeply, or names or numbers are too long; says which, in words for people.
    """
    if any(match.lastgroup == "deep" for match in _WORDS.finditer(text)):
        raise ValueError(f"a key has more than {_MAX_PARTS} parts")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except ValueError as error:
        # Python refuses to convert integers of thousands of digits
        raise ValueError("a number has too many digits") from error
    if _paths_chars(values) > _MAX_PATHS_CHARS:
        raise ValueError("too many keys, or too long ones")
    return values


def _paths_chars(values: dict[str, Any]) -> int:
    total = 0
    waiting: list[tuple[Any, int]] = [(values, 0)]
    while waiting:
        value, chars = waiting.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                total += chars + len(key) + 1
                waiting.append((inner, chars + len(key) + 1))
        elif isinstance(value, list):
            waiting += [(inner, chars) for inner in value]
    return total
