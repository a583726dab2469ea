"""`related`, `path`, `map`: what people ask of links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.commands.links import place_of
from tests.cli.commands.home import Home
from tests.memory_fabric.git_parts import commit, needs_git, repository

pytestmark = pytest.mark.slow


@pytest.fixture
def filled(home: Home) -> Iterator[Home]:
    """Three files that name one another; gone after the test."""
    home.write("code/box.py", "class Box:\n    def open(self):\n        return self\n")
    home.write("code/main.py", "from box import Box\n\n\ndef run():\n    return Box().open()\n")
    home.write("code/README.md", "Call `run` in `main.py`.\n")
    home.write("code/alone.txt", "nothing\n")
    home.good("index", "code", "--project", "code", "--no-wait")
    yield home
    home.forget_all()


def test_related_shows_both_directions(filled: Home) -> None:
    """With citations that can be pasted back."""
    shown = filled.good("related", "code/main.py")
    assert "→ calls code/box.py:1-3  Box  from run, line 5" in shown
    assert "→ calls code/box.py:2-3  Box.open  from run, line 5, perhaps" in shown
    assert "← mentions code/README.md:1" in shown
    found = filled.json("related", "Box.open", "--direction", "in", "--relation", "calls")
    assert [(n["cite"]["path"].rpartition("/")[2], n["cite"]["line"], n["count"]) for n in found["neighbours"]] == [
        ("main.py", 5, 1)
    ]
    assert found["places"][0]["symbol"] == "Box.open"
    assert filled.json("related", "code/box.py:2-3")["places"] == found["places"]
    by_id = filled.json("related", found["neighbours"][0]["id"])
    assert by_id["places"][0]["path"].endswith("code/main.py")


def test_a_place_without_links_says_so(filled: Home) -> None:
    """And one that is unknown is an error with advice."""
    assert "no links" in filled.good("related", "code/alone.txt")
    assert "nothing defines `none_such`" in filled.bad("related", "none_such", status=1)
    assert "is not indexed" in filled.bad("related", "./none.py", status=1)


def test_path_shows_each_step(filled: Home) -> None:
    """No way is a failure that scripts can see."""
    shown = filled.good("path", "code/README.md", "Box")
    assert "→ mentions code/main.py:4-5  run  line 1" in shown
    assert "2 steps" in shown
    assert filled.json("path", "code/README.md", "code/box.py")["is_found"] is True
    lost = filled.inside("path", "code/alone.txt", "code/box.py")
    assert (lost.returncode, lost.stdout) == (1, "no way between them\n")


def test_map_fits_its_budget(filled: Home) -> None:
    """The tokens it says are those it uses."""
    shown = filled.good("map", "code", "--budget", "200", "--focus", "Box")
    assert "box.py\n  1: class Box" in shown
    drawn = filled.json("map", "code", "--budget", "8")
    assert drawn["tokens"] <= 8 == drawn["budget_tokens"]
    assert drawn["of_files"] == 4
    assert "nothing below" in filled.bad("map", "/etc/none", status=1)


def test_words_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids, files with lines, members of archives, symbols."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").write_text("x")
    item = "mi_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    assert place_of(item) == {"id": item}
    assert place_of("here") == {"path": f"{tmp_path}/here", "line": 0, "project": ""}
    assert place_of("a/b.py:4-9", "p") == {"path": f"{tmp_path}/a/b.py", "line": 4, "project": "p"}
    assert place_of("a/b.zip!/c.py:4") == {"path": f"{tmp_path}/a/b.zip!/c.py", "line": 4, "project": ""}
    assert place_of("Store::open", "p") == {"symbol": "Store::open", "project": "p"}


@needs_git
def test_blame_shows_the_commit_behind_a_line(home: Home) -> None:
    """Of a pasted citation, too; the commit is an item that can be asked about."""
    root = repository(home.work / "repo")
    home.write("repo/a.py", "x = 1\ny = 2\n")
    name = commit(root, "Begin")
    home.write("repo/a.py", "x = 1\ny = 2\nz = 3\n")
    home.good("index", "repo", "--no-wait")
    assert f"1-2  {name[:10]}" in (shown := home.good("blame", "repo/a.py"))
    assert "3  not committed yet" in shown
    (row,) = home.json("blame", "repo/a.py:1-2")["commits"]
    assert (row["commit"], row["author"], row["summary"]) == (name, "a", "Begin")
    assert home.json("related", row["id"])["neighbours"][0]["relation"] == "touches"
    assert "has 3 lines" in home.bad("blame", "repo/a.py:9", status=2)
    home.forget_all()
