"""Names that items define and use, as rows: what links are found by."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

import msgspec

from foundation.ids import ItemId
from memory_fabric.store.conditions import below
from memory_fabric.store.drafts import Definition, ItemDraft, Reference, ReferenceKind

__all__ = [
    "FILE",
    "LinkedItem",
    "NameReader",
    "Named",
    "Use",
    "drop_names",
    "module_name",
    "names_under",
    "put_names",
    "rename_modules",
]

_FOLDER_MODULES = frozenset({"__init__", "index", "mod"})
"""Files that stand for the folder they are in, in Python, JavaScript and Rust."""

FILE = "file"
"""Kind of the definition that says under which name a source file is imported."""

_FILE_NAME = "substr(i.path, length(rtrim(i.path, replace(i.path, '/', ''))) + 1)"
"""The expression of the index `items_file_name`, word for word: else it is not used."""

_ITEM = "i.key, i.id, i.project, i.path, i.uri, i.repo, i.title, i.modality"
_NAMED = f"SELECT {_ITEM}, d.name, d.symbol, d.kind, d.signature, d.line_start, d.line_end"
_USE = f"SELECT {_ITEM}, n.relation, n.kind, n.name, n.hint, n.scope, n.line, n.count"


class LinkedItem(msgspec.Struct, frozen=True):
    """What links need to know of an item."""

    key: int
    id: ItemId
    project: str
    path: str
    uri: str
    repo: str
    title: str
    modality: str


class Named(msgspec.Struct, frozen=True):
    """A definition together with its item."""

    item: LinkedItem
    definition: Definition


class Use(msgspec.Struct, frozen=True):
    """A reference together with the item in which it stands."""

    item: LinkedItem
    reference: Reference


_ItemRow = tuple[int, ItemId, str, str, str, str, str, str]
_NamedRow = tuple[int, ItemId, str, str, str, str, str, str, str, str, str, str, int, int]
_UseRow = tuple[int, ItemId, str, str, str, str, str, str, str, ReferenceKind, str, str, str, int, int]


def module_name(path: str) -> str:
    """Return the name under which a source file is imported; of a package, and in Go of every file, its folder's."""
    pure = PurePosixPath(path)
    is_folder = pure.suffix == ".go" or pure.stem in _FOLDER_MODULES
    return pure.parent.name if is_folder else pure.stem


# ---- writing --------------------------------------------------------------------------------------------------


def put_names(connection: sqlite3.Connection, key: int, draft: ItemDraft) -> None:
    """Write what an item defines and uses; it must have no names yet."""
    definitions = list(draft.definitions)
    if draft.modality == "code" and draft.path:
        definitions.append(Definition(module_name(draft.path), "", FILE, "", 1, 1))
    if definitions:
        connection.executemany(
            "INSERT INTO definitions (item_key, ordinal, name, symbol, kind, signature, line_start, line_end)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (key, place, d.name, d.symbol, d.kind, d.signature, d.line_start, d.line_end)
                for place, d in enumerate(definitions)
            ],
        )
    if draft.references:
        connection.executemany(
            "INSERT INTO name_uses (item_key, ordinal, relation, kind, name, hint, scope, line, count)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (key, place, r.relation, r.kind, r.name, r.hint, r.scope, r.line, r.count)
                for place, r in enumerate(draft.references)
            ],
        )


def drop_names(connection: sqlite3.Connection, key: int) -> None:
    """Delete what an item defines and uses; what others say of it stays, by name."""
    connection.execute("DELETE FROM definitions WHERE item_key = ?", (key,))
    connection.execute("DELETE FROM name_uses WHERE item_key = ?", (key,))


def rename_modules(connection: sqlite3.Connection, keys: Iterable[int]) -> None:
    """Let items that moved be imported under their new names."""
    for key in keys:
        row = connection.execute("SELECT path FROM items WHERE key = ?", (key,)).fetchone()
        if row:
            connection.execute(
                "UPDATE definitions SET name = ? WHERE item_key = ? AND kind = ?", (module_name(row[0]), key, FILE)
            )


# ---- reading --------------------------------------------------------------------------------------------------


class NameReader:
    """Reads names on one connection, as of one moment.

    Args:
        connection: From `Store.names`.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def item(self, item_id: str) -> LinkedItem | None:
        """Return an item by its id."""
        return self._item("i.id = ?", (item_id,))

    def item_by_key(self, key: int) -> LinkedItem | None:
        """Return an item by its key."""
        return self._item("i.key = ?", (key,))

    def items_at(self, path: str, *, limit: int = 20) -> list[LinkedItem]:
        """Return what stands at a path: in several projects there may be several."""
        return self._items("i.path = ? ORDER BY i.key LIMIT ?", (path, limit))

    def items_inside(self, path: str, *, limit: int) -> list[LinkedItem]:
        """Return what was taken out of a container: members of an archive, attachments of a mail."""
        return self._items("i.path >= ? AND i.path < ? ORDER BY i.path LIMIT ?", (f"{path}!/", f"{path}!0", limit))

    def items_of_file_name(self, name: str, project: str, *, limit: int) -> list[LinkedItem]:
        """Return the files of a project that bear a name."""
        return self._items(f"{_FILE_NAME} = ? AND i.project = ? ORDER BY i.path LIMIT ?", (name, project, limit))

    def _item(self, where: str, values: Sequence[object]) -> LinkedItem | None:
        found = self._items(where, values)
        return found[0] if found else None

    def _items(self, where: str, values: Sequence[object]) -> list[LinkedItem]:
        rows = self._db.execute(f"SELECT {_ITEM} FROM items i WHERE {where}", values)  # noqa: S608 (constant conditions)
        return [LinkedItem(*row) for row in msgspec.convert(rows.fetchall(), list[_ItemRow])]

    def definitions_of(self, key: int) -> list[Definition]:
        """Return what an item defines, in the order of its lines."""
        rows = self._db.execute(
            "SELECT name, symbol, kind, signature, line_start, line_end FROM definitions WHERE item_key = ?"
            " ORDER BY ordinal",
            (key,),
        ).fetchall()
        return [Definition(*row) for row in msgspec.convert(rows, list[tuple[str, str, str, str, int, int]])]

    def uses_of(self, key: int, *, limit: int) -> list[Reference]:
        """Return what an item refers to."""
        rows = self._db.execute(
            "SELECT relation, kind, name, hint, scope, line, count FROM name_uses WHERE item_key = ?"
            " ORDER BY ordinal LIMIT ?",
            (key, limit),
        ).fetchall()
        return [
            Reference(*row) for row in msgspec.convert(rows, list[tuple[str, ReferenceKind, str, str, str, int, int]])
        ]

    def named(self, name: str, project: str, *, limit: int) -> list[Named]:
        """Return what is defined under a name.

        Args:
            name: The last part of a symbol, the name of a module, or the id of a message.
            project: Where; empty is everywhere.
            limit: How many at most.
        """
        rows = self._db.execute(
            f"{_NAMED} FROM definitions d JOIN items i ON i.key = d.item_key"
            " WHERE d.name = ?1 AND (?2 = '' OR i.project = ?2) LIMIT ?3",
            (name, project, limit),
        ).fetchall()
        return [Named(LinkedItem(*row[:8]), Definition(*row[8:])) for row in msgspec.convert(rows, list[_NamedRow])]

    def uses(
        self, name: str, project: str, kinds: Sequence[str], *, is_explained: bool = False, limit: int
    ) -> list[Use]:
        """Return where a name is used, newest items first.

        Args:
            name: As the uses say it.
            project: Where.
            kinds: Of the uses.
            is_explained: Whether only uses are wanted that say where the name comes from.
            limit: How many at most.
        """
        marks = ",".join("?" * len(kinds))
        hinted = " AND n.hint NOT IN ('', '.', 'self')" if is_explained else ""
        rows = self._db.execute(
            f"{_USE} FROM name_uses n JOIN items i ON i.key = n.item_key"
            f" WHERE n.name = ? AND i.project = ? AND n.kind IN ({marks}){hinted} ORDER BY n.item_key DESC LIMIT ?",
            (name, project, *kinds, limit),
        ).fetchall()
        return [Use(LinkedItem(*row[:8]), Reference(*row[8:])) for row in msgspec.convert(rows, list[_UseRow])]

    def links_of(self, item_id: str, *, limit: int) -> list[tuple[ItemId, ItemId, str, float]]:
        """Return the edges that users drew from and to an item."""
        rows = self._db.execute(
            "SELECT src, dst, relation, weight FROM links WHERE src = ?1 OR dst = ?1 ORDER BY src, dst LIMIT ?2",
            (item_id, limit),
        ).fetchall()
        return msgspec.convert(rows, list[tuple[ItemId, ItemId, str, float]])

    # ---- whole projects ---------------------------------------------------------------------------------------

    def item_at_uri(self, uri: str) -> LinkedItem | None:
        """Return what bears an address: of several projects' the first."""
        rows = self._db.execute("SELECT DISTINCT project FROM items").fetchall()
        for (project,) in rows:
            if (item := self._item("i.project = ? AND i.uri = ?", (project, uri))) is not None:
                return item
        return None

    def uris_from(self, prefix: str) -> list[tuple[str, str]]:
        """Return project and address of everything whose address begins so."""
        rows = self._db.execute(
            "SELECT project, uri FROM items WHERE uri >= ? AND uri < ?", (prefix, f"{prefix}\U0010ffff")
        ).fetchall()
        return msgspec.convert(rows, list[tuple[str, str]])

    def repositories_below(self, folders: Sequence[str]) -> list[tuple[str, str]]:
        """Return the repositories, and their projects, of which something at or below some folders is stored."""
        condition, values = below("i.path", folders)
        rows = self._db.execute(
            f"SELECT DISTINCT i.repo, i.project FROM items i WHERE i.repo <> '' AND {condition} ORDER BY 1, 2",  # noqa: S608 (constant column)
            values,
        ).fetchall()
        return msgspec.convert(rows, list[tuple[str, str]])

    def projects_below(self, folder: str) -> list[str]:
        """Return the projects that have something at or below a folder, that with most of it first."""
        condition, values = below("i.path", [folder])
        rows = self._db.execute(
            f"SELECT i.project, count(*) FROM items i WHERE {condition} GROUP BY 1 ORDER BY 2 DESC, 1",  # noqa: S608 (constant column)
            values,
        )
        return [str(row[0]) for row in rows]

    def project_items(self, project: str) -> list[LinkedItem]:
        """Return everything in a project."""
        return self._items("i.project = ? ORDER BY i.key", (project,))

    def project_definitions(self, project: str) -> Iterator[tuple[int, Definition]]:
        """Yield every definition of a project with the key of its item."""
        rows = self._db.execute(
            "SELECT d.item_key, d.name, d.symbol, d.kind, d.signature, d.line_start, d.line_end"
            " FROM items i JOIN definitions d ON d.item_key = i.key WHERE i.project = ?",
            (project,),
        )
        for key, *fields in rows:
            yield key, Definition(*fields)

    def project_uses(self, project: str) -> Iterator[tuple[int, Reference]]:
        """Yield every use of a project with the key of its item."""
        rows = self._db.execute(
            "SELECT n.item_key, n.relation, n.kind, n.name, n.hint, n.scope, n.line, n.count"
            " FROM items i JOIN name_uses n ON n.item_key = i.key WHERE i.project = ?",
            (project,),
        )
        for key, *fields in rows:
            yield key, Reference(*fields)

    def project_links(self, project: str) -> list[tuple[int, int, str, float]]:
        """Return the edges that users drew inside a project, by keys."""
        rows = self._db.execute(
            "SELECT a.key, b.key, l.relation, l.weight FROM items a JOIN links l ON l.src = a.id"
            " JOIN items b ON b.id = l.dst WHERE a.project = ?",
            (project,),
        ).fetchall()
        return msgspec.convert(rows, list[tuple[int, int, str, float]])


def names_under(definitions: Sequence[Definition], symbol: str) -> list[Definition]:
    """Return a definition by its symbol, with everything inside it; all for an empty symbol."""
    if not symbol:
        return list(definitions)
    return [d for d in definitions if d.symbol == symbol or d.symbol.startswith(f"{symbol}.")]
