"""References of prose: links to other files, and names of code in backticks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from memory_fabric.store.drafts import Reference

__all__ = ["link_references", "page_links", "prose_references"]

_MAX_REFERENCES = 2_000
"""Of one document."""

_MAX_TARGET = 400

_TARGETS = re.compile(
    r"\]\(<?([^()<>\s]{1,400})"  # Markdown
    r"|^[ ]{0,3}\[[^\]\n]{1,200}\]:[ \t]{0,10}<?([^\s<>]{1,400})"  # a reference definition of Markdown
    r"|`[^`<>\n]{0,200}<([^`<>\n]{1,400})>`_"  # reStructuredText
    r"|:download:`([^`<>\n]{1,400})`"
    r"|^\.\. (?:include|literalinclude|image|figure):: ([^\s]{1,400})",
    re.MULTILINE,
)
_TICKED = re.compile(r"(?<![`:])``?([^`\n]{2,160})``?(?!`)")
_ROLE = re.compile(r":(?:py:)?(?:func|meth|class|mod|data|attr|exc|obj):`~?\.?([^`<>\n]{2,160})`")
_SYMBOL = re.compile(r"[A-Za-z_$][\w$]{0,79}(?:(?:\.|::|#)[A-Za-z_$][\w$]{0,79}){0,5}(?:\(\))?", re.ASCII)
_PATH = re.compile(r"(?:[\w.@+-]{1,80}/){0,12}[\w.@+-]{1,80}\.[A-Za-z]\w{0,7}(?::\d{1,7})?")
_DOC = re.compile(r":doc:`(?:[^`<>\n]{0,200}<)?([^`<>\n]{1,400})>?`")
"""Names a page without its suffix."""
_LEAST_NAME = 3
_SCHEME = re.compile(r"[A-Za-z][\w+.-]{0,20}:")
_HREF = re.compile(r"<a\s[^<>]{0,400}?href\s{0,5}=\s{0,5}[\"']([^\"'<>]{1,400})[\"']", re.IGNORECASE)
_FENCE = re.compile(r"^[ ]{0,3}(```|~~~)")
_SUFFIXES = frozenset(
    "py pyi js jsx mjs ts tsx rs go c h cc cpp hpp java cs rb php sh sql html css md rst txt toml yaml yml json proto "
    "ini cfg xml ipynb vue svelte kt swift scala lua".split()
)


def prose_references(text: str) -> list[Reference]:
    """Return the files and symbols that a text names, each once, at the first line that does.

    Whether a word in backticks is a symbol, the memory knows only when something defines it: all that look like names
    are kept. What stands in fenced code is an example and names nothing.
    """
    seen: dict[tuple[str, str, str], list[int]] = {}
    for line, part in _lines(text):
        for kind, name, hint in _named(part):
            counted = seen.setdefault((kind, name, hint), [line, 0])
            counted[1] += 1
        if len(seen) >= _MAX_REFERENCES:
            break
    return [
        Reference("mentions", kind, name, hint, "", line, count)  # type: ignore[arg-type]  # two kinds here
        for (kind, name, hint), (line, count) in seen.items()
    ]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines outside fences that may name something."""
    if "`" not in text and "](" not in text and "]:" not in text and "\n.. " not in text:
        return
    fence = ""
    for number, line in enumerate(text.split("\n"), 1):
        mark = _FENCE.match(line)
        if mark is not None and (not fence or fence == mark[1]):
            fence = "" if fence else mark[1]
        elif not fence and ("`" in line or "]" in line or line.startswith(".. ")):
            yield number, line


def _named(line: str) -> Iterator[tuple[str, str, str]]:
    for found in _TARGETS.finditer(line):
        target = next(group for group in found.groups() if group)
        if place := _local(target):
            yield ("file", place.rpartition("/")[2], place)
    if "`" not in line:
        return
    for found in _DOC.finditer(line):
        if place := _local(f"{found[1]}.rst"):
            yield ("file", place.rpartition("/")[2], place)
    for found in _TICKED.finditer(line):
        word = found[1].strip()
        if _is_file(word):
            place = word.partition(":")[0]
            yield ("file", place.rpartition("/")[2], place)
        elif len(word) >= _LEAST_NAME and _SYMBOL.fullmatch(word):
            yield _symbol(word)
    for found in _ROLE.finditer(line):
        if _SYMBOL.fullmatch(found[1]):
            yield _symbol(found[1])


def _symbol(word: str) -> tuple[str, str, str]:
    dotted = word.removesuffix("()").replace("::", ".").replace("#", ".")
    return ("symbol", dotted.rpartition(".")[2], dotted if "." in dotted else "")


def _is_file(word: str) -> bool:
    if _PATH.fullmatch(word) is None:
        return False
    suffix = word.partition(":")[0].rpartition(".")[2]
    return "/" in word or suffix.lower() in _SUFFIXES


def _local(target: str) -> str:
    """Return the path that a link leads to, or nothing for one that leaves this disk or this tree."""
    if _SCHEME.match(target) or target.startswith(("#", "//", "?", "mailto:")):
        return ""
    path = unquote(target.partition("#")[0].partition("?")[0]).rstrip("/")
    return path if path and "\x00" not in path and len(path) <= _MAX_TARGET and path not in {".", ".."} else ""


def link_references(links: tuple[tuple[str, int], ...]) -> list[Reference]:
    """Return the files that links lead to which the text shows no more."""
    seen: dict[str, list[int]] = {}
    for target, line in links[:_MAX_REFERENCES]:
        if place := _local(target):
            counted = seen.setdefault(place, [line, 0])
            counted[1] += 1
    return [
        Reference("mentions", "file", place.rpartition("/")[2], place, "", line, count)
        for place, (line, count) in seen.items()
    ]


def page_links(text: str) -> tuple[tuple[str, int], ...]:
    """Return the targets of the links of a web page, each with its line."""
    found: list[tuple[str, int]] = []
    line = counted_to = 0
    for match in _HREF.finditer(text):
        line += text.count("\n", counted_to, match.start())
        counted_to = match.start()
        if _local(match[1]):
            found.append((match[1], line + 1))
        if len(found) >= _MAX_REFERENCES:
            break
    return tuple(found)
