"""Asking the dictionaries of term indexes: a term that stands there without a document is what an erased one left.

Terms are kept by shared beginnings, so that no byte search finds them. The indexes are opened by the auditor's process
from their files, and not asked through the daemon.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

__all__ = ["dictionaries_below", "left_over", "left_terms"]

_TERMS = Mapping[str, Sequence[str]]
_ENDINGS = {".term", ".idx", ".pos", ".fieldnorm", ".fast", ".store", ".del"}


def dictionaries_below(folders: Sequence[Path]) -> list[Path]:
    """Return the term indexes among some folders: those of Tantivy, and databases of FTS5."""
    tantivy = [folder for folder in folders if (folder / "meta.json").is_file() and any(folder.glob("*.term"))]
    return [*tantivy, *(folder / "terms.db" for folder in folders if (folder / "terms.db").is_file())]


def left_terms(place: Path, terms: _TERMS) -> Iterator[tuple[str, str]]:
    """Yield field and term of what stands in a dictionary though no document has it.

    Raises:
        ValueError: The index cannot be read.
        OSError: The index cannot be read.
        sqlite3.Error: The index cannot be read.
    """
    return _of_fts5(place, terms) if place.is_file() else _of_tantivy(place, terms)


def _of_tantivy(folder: Path, terms: _TERMS) -> Iterator[tuple[str, str]]:
    import tantivy

    index = tantivy.Index.open(str(folder))
    index.config_reader("manual")
    index.reload()
    searcher: Any = index.searcher()
    for field, wanted in terms.items():
        for term in wanted:
            # counted with the deleted ones; a query counts without
            if searcher.doc_freq(field, term) and not _is_alive(index, searcher, field, term):
                yield field, term


def _is_alive(index: Any, searcher: Any, field: str, term: str) -> bool:
    import tantivy

    query = tantivy.Query.term_query(index.schema, field, term, "basic")
    return bool(searcher.search(query, 1, count=False).hits)


def _of_fts5(file: Path, terms: _TERMS) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
        for field in ("body", "names"):
            for term in terms.get(field, ()):
                quoted = term.replace('"', '""')
                known = database.execute("SELECT 1 FROM vocabulary WHERE term = ?", (term,)).fetchone()
                sql = "SELECT 1 FROM terms WHERE terms MATCH ? LIMIT 1"
                if known and not database.execute(sql, (f'"{quoted}"',)).fetchone():
                    yield field, term


def left_over(folder: Path, since_s: float) -> list[str]:
    """Return files of a Tantivy index that are older than an erasure and belong to no commit: nobody can read them."""
    listed = {
        segment["segment_id"].replace("-", "")
        for segment in json.loads((folder / "meta.json").read_text(encoding="utf-8"))["segments"]
    }
    return [
        path.name
        for path in folder.iterdir()
        if path.suffix in _ENDINGS and path.name.partition(".")[0] not in listed and path.stat().st_mtime < since_s
    ]
