"""The truth: items, chunks and the ingest journal in one SQLite database.

Acknowledged means committed with fsync. Everything else in the memory can be built again from here.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foundation.clock import Clock, SystemClock
from foundation.ids import ChunkId, ItemId, JournalSeq
from memory_fabric.operations import ForgetSelector, ItemPage, Link
from memory_fabric.records import ChunkRow, Filters, JournalEntry, MemoryItem
from memory_fabric.store.connection import connect, translated
from memory_fabric.store.drafts import ChunkDraft, Counts, FileState, ItemDraft, Selection, WriteReceipt
from memory_fabric.store.embedding_cache import EmbeddingCache
from memory_fabric.store.group_commit import GroupCommit
from memory_fabric.store.migrations import migrate
from memory_fabric.store.reads import Reader
from memory_fabric.store.writes import Writer

__all__ = ["ChunkDraft", "FileState", "ItemDraft", "Store", "WriteReceipt"]


class Store:
    """Thread-safe: readers never wait, writers share commits. Use `open`; `close` when done."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, clock: Clock) -> None:
        self._path = folder / "memory.db"
        self._clock = clock
        self._connection = connection
        self._commit = GroupCommit(connection, self._path)
        self._reader = Reader(self._path)
        self._head = self._reader.journal_head()
        self.embeddings = EmbeddingCache(folder / "embeddings.db")
        self.store_id = self._reader_store_id()

    @classmethod
    def open(cls, folder: Path, *, clock: Clock | None = None) -> Store:
        """Open the store in `folder`, creating it when it is not there.

        Raises:
            StoreCorruptError: The file is not a sound database.
            ConflictError: It was written by a newer Cairn or by another program.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / "memory.db"
        connection = connect(path)
        with translated(path):
            migrate(connection, path)
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('store_id', ?)", (str(uuid.uuid4()),))
        return cls(folder, connection, clock or SystemClock())

    def _reader_store_id(self) -> str:
        with translated(self._path):
            row = self._connection.execute("SELECT value FROM meta WHERE key = 'store_id'").fetchone()
        return str(row[0])

    # ---- writing ----------------------------------------------------------------------------------------------

    def write(
        self,
        *,
        put: Sequence[ItemDraft] = (),
        drop_uris: Sequence[tuple[str, str]] = (),
        files: Sequence[FileState] = (),
        drop_files: Sequence[str] = (),
    ) -> WriteReceipt:
        """Write items and file states in one durable step.

        An item with a known project and uri is replaced and keeps its id; fragments with the same content keep theirs.

        Args:
            put: Items to insert or replace.
            drop_uris: Project and uri of items to delete.
            files: What was seen on disk.
            drop_files: Paths to forget.

        Raises:
            StoreFullError: The disk is full; nothing of this write remains.
        """

        def run(connection: sqlite3.Connection) -> WriteReceipt:
            writer = Writer(connection, self._clock.now_s())
            writer.drop_uris(drop_uris)
            ids = tuple(writer.put(draft) for draft in put)
            writer.put_files(files)
            writer.drop_files(drop_files)
            return WriteReceipt(ids, writer.new_chunks, JournalSeq(writer.finish()))

        return self._run(run)

    def rename_paths(self, moves: Sequence[tuple[str, str]]) -> int:
        """Give items a new path; ids and vectors stay. Returns how many files moved."""

        def run(connection: sqlite3.Connection) -> WriteReceipt:
            writer = Writer(connection, self._clock.now_s())
            for old, new in moves:
                writer.move_file(old, new)
            return WriteReceipt((), 0, JournalSeq(writer.finish()))

        self._run(run)
        return len(moves)

    def delete_items(self, ids: Sequence[ItemId]) -> WriteReceipt:
        """Delete items with their fragments and links; unknown ids are ignored."""

        def run(connection: sqlite3.Connection) -> WriteReceipt:
            writer = Writer(connection, self._clock.now_s())
            marks = ",".join("?" * len(ids))
            rows = connection.execute(f"SELECT key, path FROM items WHERE id IN ({marks})", ids).fetchall()  # noqa: S608 (marks only)
            writer.drop_items(row[0] for row in rows)
            # the walker must not believe that a forgotten file is still indexed
            writer.drop_files(row[1].partition("!/")[0] for row in rows)
            return WriteReceipt((), 0, JournalSeq(writer.finish()))

        return self._run(run)

    def put_link(self, link: Link) -> None:
        """Insert or replace a typed edge."""

        def run(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?)", (link.src, link.dst, link.relation, link.weight)
            )

        self._commit.run(run)

    def _run(self, write: object) -> WriteReceipt:
        receipt: WriteReceipt = self._commit.run(write)  # type: ignore[arg-type]  # the closures above
        self._head = max(self._head, receipt.last_seq)
        return receipt

    # ---- reading ----------------------------------------------------------------------------------------------

    def journal(self, after: JournalSeq, limit: int) -> list[JournalEntry]:
        """Return up to `limit` lines of the ingest journal after a position."""
        return self._reader.journal(after, limit)

    def journal_head(self) -> JournalSeq:
        """Return the last acknowledged position; 0 for an empty journal."""
        return self._head

    def chunks(self, ids: Sequence[ChunkId]) -> dict[ChunkId, ChunkRow]:
        """Return the rows that still exist, by id."""
        return self._reader.chunks(ids)

    def chunk_total(self) -> int:
        """Return how many chunks there are."""
        return self._reader.chunk_total()

    def live_chunk_ids(self) -> NDArray[np.int64]:
        """Return the ids of all chunks, ascending."""
        return self._reader.live_chunk_ids()

    def chunk_counts(self, under: Sequence[str]) -> dict[str, int]:
        """Return how many chunks each file below `under` gave."""
        return self._reader.chunk_counts(under)

    def item(self, item_id: ItemId) -> MemoryItem | None:
        """Return an item with its text, or None."""
        return self._reader.item(item_id)

    def item_brief(self, item_id: ItemId) -> MemoryItem | None:
        """Return an item without its text, or None."""
        return self._reader.item(item_id, has_text=False)

    def list_items(self, filters: Filters, *, cursor: str = "", limit: int = 50) -> ItemPage:
        """Return a page of items, newest first."""
        return self._reader.list_items(filters, cursor=cursor, limit=limit)

    def select_items(self, selector: ForgetSelector) -> Selection:
        """Return the items that match every field set."""
        return self._reader.select_items(selector)

    def uris_of(self, path: str) -> list[tuple[str, str]]:
        """Return project and uri of what one file gave."""
        return self._reader.uris_of(path)

    def files(self, under: Sequence[str]) -> dict[str, FileState]:
        """Return what is remembered of the files below some folders."""
        return self._reader.files(under)

    def counts(self) -> Counts:
        """Return how much is stored."""
        return self._reader.counts()

    def verify(self) -> list[str]:
        """Return what is wrong with the truth: pages, references, journal against chunks; empty when it is sound."""
        return self._reader.problems()

    def disk_bytes(self) -> int:
        """Return the real size on disk of everything in the folder."""
        return sum(file.stat().st_blocks * 512 for file in self._path.parent.iterdir())

    # ---- upkeep -----------------------------------------------------------------------------------------------

    def prune_embeddings(self) -> int:
        """Delete cached vectors of contents that are not stored any more; returns how many."""
        return self.embeddings.keep_only(self._path)

    def checkpoint(self) -> None:
        """Move both logs into their database files and empty them: erased text must not stay in a log."""

        def run(connection: sqlite3.Connection) -> None:
            """An empty transaction: what waits is committed first."""

        self._commit.run(run)
        with translated(self._path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.embeddings.checkpoint()

    def close(self) -> None:
        """Checkpoint and release all files."""
        self._reader.close()
        with translated(self._path):
            self._connection.close()
        self.embeddings.close()
