"""The reads: each thread has a connection of its own, so that readers never wait for the writer."""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from foundation.ids import ChunkId, ItemId, JournalSeq
from memory_fabric.operations import ForgetSelector, ItemPage
from memory_fabric.records import ChunkRow, Filters, ItemSource, JournalEntry, MemoryItem, Meta
from memory_fabric.store.connection import connect, translated
from memory_fabric.store.drafts import Counts, FileState, Selection

__all__ = ["Reader", "below"]

_STEP = 500
"""Parameters of one statement."""

_CHUNK = """
SELECT c.id, i.id, c.item_key, c.ordinal, c.text, c.context, c.line_start, c.line_end, c.page, c.language, c.symbol,
       c.symbol_kind, c.content_hash, i.modality, i.project, i.path, i.uri, coalesce(i.timestamp_s, 0),
       i.quality, i.layer
FROM chunks c JOIN items i ON i.key = c.item_key
"""

_ITEM = """
SELECT i.id, i.modality, i.path, i.repo, i.commit_id, i.timestamp_s, i.uri, i.project, i.layer, i.tags, i.quality,
       i.version, i.title, i.mime, i.content_hash, i.key, (SELECT count(*) FROM chunks c WHERE c.item_key = i.key)
FROM items i
"""


class Reader:
    """Everything that only looks.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._path, is_reader=True)
            with self._lock:
                self._all.append(connection)
        with translated(self._path):
            return connection.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()

    # ---- journal and chunks -----------------------------------------------------------------------------------

    def journal(self, after: JournalSeq, limit: int) -> list[JournalEntry]:
        """Return up to `limit` lines after a position."""
        rows = self._rows("SELECT seq, op, ids FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit))
        return [JournalEntry(JournalSeq(seq), op, tuple(ChunkId(i) for i in array("q", ids))) for seq, op, ids in rows]

    def journal_head(self) -> JournalSeq:
        """Return the last position; 0 for an empty journal."""
        # sqlite_sequence and not max(seq): compaction may have dropped the last line
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'journal'")
        return JournalSeq(rows[0][0] if rows else 0)

    def chunks(self, ids: Sequence[ChunkId]) -> dict[ChunkId, ChunkRow]:
        """Return the rows that still exist, by id."""
        found: dict[ChunkId, ChunkRow] = {}
        for start in range(0, len(ids), _STEP):
            part = ids[start : start + _STEP]
            marks = ",".join("?" * len(part))
            for row in self._rows(f"{_CHUNK} WHERE c.id IN ({marks})", part):
                found[row[0]] = ChunkRow(*row)
        return found

    def live_chunk_ids(self) -> NDArray[np.int64]:
        """Return the ids of all chunks, ascending."""
        rows = self._rows("SELECT id FROM chunks ORDER BY id")
        return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))

    def chunk_counts(self, under: Sequence[str]) -> dict[str, int]:
        """Return how many chunks each file below `under` gave; members of an archive count for the archive."""
        where, values = below("i.path", under)
        rows = self._rows(
            f"SELECT i.path, count(*) FROM items i JOIN chunks c ON c.item_key = i.key WHERE {where} GROUP BY i.path",  # noqa: S608 (constant columns)
            values,
        )
        counts: dict[str, int] = {}
        for path, count in rows:
            file = path.partition("!/")[0]
            counts[file] = counts.get(file, 0) + count
        return counts

    # ---- items ------------------------------------------------------------------------------------------------

    def item(self, item_id: ItemId, *, has_text: bool = True) -> MemoryItem | None:
        """Return an item, with the text of its fragments joined."""
        rows = self._rows(f"{_ITEM} WHERE i.id = ?", (item_id,))
        if not rows:
            return None
        text = ""
        if has_text:
            parts = self._rows("SELECT text FROM chunks WHERE item_key = ? ORDER BY ordinal", (rows[0][15],))
            text = "".join(part[0] for part in parts)
        return _item(rows[0], text)

    def list_items(self, filters: Filters, *, cursor: str, limit: int) -> ItemPage:
        """Return a page, newest first; the cursor is the key of the last item shown."""
        where, values = _item_filter(filters)
        if cursor:
            where.append("i.key < ?")
            values.append(int(cursor))
        condition = f"WHERE {' AND '.join(where)}" if where else ""
        rows = self._rows(f"{_ITEM} {condition} ORDER BY i.key DESC LIMIT ?", (*values, limit + 1))
        shown = rows[:limit]
        return ItemPage(tuple(_item(row, "") for row in shown), str(shown[-1][15]) if len(rows) > limit else "")

    def select_items(self, selector: ForgetSelector) -> Selection:
        """Return the items that match every field set."""
        where, values = _selector_filter(selector)
        rows = self._rows(
            "SELECT i.id, (SELECT count(*) FROM chunks c WHERE c.item_key = i.key) FROM items i"  # noqa: S608 (constant columns)
            f" WHERE {' AND '.join(where)} ORDER BY i.key",
            values,
        )
        return Selection(tuple(ItemId(row[0]) for row in rows), sum(row[1] for row in rows))

    def uris_of(self, path: str) -> list[tuple[str, str]]:
        """Return project and uri of what one file gave: itself, or the members of the archive that it is."""
        return [
            (project, uri)
            for project, uri in self._rows(
                "SELECT project, uri FROM items WHERE path = ? OR (path >= ? AND path < ?)",
                (path, f"{path}!/", f"{path}!0"),
            )
        ]

    def files(self, under: Sequence[str]) -> dict[str, FileState]:
        """Return what is remembered of the files below some folders."""
        where, values = below("path", under)
        rows = self._rows(f"SELECT * FROM files WHERE {where}", values)  # noqa: S608 (constant column)
        return {row[0]: FileState(*row) for row in rows}

    def counts(self) -> Counts:
        """Return how much is stored."""
        items = self._rows("SELECT project, modality, count(*) FROM items GROUP BY 1, 2")
        languages = dict(self._rows("SELECT language, count(*) FROM chunks GROUP BY 1"))
        projects: dict[str, int] = {}
        modalities: dict[str, int] = {}
        for project, modality, count in items:
            projects[project] = projects.get(project, 0) + count
            modalities[modality] = modalities.get(modality, 0) + count
        return Counts(sum(projects.values()), sum(languages.values()), projects, modalities, languages)

    def chunk_total(self) -> int:
        """Return how many chunks there are."""
        return int(self._rows("SELECT count(*) FROM chunks")[0][0])

    def problems(self) -> list[str]:
        """Return what is wrong with the database and its journal; empty when it is sound."""
        found = [row[0] for row in self._rows("PRAGMA integrity_check(5)") if row[0] != "ok"]
        found += [f"a row of `{row[0]}` refers to nothing" for row in self._rows("PRAGMA foreign_key_check")]
        live: set[int] = set()
        for op, ids in self._rows("SELECT op, ids FROM journal ORDER BY seq"):
            if op == "put":
                live.update(array("q", ids))
            else:
                live.difference_update(array("q", ids))
        truth = set(self.live_chunk_ids().tolist())
        if live != truth:
            found.append(f"the journal and the chunks differ by {len(live ^ truth)}")
        return found


def below(column: str, folders: Sequence[str]) -> tuple[str, list[str]]:
    """Return an SQL condition for paths at or below `folders`, and its values; an index on the column serves it."""
    parts, values = [], []
    for folder in folders:
        base = folder.rstrip("/")
        # `0` is the character after `/`; an archive's members follow its path and `!/`
        parts.append(f"({column} = ? OR ({column} >= ? AND {column} < ?) OR ({column} >= ? AND {column} < ?))")
        values += [folder, f"{base}/", f"{base}0", f"{folder}!/", f"{folder}!0"]
    return f"({' OR '.join(parts) or '0'})", values


def _times(since_s: float | None, until_s: float | None) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    values: list[Any] = []
    if since_s is not None:
        where.append("i.timestamp_s >= ?")
        values.append(since_s)
    if until_s is not None:
        where.append("i.timestamp_s < ?")
        values.append(until_s)
    return where, values


def _item_filter(filters: Filters) -> tuple[list[str], list[Any]]:
    where, values = _times(filters.since_s, filters.until_s)
    for column, wanted in (
        ("i.project", filters.projects),
        ("i.modality", filters.modalities),
        ("i.layer", filters.layers),
    ):
        if wanted:
            where.append(f"{column} IN ({','.join('?' * len(wanted))})")
            values += wanted
    if filters.path_prefix:
        condition, paths = below("i.path", [filters.path_prefix])
        where.append(condition)
        values += paths
    if filters.languages:
        marks = ",".join("?" * len(filters.languages))
        where.append(f"EXISTS (SELECT 1 FROM chunks c WHERE c.item_key = i.key AND c.language IN ({marks}))")  # noqa: S608 (marks only)
        values += filters.languages
    return where, values


def _selector_filter(selector: ForgetSelector) -> tuple[list[str], list[Any]]:
    where, values = _times(selector.since_s, selector.until_s)
    if selector.ids:
        where.append(f"i.id IN ({','.join('?' * len(selector.ids))})")
        values += selector.ids
    if selector.path:
        condition, paths = below("i.path", [selector.path])
        where.append(condition)
        values += paths
    if selector.project:
        where.append("i.project = ?")
        values.append(selector.project)
    if selector.session:
        where.append("json_extract(i.meta, '$.session') = ?")
        values.append(selector.session)
    return where, values


def _item(row: Any, text: str) -> MemoryItem:
    return MemoryItem(
        id=ItemId(row[0]),
        modality=row[1],
        source=ItemSource(path=row[2], repo=row[3], commit=row[4], timestamp=row[5], uri=row[6]),
        meta=Meta(
            project=row[7],
            layer=row[8],
            tags=tuple(msgspec.json.decode(row[9])),
            quality=row[10],
            version=row[11],
            title=row[12],
            mime=row[13],
            content_hash=row[14].hex(),
        ),
        text=text,
        chunks=row[16],
    )
