"""The fallback term index: SQLite FTS5, for machines where Tantivy has no wheel."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from foundation.errors import ConflictError
from foundation.ids import ChunkId
from memory_fabric.errors import IndexCorruptError, StoreFullError
from memory_fabric.index.dense.base import Scored
from memory_fabric.index.disk import folder_bytes
from memory_fabric.index.sparse.analyze import FILLER, Analyzer, QueryTerms, storable
from memory_fabric.index.sparse.base import (
    MAX_TERMS,
    NAME_WEIGHT,
    Reread,
    SparseDoc,
    SparseIndexStats,
    TermCounts,
    Traces,
)
from memory_fabric.index.sparse.stem_english import stem_english
from memory_fabric.index.sparse.stem_russian import stem_russian
from memory_fabric.operations import Check, Evidence
from memory_fabric.records import Filters, Signals

__all__ = ["Fts5Index", "check_database"]

_FILE = "terms.db"
_DAMAGE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""The second comes where the driver words an error with a damaged name out of the file."""

_LIGHT = 0.5
"""Terms of less weight are asked for only where a question has no others.

FTS5 has no weights for terms, and scores every document that has any of them: function words cost most of the time.
"""

_SCHEMA = f"""
CREATE VIRTUAL TABLE IF NOT EXISTS terms
    USING fts5 (body, names, tokenize = "unicode61 remove_diacritics 0 tokenchars '{FILLER}'");
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab (terms, row);
CREATE TABLE IF NOT EXISTS fields (
    id INTEGER PRIMARY KEY, project TEXT, modality TEXT, language TEXT, layer TEXT, path TEXT, time REAL
);
"""


def _stem(word: str) -> str:
    return stem_russian(word) if "а" <= word[-1] <= "я" else stem_english(word)


class Fts5Index:
    """BM25 search in one SQLite file.

    Args:
        folder: Created when missing.

    Raises:
        IndexCorruptError: The file cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._analyzer = Analyzer(_stem)
        self._lock = threading.Lock()
        self._readers: list[sqlite3.Connection] = []
        self._is_closed = False
        folder.mkdir(parents=True, exist_ok=True)
        with self._engine("opened"):
            self._writer = self._connect()
            self._writer.executescript(_SCHEMA)
            self._writer.execute("SELECT count(*) FROM (SELECT 1 FROM fields, terms LIMIT 1)").fetchone()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._folder / _FILE, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    @contextmanager
    def _engine(self, what: str) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as error:
            message = f"the term index `{self._folder}` cannot be {what}: {error}"
            if "disk is full" in str(error):
                raise StoreFullError(message, fix="free some space") from error
            raise IndexCorruptError(message, fix="run `cairn doctor --repair`") from error

    # ---- writing ----------------------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._check_open()
            with self._engine("written"):
                if not self._writer.in_transaction:
                    self._writer.execute("BEGIN")
                yield self._writer

    def _check_open(self) -> None:
        if self._is_closed:
            raise ConflictError("the term index is closed")

    def upsert(self, docs: Sequence[SparseDoc]) -> None:
        """Insert or replace documents; visible after `flush`.

        Raises:
            IndexCorruptError: The index cannot be written.
            StoreFullError: No space left on the device.
        """
        latest = {doc.id: doc for doc in docs}
        with self._writing() as writer:
            _remove(writer, list(latest))
            for doc in latest.values():
                writer.execute(
                    "INSERT INTO terms (rowid, body, names) VALUES (?, ?, ?)",
                    (doc.id, self._analyzer.body(doc), self._analyzer.names(doc)),
                )
                raw = (doc.project, doc.modality, doc.language, doc.layer, doc.path)
                writer.execute(
                    "INSERT INTO fields VALUES (?, ?, ?, ?, ?, ?, ?)", (doc.id, *map(storable, raw), doc.timestamp_s)
                )

    def delete(self, ids: Sequence[ChunkId]) -> None:
        """Remove documents; unknown ids are ignored; visible after `flush`.

        Raises:
            IndexCorruptError: The index cannot be written.
            StoreFullError: No space left on the device.
        """
        with self._writing() as writer:
            _remove(writer, ids)

    def flush(self) -> None:
        """Commit: make everything written so far durable and visible to searches.

        Raises:
            IndexCorruptError: The index cannot be written.
            StoreFullError: No space left on the device.
        """
        with self._lock:
            self._check_open()
            self._commit()

    def _commit(self) -> None:
        with self._engine("written"):
            if self._writer.in_transaction:
                self._writer.execute("COMMIT")

    def erase(self, ids: Sequence[ChunkId], reread: Reread, check: Check = lambda: None) -> Evidence:
        """Remove documents, build the trees again from what stays, and write the file anew.

        Raises:
            IndexCorruptError: The index cannot be written.
            StoreFullError: No space left on the device.
        """
        check()
        gone = set(ids).intersection(self.ids())
        self.delete(ids)
        with self._lock:
            self._check_open()
            self._commit()
            with self._engine("written"):
                self._writer.execute("INSERT INTO terms (terms) VALUES ('rebuild')")
                check()
                self._writer.execute("PRAGMA temp_store = MEMORY")
                self._writer.execute("VACUUM")
                is_held = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._analyzer.forget()
            stay = int(self._writer.execute("SELECT count(*) FROM fields").fetchone()[0])
        return Evidence(len(gone), stay, "a search that is running holds the log" if is_held else "")

    def traces(self, docs: Sequence[SparseDoc]) -> Traces:
        """Return the terms of documents, and these terms in a row: so they stand in the file."""
        terms: dict[str, set[str]] = {"body": set(), "names": set()}
        texts = []
        for doc in docs:
            for field, text in (("body", self._analyzer.body(doc)), ("names", self._analyzer.names(doc))):
                terms[field].update(text.split())
                texts.append(text)
        return Traces(terms, tuple(texts))

    def optimize(self) -> bool:
        """Merge the trees of the index and empty the log; returns whether anything changed.

        Raises:
            IndexCorruptError: The index cannot be written.
            StoreFullError: No space left on the device.
        """
        with self._lock:
            self._check_open()
            self._commit()
            before = self._writer.total_changes
            with self._engine("written"):
                self._writer.execute("INSERT INTO terms (terms) VALUES ('optimize')")
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._analyzer.forget()
            # a tree that is merged already changes by one bookkeeping row
            return self._writer.total_changes - before > 1

    def close(self) -> None:
        """Flush and release the file; further calls fail.

        Raises:
            IndexCorruptError: What was written last could not be committed.
            StoreFullError: No space left on the device.
        """
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            try:
                self._commit()
            finally:
                for connection in (*self._readers, self._writer):
                    connection.close()

    # ---- reading ----------------------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection of its own to each reader: it sees what was committed, and waits for nobody."""
        with self._lock:
            self._check_open()
            reader = self._readers.pop() if self._readers else None
        with self._engine("read"):
            reader = reader or self._connect()
            try:
                yield reader
            finally:
                with self._lock:
                    if self._is_closed:
                        reader.close()
                    else:
                        self._readers.append(reader)

    def search(self, text: str, k: int, *, filters: Filters = Filters(), signals: Signals = Signals()) -> list[Scored]:
        """Return the k best documents by BM25, best first; ties by smaller id.

        Raises:
            IndexCorruptError: The index cannot be read.
        """
        with self._reading() as reader:
            match = _match(reader, self._analyzer.query(text, signals))
            where, values = _conditions(filters)
            return _run(reader, match, where, values, k) if match and k > 0 else []

    def score(self, text: str, ids: Sequence[ChunkId], *, signals: Signals = Signals()) -> dict[ChunkId, float]:
        """Return the BM25 score of each id as `search` would give it; ids that match no term get 0.0.

        Raises:
            IndexCorruptError: The index cannot be read.
        """
        scores = dict.fromkeys(ids, 0.0)
        wanted = list(scores)
        with self._reading() as reader:
            match = _match(reader, self._analyzer.query(text, signals))
            for start in range(0, len(wanted) if match else 0, 500):
                part = wanted[start : start + 500]
                where = [f"f.id IN ({','.join('?' * len(part))})"]
                scores.update((hit.id, hit.score) for hit in _run(reader, match, where, part, len(part)))
        return scores

    def frequencies(self, text: str) -> TermCounts:
        """Return in how many documents each distinct term of `text` occurs, in text or names; 0 for unknown ones.

        Raises:
            IndexCorruptError: The index cannot be read.
        """
        counts = dict.fromkeys(self._analyzer.query(text, Signals()).body, 0)
        with self._reading() as reader:
            for term in counts:
                row = reader.execute("SELECT doc FROM vocabulary WHERE term = ?", (term,)).fetchone()
                counts[term] = int(row[0]) if row else 0
            return TermCounts(int(reader.execute("SELECT count(*) FROM fields").fetchone()[0]), counts)

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id, in no order.

        Raises:
            IndexCorruptError: The index cannot be read.
        """
        with self._reading() as reader:
            return [ChunkId(row[0]) for row in reader.execute("SELECT id FROM fields")]

    def stats(self) -> SparseIndexStats:
        """Return the present state.

        Raises:
            IndexCorruptError: The index cannot be read.
        """
        with self._reading() as reader:
            docs = int(reader.execute("SELECT count(*) FROM fields").fetchone()[0])
        return SparseIndexStats(docs, 1, folder_bytes(self._folder))


def _remove(writer: sqlite3.Connection, ids: Sequence[int]) -> None:
    for chunk_id in ids:
        if writer.execute("DELETE FROM fields WHERE id = ?", (chunk_id,)).rowcount:
            writer.execute("DELETE FROM terms WHERE rowid = ?", (chunk_id,))


def _run(reader: sqlite3.Connection, match: str, where: list[str], values: Sequence[Any], limit: int) -> list[Scored]:
    condition = "".join(f" AND {part}" for part in where)
    sql = (
        f"SELECT f.id, -bm25(terms, 1.0, {NAME_WEIGHT}) AS score"  # noqa: S608 (constants and marks only)
        " FROM terms CROSS JOIN fields f ON f.id = terms.rowid"
        f" WHERE terms MATCH ?{condition} ORDER BY score DESC, f.id LIMIT ?"
    )
    rows = reader.execute(sql, (match, *values, limit))
    return [Scored(ChunkId(chunk_id), score) for chunk_id, score in rows]


def _match(reader: sqlite3.Connection, terms: QueryTerms) -> str:
    """Return an FTS5 expression of quoted terms: nothing of the text is read as syntax."""
    weights = terms.body
    if len(weights) > MAX_TERMS:
        found = {term: _frequency(reader, term) for term in weights}
        rarest = sorted((term for term in weights if found[term]), key=lambda term: found[term])[:MAX_TERMS]
        weights = {term: weights[term] for term in rarest}
    heavy = {term: weight for term, weight in weights.items() if weight >= _LIGHT}
    # a term that is asked for twice counts twice
    words = [f'"{term}"' for term, weight in (heavy or weights).items() for _ in range(max(1, round(weight)))]
    hints = [f'names : "{term}"' for term in terms.names if term not in terms.body]
    return " OR ".join([*words, *hints[:MAX_TERMS]])


def _frequency(reader: sqlite3.Connection, term: str) -> int:
    row = reader.execute("SELECT doc FROM vocabulary WHERE term = ?", (term,)).fetchone()
    return int(row[0]) if row else 0


def _conditions(filters: Filters) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    values: list[Any] = []
    for column, wanted in (
        ("f.project", filters.projects),
        ("f.modality", filters.modalities),
        ("f.language", filters.languages),
        ("f.layer", filters.layers),
    ):
        if wanted:
            where.append(f"{column} IN ({','.join('?' * len(wanted))})")
            values += map(storable, wanted)
    if filters.path_prefix:
        folder = storable(filters.path_prefix).rstrip("/")
        # `0` follows `/`; an archive's inner paths begin with `!/`
        where.append("(f.path = ? OR (f.path >= ? AND f.path < ?) OR (f.path >= ? AND f.path < ?))")
        values += [folder or "/", f"{folder}/", f"{folder}0", f"{folder}!/", f"{folder}!0"]
    if filters.since_s is not None:
        where.append("f.time >= ?")
        values.append(filters.since_s)
    if filters.until_s is not None:
        where.append("f.time < ?")
        values.append(filters.until_s)
    return where, values


def check_database(folder: Path) -> list[str]:
    """Check the pages of the file and the postings against the terms; reads everything.

    Returns:
        What is wrong; empty for an index that was never written.
    """
    if not (folder / _FILE).exists():
        return []
    try:
        with closing(sqlite3.connect(folder / _FILE, isolation_level=None)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
            connection.execute("INSERT INTO terms (terms) VALUES ('integrity-check')")
            return [f"`{_FILE}`: {problem}" for problem in found if problem != "ok"]
    except _DAMAGE as error:
        return [f"`{_FILE}`: {error}"]
