"""The fallback term index: SQLite FTS5, for machines where Tantivy has no wheel."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from foundation.ids import ChunkId
from memory_fabric.errors import IndexCorruptError
from memory_fabric.index.dense.base import Scored
from memory_fabric.index.disk import folder_bytes
from memory_fabric.index.sparse.base import SparseDoc, SparseIndexStats
from memory_fabric.index.sparse.wording import expand, fold, name_text, query_text
from memory_fabric.records import Filters, Signals
from memory_fabric.store.reads import below

__all__ = ["Fts5Index"]

_TOKEN = re.compile(r"[cfCF]\+\+|[cfjCFJ]#|\.(?:net|NET|Net)\b|[^\W_]\w*|_\w+")
_MAX_TERMS = 64
_NAME_WEIGHT = 0.6
_SPECIAL = {"c++": "cplusplus", "f++": "fplusplus", "c#": "csharp", "f#": "fsharp", "j#": "jsharp", ".net": "dotnet"}

_RUSSIAN = tuple(
    sorted(
        "иями ями ами ией иям ием иях ого его ому ему ыми ими ует уют ать ять ить еть ают яют ет ут ют ат ят "
        "ит ешь ишь ла ло ли ый ий ой ая яя ое ее ые ие ую юю ых их ым им ом ем ов ев ей ам ям ах ях ию ия "
        "ью ья а я о е ы и у ю ь й".split(),
        key=len,
        reverse=True,
    )
)
"""Endings of nouns, adjectives and verbs, longest first; a light stemmer is enough for a fallback."""


class Fts5Index:
    """BM25 search in one SQLite file.

    Args:
        folder: Created when missing.

    Raises:
        IndexCorruptError: The file cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(folder / "terms.db", isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA secure_delete = ON")
            # porter stems what is Latin; Cyrillic words come stemmed
            self._db.execute(
                "CREATE VIRTUAL TABLE IF NOT EXISTS terms USING fts5 (body, names,"
                " tokenize = \"porter unicode61 remove_diacritics 2 tokenchars '_'\")"
            )
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS fields (id INTEGER PRIMARY KEY, project TEXT, modality TEXT, language TEXT,"
                " layer TEXT, path TEXT, time REAL)"
            )
            if self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("quick check failed")
        except sqlite3.DatabaseError as error:
            raise IndexCorruptError(f"the term index `{folder}` cannot be opened: {error}") from error

    # ---- writing ----------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")

    def upsert(self, docs: Sequence[SparseDoc]) -> None:
        """Insert or replace documents; visible after `flush`."""
        with self._lock:
            self._begin()
            self.delete([doc.id for doc in docs])
            for doc in docs:
                text = f"{doc.context}\n{doc.text}" if doc.context else doc.text
                self._db.execute(
                    "INSERT INTO terms (rowid, body, names) VALUES (?, ?, ?)",
                    (doc.id, _words(f"{text}\n{expand(text)}"), _words(name_text(doc.path, doc.symbol))),
                )
                self._db.execute(
                    "INSERT INTO fields VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (doc.id, doc.project, doc.modality, doc.language, doc.layer, doc.path, doc.timestamp_s),
                )

    def delete(self, ids: Sequence[ChunkId]) -> None:
        """Remove documents; unknown ids are ignored; visible after `flush`."""
        with self._lock:
            self._begin()
            for chunk_id in ids:
                self._db.execute("DELETE FROM terms WHERE rowid = ?", (chunk_id,))
                self._db.execute("DELETE FROM fields WHERE id = ?", (chunk_id,))

    def flush(self) -> None:
        """Commit."""
        with self._lock:
            if self._db.in_transaction:
                self._db.execute("COMMIT")

    def optimize(self) -> bool:
        """Merge the b-trees of the index and shrink the log."""
        with self._lock:
            self.flush()
            self._db.execute("INSERT INTO terms (terms) VALUES ('optimize')")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return True

    def close(self) -> None:
        """Flush and release the file."""
        with self._lock:
            self.flush()
            self._db.close()

    # ---- reading ----------------------------------------------------------------------------------------------

    def search(self, text: str, k: int, *, filters: Filters = Filters(), signals: Signals = Signals()) -> list[Scored]:
        """Return the k best documents by BM25, best first; ties by smaller id."""
        match = _match(text, signals)
        if not match:
            return []
        where, values = _conditions(filters)
        return self._run(match, where, values, k)

    def score(self, text: str, ids: Sequence[ChunkId], *, signals: Signals = Signals()) -> dict[ChunkId, float]:
        """Return the BM25 score of each id as `search` would give it; 0.0 where no term matches."""
        scores = dict.fromkeys(ids, 0.0)
        match = _match(text, signals)
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            if match:
                where = [f"f.id IN ({','.join('?' * len(part))})"]
                scores.update({hit.id: hit.score for hit in self._run(match, where, list(part), len(part))})
        return scores

    def _run(self, match: str, where: list[str], values: list[Any], limit: int) -> list[Scored]:
        condition = "".join(f" AND {part}" for part in where)
        sql = (
            f"SELECT f.id, -bm25(terms, 1.0, {_NAME_WEIGHT}) AS score FROM terms JOIN fields f ON f.id = terms.rowid"  # noqa: S608 (constant columns and marks)
            f" WHERE terms MATCH ?{condition} ORDER BY score DESC, f.id LIMIT ?"
        )
        with self._lock:
            rows = self._db.execute(sql, (match, *values, limit)).fetchall()
        return [Scored(ChunkId(row[0]), float(row[1])) for row in rows]

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id."""
        with self._lock:
            return [ChunkId(row[0]) for row in self._db.execute("SELECT id FROM fields").fetchall()]

    def stats(self) -> SparseIndexStats:
        """Return the present state."""
        with self._lock:
            docs = int(self._db.execute("SELECT count(*) FROM fields").fetchone()[0])
        return SparseIndexStats(docs, 1, folder_bytes(self._folder))


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
            values += wanted
    if filters.path_prefix:
        condition, paths = below("f.path", [filters.path_prefix])
        where.append(condition)
        values += paths
    if filters.since_s is not None:
        where.append("f.time >= ?")
        values.append(int(filters.since_s))
    if filters.until_s is not None:
        where.append("f.time < ?")
        values.append(int(filters.until_s))
    return where, values


def _words(text: str) -> str:
    return " ".join(_stem(word) for word in _TOKEN.findall(fold(text).lower()))


def _stem(word: str) -> str:
    if word in _SPECIAL:
        return _SPECIAL[word]
    if "а" <= word[-1] <= "я":
        for ending in _RUSSIAN:
            if len(word) - len(ending) >= 3 and word.endswith(ending):
                return word[: -len(ending)]
    return word


def _match(text: str, signals: Signals) -> str:
    """Return an FTS5 expression of quoted words: nothing of the text is read as syntax."""
    words = [*_words(query_text(text, signals)).split(), *_words(" ".join(signals.file_hints)).split()]
    return " OR ".join(f'"{word}"' for word in list(dict.fromkeys(words))[:_MAX_TERMS])
