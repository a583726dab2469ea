"""The commit behind a line, carried over to the file as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import InputError, NotFoundError
from memory_fabric.ingest.blame import blame_lines
from memory_fabric.ingest.git_run import run_git
from tests.memory_fabric.git_parts import commit, needs_git, repository

pytestmark = [needs_git, pytest.mark.slow]

MAX = 1_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Four lines: three of a first commit, one of a second."""
    root = repository(tmp_path / "repo")
    path = root / "sub" / "a b.txt"
    path.parent.mkdir()
    path.write_text("one\ntwo\nthree\n")
    commit(root, "First words")
    path.write_text("one\ntwo\nsecond\nthree\n")
    commit(root, "A line between")
    return path


def _told(path: Path, first: int = 0, last: int = 0) -> list[tuple[int, int, str]]:
    return [(c.line, c.line_end, c.summary) for c in blame_lines(str(path), first, last, max_bytes=MAX)[1]]


def test_neighbouring_lines_of_one_commit_are_one_answer(file: Path) -> None:
    """All of the file, some lines, or one."""
    assert _told(file) == [(1, 2, "First words"), (3, 3, "A line between"), (4, 4, "First words")]
    assert _told(file, 2, 3) == [(2, 2, "First words"), (3, 3, "A line between")]
    assert _told(file, 4) == [(4, 4, "First words")]


def test_lines_are_those_of_the_file_now(file: Path) -> None:
    """What was written since is not committed yet; what moved down is found where it is."""
    file.write_text("new\r\none\r\ntwo\r\nsecond\r\nchanged\r\n")
    assert _told(file) == [(1, 1, ""), (2, 3, "First words"), (4, 4, "A line between"), (5, 5, "")]
    assert blame_lines(str(file), 1, 1, max_bytes=MAX)[1][0].commit == ""


def test_a_commit_is_told_whole(file: Path) -> None:
    """Its hash, author and time."""
    repo, (told,) = blame_lines(str(file), 3, 3, max_bytes=MAX)
    assert repo == str(file.parent.parent)
    said = run_git(repo, "log", "-1", "--format=%H %ct")
    assert said is not None
    assert [told.commit, str(round(told.timestamp_s))] == said.decode().split()
    assert told.author == "a"


def test_what_cannot_be_blamed_says_why(file: Path, tmp_path: Path) -> None:
    """No repository, no commit, no such line."""
    loose = tmp_path / "loose.txt"
    loose.write_text("x\n")
    with pytest.raises(NotFoundError, match="in no git repository"):
        _told(loose)
    fresh = file.parent / "fresh.txt"
    fresh.write_text("x\n")
    with pytest.raises(NotFoundError, match="in no commit"):
        _told(fresh)
    with pytest.raises(InputError, match="has 4 lines"):
        _told(file, 5)


def test_git_may_be_absent(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is no blame, and indexing goes on without history."""
    monkeypatch.setenv("PATH", "/nonexistent")
    assert run_git(str(file.parent), "status") is None
    with pytest.raises(NotFoundError, match="`git` is installed"):
        _told(file)
