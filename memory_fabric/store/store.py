"""The truth: items, chunks and the ingest journal in one SQLite database.

Acknowledged means committed with fsync. Everything else in the memory can be built again from here.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from foundation.clock import Clock, SystemClock
from foundation.errors import NotFoundError
from foundation.ids import ChunkId, ItemId, JournalSeq
from memory_fabric.errors import StoreCorruptError
from memory_fabric.operations import Check, ForgetSelector, ItemPage, Link
from memory_fabric.records import ChunkRow, Filters, JournalEntry, MemoryItem
from memory_fabric.store import erasures, journal_upkeep
from memory_fabric.store.connection import connect, give_pages_back, rewrite, translated, wastes_space
from memory_fabric.store.drafts import ChunkDraft, Counts, FileState, ItemDraft, Selection, WriteReceipt
from memory_fabric.store.embedding_cache import EmbeddingCache
from memory_fabric.store.erasures import Intent
from memory_fabric.store.group_commit import GroupCommit
from memory_fabric.store.integrity import find_problems
from memory_fabric.store.known_roots import KnownRoot, drop_roots, put_root
from memory_fabric.store.migrations import migrate
from memory_fabric.store.names import NameReader
from memory_fabric.store.reads import Reader
from memory_fabric.store.writes import Writer

__all__ = ["ChunkDraft", "FileState", "ItemDraft", "Store", "WriteReceipt"]

_DATABASE = "memory.db"
_CACHE = "embeddings.db"
_HEADER_BYTES = 100
"""What every database file of SQLite begins with."""
_MARKER = "in-use"
"""Stands in the folder while the store is open, and after a crash."""

_STEP = 500
"""Parameters of one statement."""

_BUSY_S = 10.0
"""How long a connection waits for another one; what `connect` asks for."""
_ERASE_PATIENCE_S = 0.2
"""How long writers wait for a reader that holds the log of a deletion; after that it is tried again later."""

_CHECKED_BYTES = 256 * 1024 * 1024
"""Pages are checked at 2 GB/s from memory: up to here a start after a crash stays well below a second."""


class Store:
    """Thread-safe: readers never wait, writers share commits. Use `open`; `close` when done."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, clock: Clock, *, was_clean: bool) -> None:
        self._path = folder / _DATABASE
        self._marker = folder / _MARKER
        self._clock = clock
        self._commit = GroupCommit(connection, self._path)
        self._reader = Reader(self._path)
        self._head_lock = threading.Lock()
        self._head = self._reader.journal_head()
        self.was_clean = was_clean
        """Whether the store was closed before it was opened; if not, `verify` is worth its time."""
        self.drawn_links = 0
        """Edges that were drawn since the store was opened: what was counted from links is old when it changes."""
        self.has_history = bool(self._reader.pool.rows("SELECT 1 FROM meta WHERE key = 'has_history'"))
        """Whether commits were ever stored: then a question that asks for no layer leaves them out."""
        self.store_id = self._read_store_id()
        self.embeddings = EmbeddingCache(folder / _CACHE)

    @classmethod
    def open(cls, folder: Path, *, clock: Clock | None = None) -> Store:
        """Open the store in `folder`, creating it when it is not there.

        After a crash the pages of a store of up to 256 MB are checked first; a larger one is left to `verify`.

        Raises:
            StoreCorruptError: The file is not a sound database.
            StoreFullError: There is no space for it.
            ResourceError: The folder cannot be used.
            ConflictError: It was written by a newer Cairn or by another program.
        """
        path, marker = folder / _DATABASE, folder / _MARKER
        with translated(path):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            was_clean = not marker.exists()
        _refuse_emptied(folder)
        connection = connect(path)
        try:
            with translated(path):
                if not was_clean and path.stat().st_size <= _CHECKED_BYTES:
                    _check_pages(connection, path)
                migrate(connection, path)
                connection.execute("INSERT OR IGNORE INTO meta VALUES ('store_id', ?)", (str(uuid.uuid4()),))
                marker.touch(mode=0o600)
            return cls(folder, connection, clock or SystemClock(), was_clean=was_clean)
        except BaseException:
            connection.close()
            raise

    def listen(self, on_commit: Callable[[], None]) -> None:
        """Have `on_commit` called after every durable step, on the thread that made it."""
        self._commit.on_commit = on_commit

    def _read_store_id(self) -> str:
        rows = self._reader.pool.rows("SELECT value FROM meta WHERE key = 'store_id'")
        if not rows:
            # it was written when the store was opened: a row that is not found again sits on a damaged page
            raise StoreCorruptError(self._path, "it lost its id")
        return str(rows[0][0])

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
            return WriteReceipt(ids, writer.new_chunks, JournalSeq(writer.finish()), writer.unchanged_chunks)

        return self._run(run)

    def rename_paths(self, moves: Sequence[tuple[str, str]]) -> int:
        """Give everything at or below old paths its new path, all at once; ids and vectors stay.

        What stood at a new path before, and did not move away itself, is deleted. What is remembered of the files moves
        too. Returns how many items moved.
        """
        moved = 0

        def run(connection: sqlite3.Connection) -> WriteReceipt:
            nonlocal moved
            writer = Writer(connection, self._clock.now_s())
            moved = writer.move_paths(moves)
            return WriteReceipt((), 0, JournalSeq(writer.finish()))

        self._run(run)
        return moved

    def delete_items(self, ids: Sequence[ItemId]) -> set[bytes]:
        """Delete items with their fragments and links; unknown ids are ignored.

        Returns:
            The content hashes of the fragments, for `erase`.
        """
        wanted = msgspec.json.encode(ids).decode()
        hashes: set[bytes] = set()

        def run(connection: sqlite3.Connection) -> WriteReceipt:
            writer = Writer(connection, self._clock.now_s())
            rows = connection.execute(
                "SELECT key, path FROM items WHERE id IN (SELECT value FROM json_each(?))", (wanted,)
            ).fetchall()
            for key, _ in rows:
                held = connection.execute("SELECT content_hash FROM chunks WHERE item_key = ?", (key,))
                hashes.update(row[0] for row in held)
            writer.drop_items(row[0] for row in rows)
            # the walker must not believe that a forgotten file is still indexed
            writer.drop_files(row[1].partition("!/")[0] for row in rows)
            return WriteReceipt((), 0, JournalSeq(writer.finish()))

        self._run(run)
        return hashes

    def save_erasure(self, intent: Intent) -> None:
        """Say durably that an erasure was begun, or how far it came."""
        self._commit.run(lambda connection: erasures.save_intent(connection, intent))

    def put_link(self, link: Link) -> None:
        """Insert or replace a typed edge.

        Raises:
            NotFoundError: One of its ends is not stored.
        """

        def run(connection: sqlite3.Connection) -> None:
            for end in (link.src, link.dst):
                if connection.execute("SELECT 1 FROM items WHERE id = ?", (end,)).fetchone() is None:
                    raise NotFoundError(f"no item `{end}`")
            connection.execute(
                "INSERT OR REPLACE INTO links (src, dst, relation, weight) VALUES (?, ?, ?, ?)",
                (link.src, link.dst, link.relation, link.weight),
            )

        self._commit.run(run)
        self.drawn_links += 1

    def put_root(self, root: KnownRoot) -> None:
        """Remember, or replace, what was asked to be indexed."""
        self._commit.run(lambda connection: put_root(connection, root))

    def drop_roots(self, paths: Sequence[str]) -> None:
        """Forget that some places were asked to be indexed; unknown ones are ignored."""
        self._commit.run(lambda connection: drop_roots(connection, paths))

    def note_history(self) -> None:
        """Remember that commits are stored; to be called before the first is."""
        if not self.has_history:
            self._commit.run(lambda db: db.execute("INSERT OR IGNORE INTO meta VALUES ('has_history', '1')"))
            self.has_history = True

    def compact_journal(self, upto: JournalSeq) -> int:
        """Drop what a replay does not need from the journal up to a position; returns how many lines went.

        An index that has not applied `upto` yet misses drops afterwards and must be built again: give the smallest
        watermark, and compare watermarks with `journal_floor` when an index is opened.
        """
        return self._commit.run(lambda connection: journal_upkeep.compact(connection, upto))

    def _run(self, write: Callable[[sqlite3.Connection], WriteReceipt]) -> WriteReceipt:
        receipt = self._commit.run(write)
        with self._head_lock:
            self._head = max(self._head, receipt.last_seq)
        return receipt

    # ---- reading ----------------------------------------------------------------------------------------------

    def journal(self, after: JournalSeq, limit: int) -> list[JournalEntry]:
        """Return up to `limit` lines of the ingest journal after a position."""
        return self._reader.journal(after, limit)

    def journal_head(self) -> JournalSeq:
        """Return the last acknowledged position; 0 for an empty journal."""
        return self._head

    def journal_floor(self) -> JournalSeq:
        """Return the last compacted position: an index with a watermark below it, and above 0, missed drops."""
        with self._reader.pool.borrowed() as connection:
            return JournalSeq(journal_upkeep.floor(connection))

    def chunks(self, ids: Sequence[ChunkId]) -> dict[ChunkId, ChunkRow]:
        """Return the rows that still exist, by id."""
        return self._reader.chunks(ids)

    def chunk_total(self) -> int:
        """Return how many chunks there are."""
        return self._reader.chunk_total()

    def live_chunk_ids(self) -> NDArray[np.int64]:
        """Return the ids of all chunks, ascending."""
        return self._reader.live_chunk_ids()

    def chunk_neighbours(self, chunk_id: ChunkId, before: int, after: int) -> list[ChunkRow]:
        """Return a chunk with up to `before` and `after` others around it in its item, in order; [] if it is gone."""
        return self._reader.chunk_neighbours(chunk_id, before, after)

    def chunk_counts(self, under: Sequence[str]) -> dict[str, int]:
        """Return how many chunks each file below `under` gave."""
        return self._reader.chunk_counts(under)

    def item(self, item_id: ItemId) -> MemoryItem | None:
        """Return an item with its text, or None."""
        return self._reader.item(item_id)

    def item_brief(self, item_id: ItemId) -> MemoryItem | None:
        """Return an item without its text, or None."""
        return self._reader.item(item_id, has_text=False)

    def chunks_of(self, ids: Sequence[ItemId]) -> dict[ItemId, list[ChunkRow]]:
        """Return the chunks of some items, in order."""
        return self._reader.chunks_of(ids)

    def erasures(self) -> list[Intent]:
        """Return the audited erasures, oldest first."""
        return erasures.decode_intents(self._reader.pool.rows(erasures.LIST))

    def links(self, item_id: ItemId) -> list[Link]:
        """Return the typed edges from and to an item."""
        return self._reader.links(item_id)

    @contextmanager
    def names(self) -> Iterator[NameReader]:
        """Lend a reader of the names that items define and use; all its answers are of one moment.

        Raises:
            StoreCorruptError: A row is not what was written.
        """
        with self._reader.pool.snapshot() as connection:
            try:
                yield NameReader(connection)
            except msgspec.ValidationError as error:
                raise StoreCorruptError(self._path, f"a row of names cannot be read, {error}") from error

    def list_items(self, filters: Filters, *, cursor: str = "", limit: int = 50) -> ItemPage:
        """Return a page of items, newest first."""
        return self._reader.list_items(filters, cursor=cursor, limit=limit)

    def select_items(self, selector: ForgetSelector) -> Selection:
        """Return the items that match every field set."""
        return self._reader.select_items(selector)

    def chunk_files(self, ids: Sequence[ChunkId]) -> dict[str, int]:
        """Return how many of some chunks each file gave."""
        return self._reader.chunk_files(ids)

    def known_roots(self) -> list[KnownRoot]:
        """Return what was asked to be indexed, by path."""
        return self._reader.known_roots()

    def uris_of(self, path: str) -> list[tuple[str, str]]:
        """Return project and uri of what one file gave."""
        return self._reader.uris_of(path)

    def files(self, under: Sequence[str]) -> dict[str, FileState]:
        """Return what is remembered of the files below some folders."""
        return self._reader.files(under)

    def file_states(self, paths: Sequence[str]) -> dict[str, FileState]:
        """Return what is remembered of single files; unknown ones are left out."""
        return self._reader.file_states(paths)

    def counts(self) -> Counts:
        """Return how much is stored."""
        return self._reader.counts()

    def verify(self, check: Check = lambda: None) -> list[str]:
        """Return what is wrong with the truth: pages, references, words, journal; empty when it is sound.

        Args:
            check: Asked again and again; what it raises ends the work.
        """
        return find_problems(self._reader.pool, check)

    def disk_bytes(self) -> int:
        """Return the real size on disk of everything in the folder."""
        total = 0
        for file in self._path.parent.iterdir():
            # a log may vanish between the two looks
            with suppress(FileNotFoundError):
                total += file.stat().st_blocks * 512
        return total

    # ---- upkeep -----------------------------------------------------------------------------------------------

    def prune_embeddings(self) -> int:
        """Delete cached vectors of contents that are not stored any more; returns how many."""
        return self.embeddings.keep_only(self._path)

    def erase(self, hashes: Collection[bytes]) -> bool:
        """Remove from the files what `delete_items` has deleted: the vectors of those contents, and both logs.

        Cheap however much else is stored: nothing but these hashes is looked for.

        Args:
            hashes: What `delete_items` returned; a content that is stored still, elsewhere, keeps its vector.

        Returns:
            Whether nothing is left; a long read may hold the truth's log for a while, and then this is to be called
            again.
        """
        self.embeddings.drop(self._unknown(list(hashes)))
        return self.checkpoint(patience_s=_ERASE_PATIENCE_S)

    def _unknown(self, hashes: Sequence[bytes]) -> list[bytes]:
        """Return those that no chunk has."""
        known: set[bytes] = set()
        for start in range(0, len(hashes), _STEP):
            part = hashes[start : start + _STEP]
            marks = ",".join("?" * len(part))
            sql = f"SELECT content_hash FROM chunks WHERE content_hash IN ({marks})"  # noqa: S608 (marks only)
            known.update(row[0] for row in self._reader.pool.rows(sql, part))
        return [key for key in hashes if key not in known]

    def checkpoint(self, *, patience_s: float = _BUSY_S) -> bool:
        """Move both logs into their database files and empty them: erased text must not stay in a log.

        Args:
            patience_s: How long to wait for a reader of the truth, while nobody can write.

        Returns:
            Whether the truth's log is empty now; a long read may hold it for a while.
        """

        def empty(db: sqlite3.Connection) -> bool:
            db.execute(f"PRAGMA busy_timeout = {round(patience_s * 1e3)}")
            try:
                return not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                db.execute(f"PRAGMA busy_timeout = {round(_BUSY_S * 1e3)}")

        is_empty = self._commit.alone(empty)
        self.embeddings.checkpoint()
        return is_empty

    def rewrite(self) -> None:
        """Write both databases anew: a page may hold, behind its cells, what was moved away from it.

        Writers wait meanwhile, measured 4 s a gigabyte; readers do not.
        """
        self._commit.alone(lambda connection: rewrite(connection, self._path))
        self.embeddings.rewrite()

    def give_space_back(self, check: Check = lambda: None) -> None:
        """Shorten the database file when much of it is free; reads and writes go on meanwhile.

        Args:
            check: Asked between two steps; what it raises ends the work and keeps what was done.

        Raises:
            StoreFullError: There is no space for the log of a step; nothing was lost.
        """
        has_more = self._commit.alone(wastes_space)
        while has_more:
            check()
            has_more = self._commit.alone(give_pages_back)

    def close(self) -> None:
        """Checkpoint and release all files; closing twice is harmless."""
        self._reader.close()
        self._commit.close()
        self.embeddings.close()
        # last: only a store that was closed whole is called clean
        self._marker.unlink(missing_ok=True)


def _refuse_emptied(folder: Path) -> None:
    """SQLite takes a file of no byte, or of one, for a new database: beside a cache of vectors it is a lost truth.

    Raises:
        StoreCorruptError: The database file has been emptied.
    """
    path = folder / _DATABASE
    if path.exists() and path.stat().st_size < _HEADER_BYTES and (folder / _CACHE).exists():
        raise StoreCorruptError(path, "the file is empty")


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    """Look at every page once.

    Raises:
        StoreCorruptError: A page is not what it should be.
    """
    finding = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if finding != "ok":
        raise StoreCorruptError(path, str(finding))
