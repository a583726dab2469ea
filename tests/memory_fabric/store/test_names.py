"""Names are rows of their item: written, replaced, renamed and deleted with it."""

from __future__ import annotations

import sqlite3

import msgspec
import pytest

from memory_fabric.errors import StoreCorruptError
from memory_fabric.store.drafts import Definition, ItemDraft, Reference
from memory_fabric.store.names import FILE, module_name, names_under
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import item


def _draft(path: str, defined: str = "", used: str = "", project: str = "p") -> ItemDraft:
    return msgspec.structs.replace(
        item(path, "text", project=project, modality="code"),
        definitions=(Definition(defined, f"C.{defined}", "method", "def x()", 3, 4),) if defined else (),
        references=(Reference("calls", "symbol", used, "m", "C", 7, 2),) if used else (),
    )


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/r/a/b.py", "b"),
        ("/r/a/__init__.py", "a"),
        ("/r/a/index.ts", "a"),
        ("/r/a/x.go", "a"),
        ("/r/a/b.test.js", "b.test"),
    ],
)
def test_modules_are_named_by_file_or_folder(path: str, name: str) -> None:
    """As their languages import them."""
    assert module_name(path) == name


def test_an_item_is_written_with_its_names_and_replaced_with_them(store: Store) -> None:
    """Nothing of the version before stays."""
    store.write(put=[_draft("/r/a.py", "old", "x")])
    store.write(put=[_draft("/r/a.py", "new", "y")])
    with store.names() as names:
        (found,) = names.items_at("/r/a.py")
        assert [(d.name, d.kind) for d in names.definitions_of(found.key)] == [("new", "method"), ("a", FILE)]
        assert [(r.name, r.hint, r.scope, r.line, r.count) for r in names.uses_of(found.key, limit=9)] == [
            ("y", "m", "C", 7, 2)
        ]
        assert names.named("old", "p", limit=9) == []
        assert [n.item.path for n in names.named("new", "p", limit=9)] == ["/r/a.py"]
        assert [u.reference.name for u in names.uses("y", "p", ["symbol"], limit=9)] == ["y"]


def test_a_deleted_item_takes_its_names_along(store: Store) -> None:
    """By the store itself, so that no way of deleting can forget it."""
    receipt = store.write(put=[_draft("/r/a.py", "one", "two")])
    store.delete_items(receipt.item_ids)
    with store.names() as names:
        assert names.named("one", "", limit=9) == []
        assert names.uses("two", "p", ["symbol"], limit=9) == []
    assert store.verify() == []


def test_a_moved_file_is_imported_under_its_new_name(store: Store) -> None:
    """What it defines keeps its names."""
    store.write(put=[_draft("/r/a.py", "one")])
    store.rename_paths([("/r/a.py", "/r/pkg/__init__.py")])
    with store.names() as names:
        (found,) = names.items_at("/r/pkg/__init__.py")
        assert [d.name for d in names.definitions_of(found.key)] == ["one", "pkg"]
        assert [i.path for i in names.items_of_file_name("__init__.py", "p", limit=9)] == ["/r/pkg/__init__.py"]
        assert names.items_of_file_name("a.py", "p", limit=9) == []


def test_only_explained_uses_can_be_asked_for(store: Store) -> None:
    """Of a name that many bear, the others say nothing."""
    bare = msgspec.structs.replace(_draft("/r/b.py"), references=(Reference("calls", "symbol", "x", ".", "", 1),))
    store.write(put=[_draft("/r/a.py", used="x"), bare])
    with store.names() as names:
        assert len(names.uses("x", "p", ["symbol"], limit=9)) == 2
        assert [u.item.path for u in names.uses("x", "p", ["symbol"], is_explained=True, limit=9)] == ["/r/a.py"]


def test_a_file_name_is_found_by_its_index(store: Store) -> None:
    """Not by looking at every path."""
    with store._reader.pool.borrowed() as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT i.key FROM items i"
            " WHERE substr(i.path, length(rtrim(i.path, replace(i.path, '/', ''))) + 1) = 'a.py' AND i.project = 'p'"
        ).fetchall()
    assert "items_file_name" in str(plan)


def test_a_damaged_row_is_told(store: Store) -> None:
    """A name that is no text is damage, not an answer."""
    store.write(put=[_draft("/r/a.py", "one")])
    store._commit.run(lambda connection: _spoil(connection))
    with pytest.raises(StoreCorruptError), store.names() as names:
        names.named("one", "p", limit=9)


def _spoil(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE definitions SET symbol = x'ff00' WHERE name = 'one'")


def test_a_symbol_stands_for_what_is_inside_it() -> None:
    """And not for one whose name begins alike."""
    found = [Definition(s.rpartition(".")[2], s, "class", "", 1, 1) for s in ("A", "A.b", "A.b.c", "AB")]
    assert [d.symbol for d in names_under(found, "A")] == ["A", "A.b", "A.b.c"]
    assert names_under(found, "") == found
