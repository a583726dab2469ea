"""Branch and commit read from files agree with what git itself says."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from memory_fabric.ingest.git import GitHead, find_repository, read_head
from tests.memory_fabric.git_parts import commit, git, needs_git, repository


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = repository(tmp_path / "repo")
    (folder / "a.txt").write_text("a")
    commit(folder)
    return folder


def head(folder: Path) -> str:
    """What git says."""
    return git(folder, "rev-parse", "HEAD")


@needs_git
def test_a_branch_and_its_commit(repo: Path) -> None:
    """As `git rev-parse` tells, also after a commit and on a branch with a slash."""
    assert read_head(str(repo)) == GitHead(str(repo), "main", head(repo))
    git(repo, "checkout", "-q", "-b", "topic/one")
    (repo / "b.txt").write_text("b")
    made = commit(repo)
    assert read_head(str(repo)) == GitHead(str(repo), "topic/one", made)


@needs_git
def test_a_detached_head_has_a_commit_and_no_branch(repo: Path) -> None:
    """As during a rebase or on a tag."""
    git(repo, "checkout", "-q", "--detach")
    assert read_head(str(repo)) == GitHead(str(repo), "", head(repo))


@needs_git
def test_packed_references_are_read(repo: Path) -> None:
    """After `git gc` a branch has no file of its own; annotated tags put extra lines between."""
    git(repo, "tag", "-a", "-m", "t", "v1")
    git(repo, "branch", "other")
    git(repo, "pack-refs", "--all")
    assert not (repo / ".git/refs/heads/main").exists()
    assert read_head(str(repo)).commit == head(repo)


@needs_git
def test_before_the_first_commit(tmp_path: Path) -> None:
    """The branch is known, the commit is not."""
    repo = repository(tmp_path / "new")
    assert read_head(str(repo)) == GitHead(str(repo), "main", "")


@needs_git
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_linked_working_tree(repo: Path, tmp_path: Path, is_packed: bool) -> None:
    """`.git` is a file there: the branch is its own, the commit comes from the shared references."""
    linked = tmp_path / "linked"
    git(repo, "worktree", "add", "-q", "-b", "side", str(linked))
    (linked / "b.txt").write_text("b")
    made = commit(linked)
    if is_packed:
        git(repo, "pack-refs", "--all")
    assert (linked / ".git").is_file()
    assert find_repository(str(linked)) == str(linked)
    assert read_head(str(linked)) == GitHead(str(linked), "side", made)
    assert read_head(str(repo)).branch == "main"


@needs_git
def test_a_submodule(repo: Path, tmp_path: Path) -> None:
    """Its `.git` file points by a relative path."""
    outer = repository(tmp_path / "outer")
    git(outer, "submodule", "--quiet", "add", str(repo), "inner")
    inner = outer / "inner"
    assert (inner / ".git").read_text().startswith("gitdir: ..")
    assert read_head(str(inner)) == GitHead(str(inner), "main", head(repo))


@needs_git
def test_a_symbolic_reference_is_followed(repo: Path) -> None:
    """A branch may be another name of a branch."""
    git(repo, "symbolic-ref", "refs/heads/alias", "refs/heads/main")
    git(repo, "symbolic-ref", "HEAD", "refs/heads/alias")
    assert read_head(str(repo)) == GitHead(str(repo), "alias", head(repo))


def test_a_symbolic_reference_to_itself_ends(tmp_path: Path) -> None:
    """A loop says nothing and does not hang."""
    heads = tmp_path / ".git/refs/heads"
    heads.mkdir(parents=True)
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/a\n")
    (heads / "a").write_text("ref: refs/heads/b\n")
    (heads / "b").write_text("ref: refs/heads/a\n")
    assert read_head(str(tmp_path)) == GitHead(str(tmp_path), "a", "")


@needs_git
def test_the_innermost_repository_is_found(repo: Path) -> None:
    """A repository inside another is its own."""
    inner = repository(repo / "vendor/inner")
    (inner / "deep/er").mkdir(parents=True)
    assert find_repository(str(inner / "deep/er")) == str(inner)
    assert find_repository(str(repo / "vendor")) == str(repo)


def test_a_folder_becomes_a_repository_and_ceases_to_be_one(tmp_path: Path) -> None:
    """Nothing is remembered from one question to the next."""
    folder = tmp_path / "work/sub"
    folder.mkdir(parents=True)
    assert find_repository(str(folder)) == ""
    (tmp_path / "work/.git").mkdir()
    assert find_repository(str(folder)) == str(tmp_path / "work")
    shutil.rmtree(tmp_path / "work/.git")
    assert find_repository(str(folder)) == ""


def test_outside_any_repository(tmp_path: Path) -> None:
    """No repository, no branch, no commit."""
    assert find_repository(str(tmp_path)) == ""
    assert read_head(str(tmp_path)) == GitHead(str(tmp_path), "", "")


@needs_git
def test_git_itself_is_not_needed(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has the files and not the program knows the same."""
    wanted = head(repo)
    monkeypatch.setenv("PATH", "")
    assert read_head(str(repo)) == GitHead(str(repo), "main", wanted)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"ref: ", b"ref: refs/heads/\xff", b"ref: .invalid", b"\n", b"../../x"]
)
def test_a_broken_head_raises_nothing(tmp_path: Path, content: bytes) -> None:
    """Whatever stands there, the run goes on without a commit."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_bytes(content)
    assert read_head(str(tmp_path)).commit == ""


@pytest.mark.parametrize(
    "pointer", [b"gitdir: /nowhere", b"gitdir: ", b"\xff", b"", b"gitdir: ../.git", b"gitdir: \x00"]
)
def test_a_broken_pointer_raises_nothing(tmp_path: Path, pointer: bytes) -> None:
    """A working tree whose repository is gone has no head."""
    (tmp_path / ".git").write_bytes(pointer)
    assert read_head(str(tmp_path)) == GitHead(str(tmp_path), "", "")


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    """Reading a named pipe would block for ever."""
    (tmp_path / ".git").mkdir()
    os.mkfifo(tmp_path / ".git/HEAD")
    assert read_head(str(tmp_path)) == GitHead(str(tmp_path), "", "")
