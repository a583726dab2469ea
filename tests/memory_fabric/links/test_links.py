"""Ways and maps over a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.errors import InputError, NotFoundError
from memory_fabric.fabric import MemoryFabric
from memory_fabric.links.records import Place, Route
from memory_fabric.operations import Link
from memory_fabric.records import Filters
from tests.memory_fabric.fabric_parts import go_on, index, open_fabric
from tests.memory_fabric.links.trees import TREE, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The small project."""
    write(tmp_path / "tree", {**TREE, "alone.txt": "nothing links here\n"})
    return tmp_path / "tree"


@pytest.fixture
def fabric(tmp_path: Path, root: Path) -> Iterator[MemoryFabric]:
    """A memory that has read it."""
    with open_fabric(tmp_path / "memory") as fabric:
        index(fabric, root)
        yield fabric


def _way(fabric: MemoryFabric, start: Path, end: Path) -> Route:
    return fabric.graph.path_between(Place(path=str(start)), Place(path=str(end)), most_steps=12, check=go_on)


def test_a_way_leads_over_links(fabric: MemoryFabric, root: Path) -> None:
    """From a text to a helper it never names; each step is cited."""
    route = _way(fabric, root / "docs/guide.md", root / "src/app/store.py")
    assert route.is_found
    assert [(s.direction, s.relation, Path(s.cite.path).name) for s in route.steps][-1][2] == "store.py"
    assert len(route.steps) == 2
    assert all(step.cite.line > 0 for step in route.steps)


def test_no_way_is_said(fabric: MemoryFabric, root: Path) -> None:
    """And the way to itself has no steps."""
    assert not _way(fabric, root / "alone.txt", root / "src/app/main.py").is_found
    assert _way(fabric, root / "alone.txt", root / "alone.txt") == Route(
        _way(fabric, root / "alone.txt", root / "alone.txt").start, (), is_found=True
    )


def test_a_drawn_link_opens_a_way_at_once(fabric: MemoryFabric, root: Path) -> None:
    """What was counted before is not kept then."""
    assert not _way(fabric, root / "alone.txt", root / "docs/notes.md").is_found
    ids = {i.source.path: i.id for i in fabric.list_items(Filters()).items}
    fabric.link(Link(ids[str(root / "alone.txt")], ids[str(root / "docs/notes.md")], "mentions"))
    (step,) = _way(fabric, root / "alone.txt", root / "docs/notes.md").steps
    assert (step.relation, step.direction) == ("mentions", "out")


def test_a_map_shows_what_is_leaned_on(fabric: MemoryFabric, root: Path) -> None:
    """The class that others use comes with its line and signature, the test that uses them does not lead."""
    drawn = fabric.graph.repo_map(str(root), budget_tokens=500, check=go_on)
    assert "src/app/store.py\n  1: class Store" in drawn.text
    assert drawn.of_files == len(TREE) + 1
    assert 0 < drawn.tokens <= 500
    first = drawn.text.split("\n", 1)[0]
    assert first.startswith("src/app/")


@pytest.mark.parametrize("budget", [1, 10, 20, 40])
def test_a_map_never_exceeds_its_budget(fabric: MemoryFabric, root: Path, budget: int) -> None:
    """However small."""
    drawn = fabric.graph.repo_map(str(root), budget_tokens=budget, check=go_on)
    assert drawn.tokens <= budget
    assert (drawn.text == "") == (drawn.files == 0)


def test_focus_moves_the_map(fabric: MemoryFabric, root: Path) -> None:
    """What the file in hand uses rises above what the whole tree uses."""
    focus = [Place(path=str(root / "src/app/tools.py"))]
    drawn = fabric.graph.repo_map(str(root), focus=focus, budget_tokens=12, check=go_on)
    assert drawn.text.startswith("src/app/tools.py")
    named = fabric.graph.repo_map(str(root / "src/app/tools.py"), budget_tokens=12, check=go_on)
    assert named.text.startswith("tools.py")


def test_a_map_of_a_folder_shows_only_that_folder(fabric: MemoryFabric, root: Path) -> None:
    """With paths from there on."""
    drawn = fabric.graph.repo_map(str(root / "src/app"), budget_tokens=500, check=go_on)
    assert drawn.of_files == 4
    assert "store.py\n  1: class Store" in drawn.text
    assert "guide" not in drawn.text


def test_standing_is_a_prior(fabric: MemoryFabric, root: Path) -> None:
    """0..1, highest for what all lean on, and nothing for what stands alone."""
    standing = fabric.graph.standing("p")
    with fabric._store.names() as names:
        named = {Path(i.path).name: standing.get(i.key, 0.0) for i in names.project_items("p")}
    assert max(named.values()) == 1.0 == max(named["store.py"], named["tools.py"], named["main.py"])
    assert named["alone.txt"] == 0.0
    assert all(0.0 <= value <= 1.0 for value in named.values())


def test_what_cannot_be_drawn_is_said(fabric: MemoryFabric, tmp_path: Path) -> None:
    """A folder that is not indexed, and nothing at all."""
    with pytest.raises(NotFoundError):
        fabric.graph.repo_map(str(tmp_path / "else"), budget_tokens=100, check=go_on)
    with pytest.raises(InputError):
        fabric.graph.repo_map("", budget_tokens=100, check=go_on)
