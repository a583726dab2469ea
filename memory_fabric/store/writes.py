"""The writes, each a function of a connection inside a transaction."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from foundation.ids import ItemId, new_item_id
from memory_fabric.store.drafts import ChunkDraft, FileState, ItemDraft
from memory_fabric.store.moves import move_paths
from memory_fabric.store.names import drop_names, put_names, rename_modules
from memory_fabric.store.rows import FILE_COLUMNS, ITEM_COLUMNS, checksum, file_values, item_values, pack_ids

__all__ = ["Writer"]

_INSERT_ITEM = f"INSERT INTO items (id, {ITEM_COLUMNS}) VALUES ({', '.join('?' * 17)})"  # noqa: S608 (constants)
_UPDATE_ITEM = f"UPDATE items SET ({ITEM_COLUMNS}) = ({', '.join('?' * 16)}), version = version + 1 WHERE key = ?"  # noqa: S608 (constants)
_INSERT_CHUNK = (
    "INSERT INTO chunks (id, item_key, ordinal, text, context, line_start, line_end, page, language, symbol,"
    " symbol_kind, content_hash, checksum, timestamp_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE_CHUNK = (
    "UPDATE chunks SET ordinal = ?, line_start = ?, line_end = ?, page = ?, language = ?, symbol = ?, symbol_kind = ?,"
    " timestamp_s = ? WHERE id = ?"
)


class _Kept(msgspec.Struct, frozen=True):
    """A stored fragment that a new version of its item may keep."""

    id: int
    place: tuple[int, int, int, int]
    """Ordinal, first and last line, page."""
    words: tuple[str, str, str, float | None]
    """Language, symbol, kind of symbol and time: the indexes look at them."""


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
        self.unchanged_chunks = 0

    def put(self, draft: ItemDraft) -> ItemId:
        """Insert or replace one item; unchanged chunks keep their ids."""
        row = self._db.execute(
            "SELECT key, id, path, modality, layer, timestamp_s FROM items WHERE project = ? AND uri = ?",
            (draft.project, draft.uri),
        ).fetchone()
        if row is None:
            item_id = new_item_id()
            key = self._db.execute(_INSERT_ITEM, (item_id, *item_values(draft))).lastrowid
            self._insert_chunks(int(key or 0), list(enumerate(draft.chunks)))
            put_names(self._db, int(key or 0), draft)
            return item_id
        key, item_id, *fields = row
        self._db.execute(_UPDATE_ITEM, (*item_values(draft), key))
        is_moved = tuple(fields) != (draft.path, draft.modality, draft.layer, draft.timestamp_s)
        self._replace_chunks(key, draft, is_moved=is_moved)
        drop_names(self._db, key)
        put_names(self._db, key, draft)
        return ItemId(item_id)

    def _replace_chunks(self, key: int, draft: ItemDraft, *, is_moved: bool) -> None:
        """Match old and new fragments by content: what is the same keeps its id, and its vector."""
        old = self._known_chunks(key)
        fresh = []
        changed = []
        for ordinal, chunk in enumerate(draft.chunks):
            if not old[chunk.content_hash]:
                fresh.append((ordinal, chunk))
                continue
            kept = old[chunk.content_hash].pop()
            place = (ordinal, chunk.line_start, chunk.line_end, chunk.page)
            words = (chunk.language, chunk.symbol, chunk.symbol_kind, chunk.timestamp_s)
            if (place, words) != (kept.place, kept.words):
                changed.append((*place, *words, kept.id))
            if is_moved or words != kept.words:
                self._put.append(kept.id)
            self.unchanged_chunks += 1
        self._db.executemany(_UPDATE_CHUNK, changed)
        self._drop_chunks([kept.id for rows in old.values() for kept in rows])
        self._insert_chunks(key, fresh)

    def _known_chunks(self, key: int) -> defaultdict[bytes, list[_Kept]]:
        """Return the fragments of an item by content, the first of equal ones last in its list."""
        known: defaultdict[bytes, list[_Kept]] = defaultdict(list)
        for chunk_id, content_hash, *rest in self._db.execute(
            "SELECT id, content_hash, ordinal, line_start, line_end, page, language, symbol, symbol_kind, timestamp_s"
            " FROM chunks WHERE item_key = ? ORDER BY ordinal DESC",
            (key,),
        ):
            *place, language, symbol, kind, moment = rest
            words = (language, symbol, kind, moment)
            known[content_hash].append(_Kept(chunk_id, (place[0], place[1], place[2], place[3]), words))
        return known

    def _insert_chunks(self, key: int, chunks: Sequence[tuple[int, ChunkDraft]]) -> None:
        if not chunks:
            return
        # ids are given here, because executemany does not tell them; the transaction holds the only write lock
        before = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'").fetchone()
        first = (before[0] if before else 0) + 1
        self._db.executemany(
            _INSERT_CHUNK,
            [_chunk_values(first + place, key, ordinal, chunk) for place, (ordinal, chunk) in enumerate(chunks)],
        )
        self._put.extend(range(first, first + len(chunks)))
        self.new_chunks += len(chunks)

    def _drop_chunks(self, ids: Sequence[int]) -> None:
        self._db.executemany("DELETE FROM chunks WHERE id = ?", [(i,) for i in ids])
        self._dropped.extend(ids)

    def drop_items(self, keys: Iterable[int]) -> None:
        """Delete items with everything of them."""
        for key in keys:
            self._drop_chunks(self._chunk_ids(key))
            self._db.execute("DELETE FROM items WHERE key = ?", (key,))

    def drop_uris(self, uris: Iterable[tuple[str, str]]) -> None:
        """Delete items by project and uri; unknown ones are ignored."""
        for project, uri in uris:
            row = self._db.execute("SELECT key FROM items WHERE project = ? AND uri = ?", (project, uri)).fetchone()
            if row:
                self.drop_items([row[0]])

    def move_paths(self, moves: Sequence[tuple[str, str]]) -> int:
        """Give the items at or below paths their new path; ids stay. Returns how many items moved."""
        moved = move_paths(self._db, moves, self.drop_uris)
        for key in moved:
            self._put.extend(self._chunk_ids(key))
        rename_modules(self._db, moved)
        return len(moved)

    def _chunk_ids(self, key: int) -> list[int]:
        return [row[0] for row in self._db.execute("SELECT id FROM chunks WHERE item_key = ? ORDER BY ordinal", (key,))]

    def put_files(self, states: Iterable[FileState]) -> None:
        """Remember what was seen on disk."""
        self._db.executemany(
            f"INSERT OR REPLACE INTO files ({FILE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 (constant columns)
            [file_values(state) for state in states],
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
                    "INSERT INTO journal (at_s, op, ids) VALUES (?, ?, ?)", (self._now_s, op, pack_ids(ids))
                )
        # the counter and not max(seq): compaction may have dropped the last line
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'journal'").fetchone()
        return int(row[0]) if row else 0


def _chunk_values(chunk_id: int, key: int, ordinal: int, chunk: ChunkDraft) -> tuple[object, ...]:
    return (
        chunk_id,
        key,
        ordinal,
        chunk.text,
        chunk.context,
        chunk.line_start,
        chunk.line_end,
        chunk.page,
        chunk.language,
        chunk.symbol,
        chunk.symbol_kind,
        chunk.content_hash,
        checksum(chunk.context, chunk.text),
        chunk.timestamp_s,
    )
