"""The writes, each a function of a connection inside a transaction."""

from __future__ import annotations

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from foundation.ids import ItemId, new_item_id
from memory_fabric.store.drafts import FileState, ItemDraft

__all__ = ["Writer"]

_ITEM_COLUMNS = (
    "project, uri, path, modality, title, mime, timestamp_s, layer, tags, quality, meta, content_hash, repo, commit_id"
)
_CHUNK_COLUMNS = (
    "item_key, ordinal, text, context, line_start, line_end, page, language, symbol, symbol_kind, content_hash"
)


class Writer:
    """Collects what one transaction does, and writes its journal lines at the end.

    Args:
        connection: Inside a transaction.
        now_s: Time of the journal lines.
    """

    def __init__(self, connection: sqlite3.Connection, now_s: float) -> None:
        self._db = connection
        self._now_s = now_s
        self._put: list[int] = []
        self._dropped: list[int] = []
        self.new_chunks = 0

    def put(self, draft: ItemDraft) -> ItemId:
        """Insert or replace one item; unchanged chunks keep their ids."""
        row = self._db.execute(
            "SELECT key, id, path, modality, layer, timestamp_s FROM items WHERE project = ? AND uri = ?",
            (draft.project, draft.uri),
        ).fetchone()
        if row is None:
            item_id = new_item_id()
            marks = ", ".join("?" * 15)
            key = self._db.execute(
                f"INSERT INTO items (id, {_ITEM_COLUMNS}) VALUES ({marks})",  # noqa: S608 (constant columns)
                (item_id, *_item_values(draft)),
            ).lastrowid
            self._insert_chunks(int(key or 0), list(enumerate(draft.chunks)))
            return item_id
        key, item_id, *fields = row
        sets = ", ".join(f"{name.strip()} = ?" for name in _ITEM_COLUMNS.split(","))
        self._db.execute(
            f"UPDATE items SET {sets}, version = version + 1 WHERE key = ?",  # noqa: S608 (constant columns)
            (*_item_values(draft), key),
        )
        is_moved = tuple(fields) != (draft.path, draft.modality, draft.layer, draft.timestamp_s)
        self._replace_chunks(key, draft, is_moved=is_moved)
        return ItemId(item_id)

    def _replace_chunks(self, key: int, draft: ItemDraft, *, is_moved: bool) -> None:
        """Match old and new fragments by content: what is the same keeps its id, and its vector."""
        old: dict[bytes, list[tuple[int, int, int, int, int]]] = defaultdict(list)
        for row in self._db.execute(
            "SELECT id, ordinal, line_start, line_end, page, content_hash FROM chunks WHERE item_key = ?"
            " ORDER BY ordinal DESC",
            (key,),
        ):
            old[row[5]].append(row[:5])
        fresh = []
        shifted = []
        for ordinal, chunk in enumerate(draft.chunks):
            if not old[chunk.content_hash]:
                fresh.append((ordinal, chunk))
                continue
            chunk_id, *place = old[chunk.content_hash].pop()
            now = [ordinal, chunk.line_start, chunk.line_end, chunk.page]
            if place != now:
                shifted.append((*now, chunk_id))
            if is_moved:
                self._put.append(chunk_id)
        self._db.executemany(
            "UPDATE chunks SET ordinal = ?, line_start = ?, line_end = ?, page = ? WHERE id = ?", shifted
        )
        self._drop_chunks([row[0] for rows in old.values() for row in rows])
        self._insert_chunks(key, fresh)

    def _insert_chunks(self, key: int, chunks: Sequence[tuple[int, Any]]) -> None:
        if not chunks:
            return
        # one statement for all: ids of one insert are consecutive, because the table has a single writer
        before = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'").fetchone()
        first = (before[0] if before else 0) + 1
        marks = ", ".join("?" * 12)
        self._db.executemany(
            f"INSERT INTO chunks (id, {_CHUNK_COLUMNS}) VALUES ({marks})",  # noqa: S608 (constant columns)
            [
                (
                    first + place,
                    key,
                    ordinal,
                    c.text,
                    c.context,
                    c.line_start,
                    c.line_end,
                    c.page,
                    c.language,
                    c.symbol,
                    c.symbol_kind,
                    c.content_hash,
                )
                for place, (ordinal, c) in enumerate(chunks)
            ],
        )
        self._put.extend(range(first, first + len(chunks)))
        self.new_chunks += len(chunks)

    def _drop_chunks(self, ids: Sequence[int]) -> None:
        self._db.executemany("DELETE FROM chunks WHERE id = ?", [(i,) for i in ids])
        self._dropped.extend(ids)

    def drop_items(self, keys: Iterable[int]) -> None:
        """Delete items with everything of them."""
        for key in keys:
            ids = [row[0] for row in self._db.execute("SELECT id FROM chunks WHERE item_key = ?", (key,))]
            self._drop_chunks(ids)
            self._db.execute("DELETE FROM items WHERE key = ?", (key,))

    def drop_uris(self, uris: Iterable[tuple[str, str]]) -> None:
        """Delete items by project and uri; unknown ones are ignored."""
        for project, uri in uris:
            row = self._db.execute("SELECT key FROM items WHERE project = ? AND uri = ?", (project, uri)).fetchone()
            if row:
                self.drop_items([row[0]])

    def move_file(self, old: str, new: str) -> None:
        """Give the items of a file, and of the archive that it is, their new path; ids stay."""
        rows = self._db.execute(
            "SELECT key, project, path, uri FROM items WHERE path = ? OR (path >= ? AND path < ?)",
            (old, f"{old}!/", f"{old}!0"),
        ).fetchall()
        for key, project, path, uri in rows:
            new_uri = new + uri[len(old) :] if uri.startswith(old) else uri
            # something else may have been remembered under the new address before: the moved item takes its place
            self.drop_uris([(project, new_uri)])
            self._db.execute("UPDATE items SET path = ?, uri = ? WHERE key = ?", (new + path[len(old) :], new_uri, key))
            self._put.extend(row[0] for row in self._db.execute("SELECT id FROM chunks WHERE item_key = ?", (key,)))

    def put_files(self, states: Iterable[FileState]) -> None:
        """Remember what was seen on disk."""
        self._db.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(s.path, s.size, s.mtime_ns, s.inode, s.device, s.content_hash, s.state, s.reason) for s in states],
        )

    def drop_files(self, paths: Iterable[str]) -> None:
        """Forget files on disk."""
        self._db.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in paths])

    def finish(self) -> int:
        """Write the journal lines: drops first, so that a chunk that came and went ends gone. Returns the last one."""
        gone = set(self._dropped)
        for op, ids in (("drop", self._dropped), ("put", [i for i in self._put if i not in gone])):
            if ids:
                self._db.execute(
                    "INSERT INTO journal (at_s, op, ids) VALUES (?, ?, ?)", (self._now_s, op, array("q", ids).tobytes())
                )
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0])


def _item_values(draft: ItemDraft) -> tuple[Any, ...]:
    return (
        draft.project,
        draft.uri,
        draft.path,
        draft.modality,
        draft.title,
        draft.mime,
        draft.timestamp_s,
        draft.layer,
        msgspec.json.encode(draft.tags).decode(),
        draft.quality,
        msgspec.json.encode(draft.meta).decode(),
        draft.content_hash,
        draft.repo,
        draft.commit,
    )
