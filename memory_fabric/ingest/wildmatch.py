"""One line of a `.gitignore` as a regular expression.

Source: git's `dir.c` (`parse_path_pattern`) and `wildmatch.c`; compared with `git check-ignore` by the tests. The
library `pathspec` differs in brackets and in white space at the end. Git looks at bytes where this looks at characters,
so `?` is one letter here also where the letter takes two bytes.

INVARIANT: no line of a file makes a match slow. Between two stars everything has a fixed width, so the leftmost place
where it fits is as good as any, and an atomic group keeps that place. The same holds for the folders between two `**`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

__all__ = ["IgnorePattern", "parse_pattern"]

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t\n\r\f\v",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


_STAR = "[^/]*"
_FOLDERS = "(?:[^/]*/)*?"
"""What `**/` matches: any number of folders, as few as will do."""
_ANYTHING = "(?s:.*?)"
"""What `**` matches before an escaped slash."""


class IgnorePattern(msgspec.Struct, frozen=True):
    """What one line says."""

    regex: str
    """Without named or numbered groups; matches a folder's path or name with its slash at the end."""
    is_name: bool
    """Whether the last part of a path decides alone."""
    is_left_out: bool
    """False for a line that begins with `!`."""


def parse_pattern(line: str) -> IgnorePattern | None:
    """Return what a line of an ignore file says; None for a comment, an empty line, and one that matches nothing."""
    text = _without_trailing_spaces(line.removesuffix("\r"))
    if not text or text.startswith("#"):
        return None
    is_left_out = not text.startswith("!")
    text = text.removeprefix("!")
    is_folder_only = text.endswith("/")
    text = text.removesuffix("/")
    inner = text.removeprefix("**/")
    is_name = "/" not in inner
    # a leading slash only ties the pattern to its folder
    body = _body(inner if is_name else text.removeprefix("/"), is_name=is_name)
    if not body:
        return None
    # a star that matches nothing must not take a folder for what is inside it: `b/*` does not speak of `b/`
    return IgnorePattern(f"^{body}(?<!/){'/' if is_folder_only else '/?'}\\Z", is_name, is_left_out)


def _without_trailing_spaces(line: str) -> str:
    bare = line.rstrip(" ")
    escapes = len(bare) - len(bare.rstrip("\\"))
    return f"{bare} " if escapes % 2 and bare != line else bare


def _body(pattern: str, *, is_name: bool) -> str:
    """Return the regular expression of what a pattern matches; empty when it can match nothing."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        match pattern[at]:
            case "*":
                part, at = _stars(pattern, at, is_name=is_name)
            case "?":
                part, at = "[^/]", at + 1
            case "[":
                part, at = _bracket(pattern, at + 1)
            case "\\":
                part, at = re.escape(pattern[at + 1 : at + 2]), at + 2
            case letter:
                part, at = re.escape(letter), at + 1
        if not part:
            return ""
        parts.append(part)
    return _without_backtracking(parts)


def _without_backtracking(parts: Sequence[str]) -> str:
    """Join parts so that what follows a `**` is looked for once, and kept where it was first found."""
    *before, last = _split(parts, (_FOLDERS, _ANYTHING), is_kept=True)
    groups = "".join(f"(?>{_joined(group)})" for group in before if group)
    return f"{groups}{_joined(last)}"


def _joined(group: Sequence[str]) -> str:
    """Join the parts of some folders; in each of them only the last star may try more than one place."""
    folders = []
    for folder in _split(group, ("/",)):
        first, *pieces = ("".join(piece) for piece in _split(folder, (_STAR,)))
        middle = "".join(f"(?>{_STAR}?{piece})" for piece in pieces[:-1])
        folders.append(f"{first}{middle}{f'{_STAR}{pieces[-1]}' if pieces else ''}")
    return "/".join(folders)


def _split(parts: Sequence[str], borders: tuple[str, ...], *, is_kept: bool = False) -> list[list[str]]:
    """Split at each border, which begins the next part when it is kept."""
    split: list[list[str]] = [[]]
    for part in parts:
        if part not in borders:
            split[-1].append(part)
        else:
            split.append([part] if is_kept else [])
    return split


def _stars(pattern: str, at: int, *, is_name: bool) -> tuple[str, int]:
    """Return what one or more stars match, and where the pattern goes on."""
    end = at
    while pattern[end : end + 1] == "*":
        end += 1
    is_alone = (at == 0 or pattern[at - 1] == "/") and (end == len(pattern) or pattern.startswith(("/", "\\/"), end))
    if is_name or end - at == 1 or not is_alone:
        return _STAR, end
    if end == len(pattern):
        # everything inside, and not the folder itself, whose own path ends with a slash
        return "(?s:[^/].*)", end
    if pattern[end] == "/":
        return _FOLDERS, end + 1
    return _ANYTHING, end


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    """Return a set of characters, and where the pattern goes on behind it; an empty text when the set never ends."""
    is_negated = pattern[at : at + 1] in ("!", "^")
    at += is_negated
    members: list[str] = []
    previous = ""
    start = at
    while at == start or pattern[at : at + 1] != "]":
        if at >= len(pattern):
            return "", at
        if (end := _class_end(pattern, at)) != at:
            name = pattern[at + 2 : end - 2]
            if name not in _CLASSES:
                return "", at
            members.append(_CLASSES[name])
            previous, at = "", end
        elif pattern[at] == "-" and previous and pattern[at + 1 : at + 2] not in ("", "]"):
            last, at = _member(pattern, at + 1)
            if last >= previous:
                members.append(f"{re.escape(previous)}-{re.escape(last)}")
            previous = ""
        else:
            previous, at = _member(pattern, at)
            members.append(re.escape(previous))
    inside = "".join(members)
    if is_negated:
        return f"[^/{inside}]", at + 1
    return (f"(?!/)[{inside}]" if inside else "(?!)"), at + 1


def _class_end(pattern: str, at: int) -> int:
    """Return the place behind a class such as `[:digit:]`, or `at` where none stands."""
    if not pattern.startswith("[:", at):
        return at
    end = pattern.find("]", at + 2)
    if end < 0:
        return len(pattern) + 2
    return end + 1 if end > at + 2 and pattern[end - 1] == ":" else at


def _member(pattern: str, at: int) -> tuple[str, int]:
    """Return one character of a set, and the place behind it; beyond the end when an escape has nothing to escape."""
    if pattern[at] != "\\":
        return pattern[at], at + 1
    return pattern[at + 1 : at + 2], at + 2 if at + 1 < len(pattern) else at + 3
