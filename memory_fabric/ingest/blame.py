"""Which commit stands behind a line: asked of git at HEAD, and carried over to the file as it is now."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from foundation.errors import InputError, NotFoundError
from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.git import find_repository
from memory_fabric.ingest.git_run import run_git
from memory_fabric.ingest.opening import read_regular
from memory_fabric.links.records import Commit

__all__ = ["blame_lines"]

_MAX_LINES = 2_000
"""Of one question."""

_MAX_COMPARED = 50_000
"""Lines of a file that was changed since HEAD; comparing more takes long."""


class _Origin(msgspec.Struct):
    commit: str
    author: str = ""
    timestamp_s: float = 0.0
    summary: str = ""


def blame_lines(path: str, first: int, last: int, *, max_bytes: int) -> tuple[str, list[Commit]]:
    """Return the top folder of the repository and the commits behind some lines of a file, in the order of the lines.

    The working copy is compared with HEAD here and not by git, whose filters a repository's configuration chooses.

    Args:
        path: A resolved file.
        first: 1-based; 0 is all of the file.
        last: Inclusive; 0 is `first`.
        max_bytes: Of the file.

    Raises:
        NotFoundError: The file is not in a repository, not committed there, or git cannot be asked.
        InputError: The lines are not in the file.
    """
    repo = find_repository(os.path.dirname(path))
    if not repo:
        raise NotFoundError(f"`{path}` is in no git repository")
    inner = os.path.relpath(path, repo)
    head = run_git(repo, "cat-file", "blob", f"HEAD:{inner}")
    if head is None:
        raise NotFoundError(f"`{path}` is in no commit of `{repo}`", fix="commit it, and see that `git` is installed")
    try:
        now = _lines(read_regular(path, max_bytes))
    except UnreadableError as error:
        raise NotFoundError(f"`{path}` cannot be read: {error.reason}") from error
    first, last = first or 1, last or first or len(now)
    if not 1 <= first <= last <= len(now):
        raise InputError("line", f"`{path}` has {len(now)} lines", fix="name lines of the file as it is now")
    last = min(last, first + _MAX_LINES - 1)
    then = _places(_lines(head), now, first, last)
    origins = _origins(repo, inner, sorted(place for place in then.values() if place))
    rows = [(line, origins.get(then[line], _Origin(""))) for line in range(first, last + 1)]
    return repo, [_commit(list(group)) for _, group in groupby(rows, key=lambda row: row[1].commit)]


def _lines(data: bytes) -> list[bytes]:
    # a checkout may have written other line ends than were committed
    return [line.rstrip(b"\r") for line in data.removesuffix(b"\n").split(b"\n")]


def _places(then: Sequence[bytes], now: Sequence[bytes], first: int, last: int) -> dict[int, int]:
    """Return for each line of the file now its line at HEAD; 0 for one that is not committed."""
    places = dict.fromkeys(range(first, last + 1), 0)
    if then == now:
        return {line: line for line in places}
    if len(then) + len(now) > _MAX_COMPARED:
        return {line: line if line <= len(then) and then[line - 1] == now[line - 1] else 0 for line in places}
    for block in difflib.SequenceMatcher(None, then, now, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            line = block.b + step + 1
            if line in places:
                places[line] = block.a + step + 1
    return places


def _origins(repo: str, inner: str, lines: Sequence[int]) -> dict[int, _Origin]:
    found: dict[int, _Origin] = {}
    if not lines:
        return found
    spans = f"-L{lines[0]},{lines[-1]}"
    said = run_git(repo, "blame", "--porcelain", "--no-textconv", spans, "HEAD", "--", inner)
    commits: dict[str, _Origin] = {}
    here = _Origin("")
    line = 0
    for row in _porcelain(said or b""):
        word, _, rest = row.partition(" ")
        if row.startswith("\t"):
            found[line] = here
        elif len(word) >= 40 and rest[:1].isdigit():
            here = commits.setdefault(word, _Origin(word))
            line = int(rest.split(" ")[1])
        elif word == "author":
            here.author = rest
        elif word == "committer-time" and rest.isdigit():
            here.timestamp_s = float(rest)
        elif word == "summary":
            here.summary = rest
    return found


def _porcelain(said: bytes) -> Iterator[str]:
    yield from said.decode("utf-8", "replace").split("\n")


def _commit(rows: Sequence[tuple[int, _Origin]]) -> Commit:
    origin = rows[0][1]
    return Commit(origin.commit, origin.author, origin.timestamp_s, origin.summary, rows[0][0], rows[-1][0])
