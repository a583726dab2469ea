"""Neighbours over a real store: they appear, move and vanish with the files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.errors import NotFoundError
from memory_fabric.fabric import MemoryFabric
from memory_fabric.links.records import Place
from memory_fabric.operations import ForgetSelector, IngestRecord, Link
from memory_fabric.records import Filters
from tests.memory_fabric.fabric_parts import go_on, ignore, index, open_fabric
from tests.memory_fabric.links.trees import TREE, neighbours, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The small project."""
    write(tmp_path / "tree", TREE)
    return tmp_path / "tree"


@pytest.fixture
def fabric(tmp_path: Path, root: Path) -> Iterator[MemoryFabric]:
    """A memory that has read it."""
    with open_fabric(tmp_path / "memory") as fabric:
        index(fabric, root)
        yield fabric


def _at(root: Path, name: str, line: int = 0) -> Place:
    return Place(path=str(root / name), line=line)


def test_a_file_knows_what_it_uses_and_who_uses_it(fabric: MemoryFabric, root: Path) -> None:
    """Imports lead to files and definitions, calls to definitions, and both are seen from the other side."""
    assert neighbours(fabric, _at(root, "src/app/main.py"), root) == {
        ("out", "imports", "src/app/tools.py:1"),
        ("out", "imports", "src/app/__init__.py:1"),
        ("out", "imports", "src/app/store.py:1"),
        ("out", "imports", "src/app/store.py:1 Store"),
        ("out", "calls", "src/app/store.py:1 Store"),
        ("out", "calls", "src/app/store.py:5 Store.close"),
        ("out", "calls", "src/app/tools.py:1 mend"),
        ("in", "imports", "tests/test_main.py:1"),
        ("in", "calls", "tests/test_main.py:5 test_run"),
        ("in", "mentions", "docs/guide.md:3"),
    }


def test_a_symbol_has_neighbours_of_its_own(fabric: MemoryFabric, root: Path) -> None:
    """By name, by the end of its name, and by a line inside it; calls inside its file count, too."""
    expected = {
        ("in", "defines", "src/app/store.py:1"),
        ("in", "mentions", "docs/notes.md:3"),
        ("out", "calls", "src/app/store.py:9 _check"),
    }
    assert neighbours(fabric, Place(symbol="Store.open"), root) == expected
    assert neighbours(fabric, Place(symbol="Store::open()"), root) == expected
    assert neighbours(fabric, _at(root, "src/app/store.py", 3), root) == expected
    assert ("in", "calls", "src/app/store.py:3 Store.open") in neighbours(fabric, Place(symbol="_check"), root)


def test_prose_links_to_files_and_symbols(fabric: MemoryFabric, root: Path) -> None:
    """What is no name of this project links nowhere."""
    assert neighbours(fabric, _at(root, "docs/guide.md"), root) == {
        ("out", "mentions", "docs/notes.md:1"),
        ("out", "mentions", "src/app/main.py:5 run"),
        ("out", "mentions", "src/app/tools.py:1"),
    }
    assert neighbours(fabric, _at(root, "docs/notes.md"), root, direction="out") == {
        ("out", "mentions", "src/app/store.py:2 Store.open")
    }


def test_an_unexplained_name_is_a_guess(fabric: MemoryFabric, root: Path) -> None:
    """`store.close()` may be of another class; what was imported may not."""
    found = fabric.graph.related(_at(root, "src/app/main.py"))[1]
    weights = {n.cite.symbol: n.weight for n in found if n.relation == "calls" and n.direction == "out"}
    assert weights == {"Store": 1.0, "mend": 1.0, "Store.close": 0.5}


def test_a_later_definition_resolves_what_waits_for_it(fabric: MemoryFabric, root: Path) -> None:
    """Nothing is read again but the new file; and when it goes, the link goes."""
    caller = Place(symbol="later")
    assert neighbours(fabric, caller, root, direction="out") == set()
    write(
        root,
        {
            "src/app/tools.py": TREE["src/app/tools.py"].replace(
                "def mend", "from app.made import build_all\n\n\ndef mend"
            )
        },
    )
    index(fabric, root)
    assert neighbours(fabric, caller, root, direction="out") == set()
    write(root, {"src/app/made.py": "def build_all():\n    pass\n"})
    index(fabric, root / "src/app/made.py")
    assert neighbours(fabric, caller, root, direction="out") == {("out", "calls", "src/app/made.py:1 build_all")}
    (root / "src/app/made.py").unlink()
    index(fabric, root)
    assert neighbours(fabric, caller, root, direction="out") == set()


def test_a_renamed_file_is_found_under_its_new_name(fabric: MemoryFabric, root: Path) -> None:
    """It keeps its id, and imports of its old name lead nowhere until they are written anew."""
    before = {i.source.path: i.id for i in fabric.list_items(Filters()).items}
    (root / "src/app/tools.py").rename(root / "src/app/repair.py")
    assert index(fabric, root).renamed == 1
    after = {i.source.path: i.id for i in fabric.list_items(Filters()).items}
    assert after[str(root / "src/app/repair.py")] == before[str(root / "src/app/tools.py")]
    assert neighbours(fabric, _at(root, "src/app/repair.py"), root) == set()
    write(root, {"src/app/main.py": "from app import repair\n\n\ndef run():\n    return repair.mend(1)\n"})
    index(fabric, root)
    assert neighbours(fabric, _at(root, "src/app/repair.py"), root) == {
        ("in", "imports", "src/app/main.py:1"),
        ("in", "calls", "src/app/main.py:5 run"),
    }


def test_reading_again_changes_nothing(fabric: MemoryFabric, root: Path) -> None:
    """However often, and in whatever order."""
    before = neighbours(fabric, _at(root, "src/app/store.py"), root)
    for _ in range(2):
        fabric.index([str(root)], project="p", is_forced=True, report=ignore, check=go_on)
    assert neighbours(fabric, _at(root, "src/app/store.py"), root) == before


def test_what_is_forgotten_leaves_no_names(fabric: MemoryFabric, root: Path) -> None:
    """Neither what it defined nor what it used."""
    fabric.forget(ForgetSelector(path=str(root / "src")), is_dry_run=False, report=ignore, check=go_on)
    with fabric._store._reader.pool.borrowed() as connection:
        names = connection.execute("SELECT name FROM definitions UNION SELECT name FROM name_uses").fetchall()
    assert {name for (name,) in names}.isdisjoint({"Store", "mend", "build_all", "tools", "store"})
    assert neighbours(fabric, _at(root, "docs/guide.md"), root) == {("out", "mentions", "docs/notes.md:1")}
    assert fabric._store.verify() == []


def test_mails_of_a_thread_are_linked(tmp_path: Path) -> None:
    """By the ids in their headers; and what is attached is derived from its mail."""
    first = "From: a@x\nMessage-ID: <1@x>\nSubject: plan\n\nthe plan\n"
    second = (
        "From: b@x\nMessage-ID: <2@x>\nIn-Reply-To: <1@x>\nReferences: <1@x>\nSubject: re\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="z"\n\n--z\nContent-Type: text/plain\n\nagreed\n--z\n'
        'Content-Type: text/plain; name="n.txt"\nContent-Disposition: attachment; filename="n.txt"\n\nattached\n--z--\n'
    )
    root = tmp_path / "mail"
    write(root, {"1.eml": first, "2.eml": second})
    with open_fabric(tmp_path / "memory") as fabric:
        index(fabric, root)
        assert neighbours(fabric, _at(root, "1.eml"), root) == {("in", "replies", "2.eml:1")}
        assert neighbours(fabric, _at(root, "2.eml"), root) == {
            ("out", "replies", "1.eml:1"),
            ("in", "derived_from", "2.eml!/n.txt:1"),
        }
        inner = Place(path=f"{root / '2.eml'}!/n.txt")
        assert neighbours(fabric, inner, root) == {("out", "derived_from", "2.eml:1")}


def test_imported_turns_are_linked_by_their_meta(tmp_path: Path) -> None:
    """As an export may say what answers what."""
    records = [
        IngestRecord("1", "a: shall we?", meta={"message_id": "t1"}),
        IngestRecord("2", "b: we shall", meta={"message_id": "t2", "in_reply_to": "t1"}),
    ]
    with open_fabric(tmp_path) as fabric:
        fabric.ingest(records, project="chat", report=ignore, check=go_on)
        ids = {i.source.uri: i.id for i in fabric.list_items(Filters()).items}
        found = neighbours(fabric, Place(id=ids["jsonl:chat/2"]), tmp_path)
    assert found == {("out", "replies", "jsonl:chat/1:0")}


def test_drawn_links_stand_beside_found_ones(fabric: MemoryFabric, root: Path) -> None:
    """Both ends see them."""
    ids = {i.source.path: i.id for i in fabric.list_items(Filters()).items}
    a, b = ids[str(root / "docs/notes.md")], ids[str(root / "src/app/tools.py")]
    fabric.link(Link(a, b, "contradicts", 0.7))
    assert ("out", "contradicts", "src/app/tools.py:1") in neighbours(fabric, Place(id=a), root)
    assert neighbours(fabric, Place(id=b), root, direction="in") >= {("in", "contradicts", "docs/notes.md:1")}


def test_other_projects_are_other_worlds(fabric: MemoryFabric, tmp_path: Path) -> None:
    """The same tree twice gives no link across, and a symbol is found in both."""
    write(tmp_path / "copy", TREE)
    index(fabric, tmp_path / "copy", project="q")
    places, found = fabric.graph.related(Place(symbol="mend"))
    assert len(places) == 2
    assert all((str(tmp_path / "copy") in n.cite.path) or (str(tmp_path / "tree") in n.cite.path) for n in found)
    for project, name in (("p", "tree"), ("q", "copy")):
        found = fabric.graph.related(Place(symbol="mend", project=project))[1]
        assert {str(tmp_path / name) in n.cite.path for n in found} == {True}


def test_what_is_unknown_is_said(fabric: MemoryFabric, root: Path) -> None:
    """With advice."""
    for place in (Place(id="mi_x"), Place(path=str(root / "none.py")), Place(symbol="none_such")):
        with pytest.raises(NotFoundError):
            fabric.graph.related(place)


def test_names_keep_no_secret(tmp_path: Path) -> None:
    """Neither a link of a page, which the text does not show, nor a name in backticks."""
    key = "AKIA" + "QRSTUVWXYZ234567"
    body = (
        f'<html><body><p>see <a href="{key}/b.html">b</a> and <a href="c.html">c</a></p><p>a page of words</p></body>'
    )
    write(tmp_path / "tree", {"a.html": body, "c.html": body.replace(key, "x"), "n.md": f"# Keys\n\nit is `{key}`\n"})
    with open_fabric(tmp_path / "m") as fabric:
        index(fabric, tmp_path / "tree")
        with fabric._store._reader.pool.borrowed() as connection:
            rows = connection.execute("SELECT name, hint FROM name_uses").fetchall()
        found = neighbours(fabric, _at(tmp_path / "tree", "a.html"), tmp_path / "tree", direction="out")
    assert key not in str(rows)
    assert found == {("out", "mentions", "c.html:1")}
