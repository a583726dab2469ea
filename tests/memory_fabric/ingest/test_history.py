"""Commits become items once, follow the branch, and go with their repository."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from memory_fabric.config import IngestConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.ingest.history import commit_uri
from memory_fabric.links.records import Place
from memory_fabric.operations import ForgetSelector
from memory_fabric.records import Filters, MemoryItem
from tests.memory_fabric.fabric_parts import NO_MODEL, ask, go_on, ignore, index, open_fabric
from tests.memory_fabric.git_parts import commit, git, needs_git, repository

pytestmark = [needs_git, pytest.mark.slow]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with two commits."""
    root = repository(tmp_path / "repo")
    (root / "a.py").write_text("def start():\n    return 1\n")
    commit(root, "Begin with a start\n\nThe walrus wanted it.")
    (root / "b.py").write_text("from a import start\n")
    (root / "a.py").write_text("def start():\n    return 2\n")
    commit(root, "Return two, see `start`")
    return root


@pytest.fixture
def fabric(tmp_path: Path) -> Iterator[MemoryFabric]:
    """An empty memory."""
    with open_fabric(tmp_path / "memory") as fabric:
        yield fabric


def _commits(fabric: MemoryFabric) -> dict[str, MemoryItem]:
    """Commits by the first line of their message."""
    items = (fabric.get(i.id) for i in fabric.list_items(Filters(layers=("episodic",)), limit=1000).items)
    return {item.text.partition("\n")[0]: item for item in items if item.source.uri.startswith("git:")}


def test_each_commit_is_an_item(fabric: MemoryFabric, repo: Path) -> None:
    """With its message, author, time and repository; found by its words."""
    summary = index(fabric, repo)
    assert summary.items == 4
    assert summary.files == 2
    found = _commits(fabric)
    assert set(found) == {"Begin with a start", "Return two, see `start`"}
    item = found["Begin with a start"]
    name = git(repo, "rev-parse", "HEAD~1")
    assert item.source.uri == commit_uri(str(repo), name)
    assert (item.source.commit, item.source.repo, item.meta.layer, item.modality) == (
        name,
        str(repo),
        "episodic",
        "text",
    )
    assert (item.meta.fields["author"], item.meta.title) == ("a", f"commit {name[:10]}")
    assert item.source.timestamp == float(git(repo, "log", "-1", "--format=%ct", name))
    assert ask(fabric, "walrus", layers=("episodic",)).items[0].cite.uri == item.source.uri


def test_a_plain_question_leaves_commits_out(fabric: MemoryFabric, repo: Path) -> None:
    """Their layer must be asked for; notes of that layer are found as before."""
    fabric.remember("the walrus came by", layer="episodic", project="p")
    index(fabric, repo)
    plain = ask(fabric, "walrus").items
    assert [hit.cite.uri[:7] for hit in plain] == ["memory:"]
    asked = ask(fabric, "walrus", layers=("episodic",)).items
    assert sorted(hit.cite.uri[:4] for hit in asked) == ["git:", "memo"]
    assert ask(fabric, "walrus", layers=("semantic",)).items == ()


def test_a_commit_is_linked_with_what_it_touched(fabric: MemoryFabric, repo: Path) -> None:
    """And with what its message names."""
    index(fabric, repo)
    item = _commits(fabric)["Return two, see `start`"]
    found = fabric.graph.related(Place(id=item.id))[1]
    assert {(n.relation, Path(n.cite.path).name) for n in found} == {
        ("touches", "a.py"),
        ("touches", "b.py"),
        ("mentions", "a.py"),
    }
    touching = fabric.graph.related(Place(path=str(repo / "a.py")), relations=["touches"])[1]
    assert {n.id for n in touching} == {one.id for one in _commits(fabric).values()}


def test_only_new_commits_are_read(fabric: MemoryFabric, repo: Path) -> None:
    """The others keep their ids; a look at what is known writes nothing."""
    index(fabric, repo)
    before = {text: item.id for text, item in _commits(fabric).items()}
    assert index(fabric, repo).items == 0
    (repo / "c.py").write_text("x = 1\n")
    commit(repo, "Third")
    assert index(fabric, repo).items == 2
    after = {text: item.id for text, item in _commits(fabric).items()}
    assert after.items() > before.items()
    assert "Third" in after


def test_history_that_was_rewritten_is_forgotten(fabric: MemoryFabric, repo: Path) -> None:
    """An amended message leaves nothing of the old one."""
    index(fabric, repo)
    git(repo, "commit", "-q", "--amend", "-m", "Return two, amended")
    index(fabric, repo)
    assert set(_commits(fabric)) == {"Begin with a start", "Return two, amended"}


def test_history_is_bounded(tmp_path: Path, repo: Path) -> None:
    """The newest are kept; 0 keeps none."""
    for count, kept in ((1, {"Return two, see `start`"}), (0, set())):
        limits = msgspec.structs.replace(IngestConfig(), git_commits=count)
        with open_fabric(tmp_path / str(count), msgspec.structs.replace(NO_MODEL, ingest=limits)) as fabric:
            index(fabric, repo)
            assert set(_commits(fabric)) == kept


def test_a_part_of_a_repository_has_no_history(fabric: MemoryFabric, repo: Path) -> None:
    """Who indexes one file did not ask for all that was ever said of the others."""
    index(fabric, repo / "a.py")
    assert _commits(fabric) == {}


def test_history_goes_with_its_repository(fabric: MemoryFabric, repo: Path) -> None:
    """When its folder is forgotten, and when it is gone."""
    index(fabric, repo)
    fabric.forget(ForgetSelector(path=str(repo)), is_dry_run=False, report=ignore, check=go_on)
    assert fabric.list_items(Filters()).items == ()
    index(fabric, repo)
    assert len(_commits(fabric)) == 2
    shutil.rmtree(repo)
    repo.mkdir()
    (repo / "new.txt").write_text("another thing\n")
    index(fabric, repo)
    assert _commits(fabric) == {}


def test_a_hostile_repository_runs_nothing(fabric: MemoryFabric, repo: Path, tmp_path: Path) -> None:
    """Its configuration names programs for everything that git would start."""
    mark = tmp_path / "ran"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    script.chmod(0o755)
    for key in (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.gitProxy", "diff.external", "gpg.program"),
        *("filter.x.clean", "filter.x.smudge", "diff.x.textconv", "diff.x.command", "core.editor"),
    ):
        git(repo, "config", key, str(script))
    git(repo, "config", "log.showSignature", "true")
    (repo / ".gitattributes").write_text("*.py filter=x diff=x\n")
    index(fabric, repo)
    assert len(_commits(fabric)) == 2
    assert fabric.graph.blame(str(repo / "a.py"))[0].summary == "Begin with a start"
    assert not mark.exists()


def test_a_message_may_hold_anything(fabric: MemoryFabric, repo: Path) -> None:
    """Separators, escapes, other encodings, no words at all, and names that look like options."""
    (repo / "--help").write_text("x\n")
    (repo / "new\nline.txt").write_text("x\n")
    commit(repo, "Odd \x1e names \x1f and\n\n" + "0" * 40 + "\nwörds")
    git(repo, "commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    index(fabric, repo)
    found = _commits(fabric)
    assert len(found) == 4
    odd = next(item for text, item in found.items() if text.startswith("Odd"))
    assert "wörds" in odd.text
    assert any(text.startswith("commit ") for text in found)


def test_a_secret_in_a_message_is_cut_out(fabric: MemoryFabric, repo: Path) -> None:
    """As from every other text."""
    key = "AKIA" + "QRSTUVWXYZ234567"
    (repo / "c.py").write_text("y = 1\n")
    commit(repo, f"Rotate the key {key}")
    assert index(fabric, repo).redacted == 1
    assert not any(key in item.text for item in _commits(fabric).values())
    assert any(item.text.startswith("Rotate the key [redacted") for item in _commits(fabric).values())
