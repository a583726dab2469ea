"""The reads: queries and the records that they give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from foundation.errors import InputError
from foundation.ids import ChunkId, ItemId, JournalSeq
from memory_fabric.errors import StoreCorruptError
from memory_fabric.operations import ForgetSelector, ItemPage, Link, Relation
from memory_fabric.records import ChunkRow, Filters, JournalEntry, MemoryItem
from memory_fabric.store.conditions import below, item_filter, selector_filter
from memory_fabric.store.drafts import Counts, FileState, Selection
from memory_fabric.store.known_roots import KnownRoot, read_roots
from memory_fabric.store.read_pool import ReadPool
from memory_fabric.store.rows import (
    FILE_COLUMNS,
    ChunkColumns,
    FileColumns,
    ItemColumns,
    chunk_row,
    file_state,
    memory_item,
    unpack_ids,
)

__all__ = ["Reader"]

_STEP = 500
"""Parameters of one statement."""

_FOLDERS = 100
"""Folders of one condition."""

_CURSOR_DIGITS = 18
"""More do not fit the key of an item."""

_CHUNK = """
SELECT c.id, i.id, c.item_key, c.ordinal, c.text, c.context, c.line_start, c.line_end, c.page, c.language, c.symbol,
       c.symbol_kind, c.content_hash, i.modality, i.project, i.path, i.uri, coalesce(c.timestamp_s, i.timestamp_s, 0),
       i.quality, CASE WHEN i.uri >= 'git:' AND i.uri < 'git;' THEN 'commit' ELSE i.layer END,
       coalesce(c.timestamp_s, i.timestamp_s) IS NOT NULL
FROM chunks c JOIN items i ON i.key = c.item_key
"""

_ITEM = """
SELECT i.id, i.modality, i.path, i.repo, i.commit_id, i.timestamp_s, i.uri, i.project, i.layer, i.tags, i.quality,
       i.version, i.title, i.mime, i.content_hash, i.key, (SELECT count(*) FROM chunks c WHERE c.item_key = i.key),
       coalesce((SELECT c.language FROM chunks c
                 WHERE c.item_key = i.key AND c.ordinal < 8 AND c.language NOT IN ('und', 'code')
                 GROUP BY c.language ORDER BY count(*) DESC, c.language LIMIT 1), ''),
       i.redacted, i.is_personal
FROM items i
"""
"""The language is that of most of the first fragments: a long item need not be read for it."""


class Reader:
    """Everything that only looks.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.pool = ReadPool(path)

    def close(self) -> None:
        """Close the connections."""
        self.pool.close()

    def _rows(self, kind: Any, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return the rows of one query, each the tuple that `kind` is: in a damaged file a value may change its type.

        Raises:
            StoreCorruptError: A row is not of that kind.
        """
        rows = self.pool.rows(sql, values)
        try:
            # bytes are named: by itself a text would be decoded as base64
            return msgspec.convert(rows, list[kind], builtin_types=(bytes,))
        except msgspec.ValidationError as error:
            raise StoreCorruptError(self._path, f"a row cannot be read, {error}") from error

    # ---- journal and chunks -----------------------------------------------------------------------------------

    def journal(self, after: JournalSeq, limit: int) -> list[JournalEntry]:
        """Return up to `limit` lines after a position."""
        rows = self._rows(
            tuple[JournalSeq, Literal["put", "drop"], bytes],
            "SELECT seq, op, ids FROM journal WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, limit),
        )
        return [JournalEntry(seq, op, self._ids(seq, blob)) for seq, op, blob in rows]

    def _ids(self, seq: int, blob: bytes) -> tuple[ChunkId, ...]:
        try:
            return tuple(ChunkId(i) for i in unpack_ids(blob))
        except (TypeError, ValueError) as error:
            raise StoreCorruptError(self._path, f"journal line {seq} cannot be read") from error

    def journal_head(self) -> JournalSeq:
        """Return the last position; 0 for an empty journal."""
        # sqlite_sequence and not max(seq): compaction may have dropped the last line
        rows = self._rows(tuple[JournalSeq], "SELECT seq FROM sqlite_sequence WHERE name = 'journal'")
        return rows[0][0] if rows else JournalSeq(0)

    def chunks(self, ids: Sequence[ChunkId]) -> dict[ChunkId, ChunkRow]:
        """Return the rows that still exist, by id."""
        found: dict[ChunkId, ChunkRow] = {}
        for start in range(0, len(ids), _STEP):
            part = ids[start : start + _STEP]
            marks = ",".join("?" * len(part))
            for row in self._rows(ChunkColumns, f"{_CHUNK} WHERE c.id IN ({marks})", part):
                found[row[0]] = chunk_row(row)
        return found

    def chunks_of(self, ids: Sequence[ItemId]) -> dict[ItemId, list[ChunkRow]]:
        """Return the chunks of some items, in order."""
        wanted = msgspec.json.encode(ids).decode()
        sql = f"{_CHUNK} WHERE i.id IN (SELECT value FROM json_each(?)) ORDER BY c.item_key, c.ordinal"  # noqa: S608 (constants)
        found: dict[ItemId, list[ChunkRow]] = {}
        for row in map(chunk_row, self._rows(ChunkColumns, sql, (wanted,))):
            found.setdefault(row.item_id, []).append(row)
        return found

    def live_chunk_ids(self) -> NDArray[np.int64]:
        """Return the ids of all chunks, ascending."""
        # an index without the texts is read: sorting numbers is cheaper than walking the table in order
        rows = self._rows(tuple[int], "SELECT id FROM chunks INDEXED BY chunks_item")
        return np.sort(np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows)))

    def chunk_neighbours(self, chunk_id: ChunkId, before: int, after: int) -> list[ChunkRow]:
        """Return a chunk with those that stand around it in its item, in order."""
        rows = self._rows(
            ChunkColumns,
            f"{_CHUNK} JOIN chunks m ON m.item_key = c.item_key AND m.id = ?"
            " WHERE c.ordinal BETWEEN m.ordinal - ? AND m.ordinal + ? ORDER BY c.ordinal",
            (chunk_id, before, after),
        )
        return [chunk_row(row) for row in rows]

    def chunk_counts(self, under: Sequence[str]) -> dict[str, int]:
        """Return how many chunks each file below `under` gave; members of an archive count for the archive."""
        counts: dict[str, int] = {}
        for where, values in _each_below("i.path", under):
            rows = self._rows(
                tuple[str, int],
                "SELECT i.path, count(*) FROM items i JOIN chunks c ON c.item_key = i.key"  # noqa: S608 (constant columns)
                f" WHERE {where} GROUP BY i.path",
                values,
            )
            for path, count in rows:
                file = path.partition("!/")[0]
                counts[file] = counts.get(file, 0) + count
        return counts

    def chunk_files(self, ids: Sequence[ChunkId]) -> dict[str, int]:
        """Return how many of some chunks each file gave; members of an archive count for the archive."""
        counts: dict[str, int] = {}
        for start in range(0, len(ids), _STEP):
            part = ids[start : start + _STEP]
            marks = ",".join("?" * len(part))
            rows = self._rows(
                tuple[str, int],
                "SELECT i.path, count(*) FROM chunks c JOIN items i ON i.key = c.item_key"  # noqa: S608 (marks only)
                f" WHERE c.id IN ({marks}) GROUP BY i.path",
                part,
            )
            for path, count in rows:
                file = path.partition("!/")[0]
                counts[file] = counts.get(file, 0) + count
        return counts

    def known_roots(self) -> list[KnownRoot]:
        """Return what was asked to be indexed.

        Raises:
            StoreCorruptError: A row cannot be read.
        """
        with self.pool.borrowed() as connection:
            try:
                return read_roots(connection)
            except msgspec.MsgspecError as error:
                raise StoreCorruptError(self._path, "the list of indexed folders cannot be read") from error

    # ---- items ------------------------------------------------------------------------------------------------

    def item(self, item_id: ItemId, *, has_text: bool = True) -> MemoryItem | None:
        """Return an item, with its fields and the text of its fragments joined."""
        rows = self._rows(ItemColumns, f"{_ITEM} WHERE i.id = ?", (item_id,))
        if not rows or not has_text:
            return self._item(rows[0]) if rows else None
        key = rows[0][15]
        parts = self._rows(tuple[str], "SELECT text FROM chunks WHERE item_key = ? ORDER BY ordinal", (key,))
        fields = self._rows(tuple[str], "SELECT meta FROM items WHERE key = ?", (key,))
        # it may have been forgotten between the two
        return self._item(rows[0], "".join(part[0] for part in parts), fields[0][0] if fields else "{}")

    def _item(self, row: ItemColumns, text: str = "", fields: str = "{}") -> MemoryItem:
        try:
            return memory_item(row, text, fields)
        except msgspec.DecodeError as error:
            raise StoreCorruptError(self._path, f"item `{row[0]}` cannot be read") from error

    def links(self, item_id: ItemId) -> list[Link]:
        """Return the edges from and to an item."""
        rows = self._rows(
            tuple[ItemId, ItemId, Relation, float],
            "SELECT src, dst, relation, weight FROM links WHERE src = ?1 OR dst = ?1 ORDER BY src, dst, relation",
            (item_id,),
        )
        return [Link(*row) for row in rows]

    def list_items(self, filters: Filters, *, cursor: str, limit: int) -> ItemPage:
        """Return a page, newest first; the cursor is the key of the last item shown.

        Raises:
            InputError: The cursor is not one that an earlier page gave.
        """
        where, values = item_filter(filters)
        if cursor:
            if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= _CURSOR_DIGITS):
                raise InputError("cursor", f"`{cursor[:40]}` is not known", fix="take it from the page before")
            where.append("i.key < ?")
            values.append(int(cursor))
        condition = f"WHERE {' AND '.join(where)}" if where else ""
        rows = self._rows(ItemColumns, f"{_ITEM} {condition} ORDER BY i.key DESC LIMIT ?", (*values, limit + 1))
        shown = rows[:limit]
        return ItemPage(tuple(self._item(row) for row in shown), str(shown[-1][15]) if len(rows) > limit else "")

    def select_items(self, selector: ForgetSelector) -> Selection:
        """Return the items that match every field set."""
        where, values = selector_filter(selector)
        rows = self._rows(
            tuple[ItemId, int],
            "SELECT i.id, (SELECT count(*) FROM chunks c WHERE c.item_key = i.key) FROM items i"  # noqa: S608 (constant columns)
            f" WHERE {' AND '.join(where)} ORDER BY i.key",
            values,
        )
        return Selection(tuple(row[0] for row in rows), sum(row[1] for row in rows))

    def uris_of(self, path: str) -> list[tuple[str, str]]:
        """Return project and uri of what one file gave: itself, or the members of the archive that it is."""
        return self._rows(
            tuple[str, str],
            "SELECT project, uri FROM items WHERE path = ? OR (path >= ? AND path < ?)",
            (path, f"{path}!/", f"{path}!0"),
        )

    def files(self, under: Sequence[str]) -> dict[str, FileState]:
        """Return what is remembered of the files below some folders."""
        return {
            row[0]: file_state(row)
            for where, values in _each_below("path", under)
            for row in self._rows(FileColumns, f"SELECT {FILE_COLUMNS} FROM files WHERE {where}", values)  # noqa: S608 (constant columns)
        }

    def file_states(self, paths: Sequence[str]) -> dict[str, FileState]:
        """Return what is remembered of single files."""
        found: dict[str, FileState] = {}
        for start in range(0, len(paths), _STEP):
            part = paths[start : start + _STEP]
            marks = ",".join("?" * len(part))
            rows = self._rows(FileColumns, f"SELECT {FILE_COLUMNS} FROM files WHERE path IN ({marks})", part)  # noqa: S608 (constant columns, marks only)
            found.update((row[0], file_state(row)) for row in rows)
        return found

    def counts(self) -> Counts:
        """Return how much is stored."""
        items = self._rows(tuple[str, str, int], "SELECT project, modality, count(*) FROM items GROUP BY 1, 2")
        languages = dict(self._rows(tuple[str, int], "SELECT language, count(*) FROM chunks GROUP BY 1"))
        projects: dict[str, int] = {}
        modalities: dict[str, int] = {}
        for project, modality, count in items:
            projects[project] = projects.get(project, 0) + count
            modalities[modality] = modalities.get(modality, 0) + count
        return Counts(sum(projects.values()), sum(languages.values()), projects, modalities, languages)

    def chunk_total(self) -> int:
        """Return how many chunks there are."""
        return int(self._rows(tuple[int], "SELECT count(*) FROM chunks")[0][0])


def _each_below(column: str, folders: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield `below` for a part of the folders at a time: SQLite bounds the depth of a condition.

    A folder below another is left out, so that nothing is found twice.
    """
    tops: list[str] = []
    for folder in sorted({folder.rstrip("/") for folder in folders}, key=lambda folder: folder.split("/")):
        if not tops or not (folder == tops[-1] or folder.startswith(f"{tops[-1]}/")):
            tops.append(folder)
    for start in range(0, len(tops), _FOLDERS):
        yield below(column, tops[start : start + _FOLDERS])
