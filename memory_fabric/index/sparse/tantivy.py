"""The default term index: Tantivy, BM25 over one text field and one field of names."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Document, Filter, Occur, Query, TextAnalyzerBuilder, Tokenizer

from foundation.ids import ChunkId
from memory_fabric.errors import IndexCorruptError
from memory_fabric.index.dense.base import Scored
from memory_fabric.index.disk import folder_bytes
from memory_fabric.index.sparse.base import SparseDoc, SparseIndexStats
from memory_fabric.index.sparse.wording import ancestors, expand, fold, name_text, query_text
from memory_fabric.records import Filters, Signals

__all__ = ["TantivyIndex", "verify_files"]

_TOKEN = r"(?i)[cf]\+\+|[cfj]#|\.net\b|[\p{L}\p{N}_]+"  # noqa: S105 (a pattern of words)
_NAME_WEIGHT = 0.6
"""Weight of a word of the path or symbol against one of the text."""

_MAX_TERMS = 64
"""Distinct words of a query that are looked up, rarest first."""

_MAGIC = 1337
"""Source: the footer that Tantivy writes to every file: JSON with a CRC-32, its length, and this number."""


def _analyzer() -> Any:
    return (
        TextAnalyzerBuilder(Tokenizer.regex(_TOKEN))
        .filter(Filter.remove_long(80))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        # each stemmer leaves the other's script alone
        .filter(Filter.stemmer("english"))
        .filter(Filter.stemmer("russian"))
        .build()
    )


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    builder.add_text_field("body", tokenizer_name="words", index_option="freq")
    builder.add_text_field("names", tokenizer_name="words", index_option="freq")
    for name in ("project", "modality", "language", "layer", "under"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("time", indexed=True, fast=True)
    return builder.build()


class TantivyIndex:
    """BM25 search in a folder of its own.

    Args:
        folder: Created when missing.
        heap_bytes: Memory of the writer while it writes; given back by `flush`.

    Raises:
        IndexCorruptError: The folder cannot be opened.
    """

    def __init__(self, folder: Path, *, heap_bytes: int = 64 * 1024 * 1024) -> None:
        self._folder = folder
        self._heap_bytes = max(heap_bytes, 15_000_000)
        self._schema = _schema()
        self._words = _analyzer()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._index = tantivy.Index(self._schema, path=str(folder))
            self._index.register_tokenizer("words", _analyzer())
            self._index.reload()
            self._searcher = self._index.searcher()
        except (ValueError, OSError) as error:
            raise IndexCorruptError(f"the term index `{folder}` cannot be opened: {error}") from error
        self._writer: Any = None
        self._lock = threading.Lock()
        # ids grow for ever, so only those up to the largest one seen can be there already
        self._largest = self._largest_id()

    def _largest_id(self) -> int:
        if not self._searcher.num_docs:
            return 0
        found = self._searcher.search(Query.all_query(), 1, count=False, order_by_field="id")
        values = self._searcher.fast_field_values("id", [address for _, address in found.hits])
        return int(values[0] or 0) if values else 0

    # ---- writing ----------------------------------------------------------------------------------------------

    def _open_writer(self) -> Any:
        if self._writer is None:
            self._writer = self._index.writer(self._heap_bytes, 1)
        return self._writer

    def upsert(self, docs: Sequence[SparseDoc]) -> None:
        """Insert or replace documents; visible after `flush`."""
        with self._lock:
            writer = self._open_writer()
            if known := [doc.id for doc in docs if doc.id <= self._largest]:
                writer.delete_documents_by_query(Query.term_set_query(self._schema, "id", known))
            for doc in docs:
                writer.add_document(self._document(doc))
            self._largest = max(self._largest, *(doc.id for doc in docs)) if docs else self._largest

    @staticmethod
    def _document(doc: SparseDoc) -> Any:
        document = Document()
        document.add_unsigned("id", doc.id)
        text = f"{doc.context}\n{doc.text}" if doc.context else doc.text
        document.add_text("body", fold(f"{text}\n{expand(text)}"))
        document.add_text("names", name_text(doc.path, doc.symbol))
        document.add_text("project", doc.project)
        document.add_text("modality", doc.modality)
        document.add_text("language", doc.language)
        document.add_text("layer", doc.layer)
        for folder in ancestors(doc.path):
            document.add_text("under", folder)
        document.add_integer("time", int(doc.timestamp_s))
        return document

    def delete(self, ids: Sequence[ChunkId]) -> None:
        """Remove documents; unknown ids are ignored; visible after `flush`."""
        if not ids:
            return
        with self._lock:
            self._open_writer().delete_documents_by_query(Query.term_set_query(self._schema, "id", list(ids)))

    def flush(self) -> None:
        """Commit, and give the writer's memory back."""
        with self._lock:
            if self._writer is None:
                return
            self._writer.commit()
            self._writer.wait_merging_threads()
            self._writer = None
            self._refresh()

    def _refresh(self) -> None:
        self._index.reload()
        self._searcher = self._index.searcher()

    def optimize(self) -> bool:
        """Drop files of merged segments; merging itself happens in `flush`. Returns whether files went away."""
        before = folder_bytes(self._folder)
        with self._lock:
            writer = self._open_writer()
            writer.garbage_collect_files()
            writer.commit()
            writer.wait_merging_threads()
            self._writer = None
            self._refresh()
        return folder_bytes(self._folder) < before

    def close(self) -> None:
        """Flush and release files."""
        self.flush()

    # ---- reading ----------------------------------------------------------------------------------------------

    def search(self, text: str, k: int, *, filters: Filters = Filters(), signals: Signals = Signals()) -> list[Scored]:
        """Return the k best documents by BM25, best first; ties by smaller id."""
        wanted = self._wanted(text, signals)
        if wanted is None:
            return []
        query = self._filtered(wanted, filters)
        return self._run(query, k)

    def score(self, text: str, ids: Sequence[ChunkId], *, signals: Signals = Signals()) -> dict[ChunkId, float]:
        """Return the BM25 score of each id as `search` would give it; 0.0 where no term matches."""
        scores = dict.fromkeys(ids, 0.0)
        wanted = self._wanted(text, signals)
        if wanted is None or not ids:
            return scores
        among = Query.const_score_query(Query.term_set_query(self._schema, "id", list(ids)), 0.0)
        query = Query.boolean_query([(Occur.Must, among), (Occur.Must, wanted)])
        scores.update({hit.id: hit.score for hit in self._run(query, len(ids))})
        return scores

    def _run(self, query: Any, limit: int) -> list[Scored]:
        searcher = self._searcher
        hits = searcher.search(query, limit, count=False).hits
        ids = searcher.fast_field_values("id", [address for _, address in hits])
        found = [
            Scored(ChunkId(int(i)), float(score)) for i, (score, _) in zip(ids, hits, strict=True) if i is not None
        ]
        return sorted(found, key=lambda hit: (-hit.score, hit.id))

    def _terms(self, text: str, signals: Signals) -> list[str]:
        terms = list(dict.fromkeys(self._words.analyze(fold(query_text(text, signals)))))
        if len(terms) > _MAX_TERMS:
            terms.sort(key=lambda term: self._searcher.doc_freq("body", term))
            terms = terms[:_MAX_TERMS]
        return terms

    def _wanted(self, text: str, signals: Signals) -> Any:
        """Return the query for the words, or None when there is not a single one."""
        parts = []
        for term in self._terms(text, signals):
            parts.append((Occur.Should, Query.term_query(self._schema, "body", term, "freq")))
            name = Query.term_query(self._schema, "names", term, "freq")
            parts.append((Occur.Should, Query.boost_query(name, _NAME_WEIGHT)))
        for hint in signals.file_hints:
            name = self._words.analyze(name_text(hint, ""))
            parts += [(Occur.Should, Query.term_query(self._schema, "names", term, "freq")) for term in set(name)]
        return Query.boolean_query(parts) if parts else None

    def _filtered(self, wanted: Any, filters: Filters) -> Any:
        parts = [(Occur.Must, wanted)]
        for field, values in (
            ("project", filters.projects),
            ("modality", filters.modalities),
            ("language", filters.languages),
            ("layer", filters.layers),
            ("under", (_as_folder(filters.path_prefix),) if filters.path_prefix else ()),
        ):
            if values:
                among = Query.term_set_query(self._schema, field, list(values))
                parts.append((Occur.Must, Query.const_score_query(among, 0.0)))
        if filters.since_s is not None or filters.until_s is not None:
            parts.append((Occur.Must, Query.const_score_query(self._times(filters), 0.0)))
        return Query.boolean_query(parts) if len(parts) > 1 else wanted

    def _times(self, filters: Filters) -> Any:
        low = int(filters.since_s) if filters.since_s is not None else -(2**62)
        high = int(filters.until_s) if filters.until_s is not None else 2**62
        return Query.range_query(
            self._schema, "time", tantivy.FieldType.Integer, low, high, include_lower=True, include_upper=False
        )

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id."""
        searcher = self._searcher
        hits = searcher.search(Query.all_query(), max(searcher.num_docs, 1), count=False).hits
        values = searcher.fast_field_values("id", [address for _, address in hits])
        return [ChunkId(int(value)) for value in values if value is not None]

    def stats(self) -> SparseIndexStats:
        """Return the present state."""
        searcher = self._searcher
        return SparseIndexStats(searcher.num_docs, searcher.num_segments, folder_bytes(self._folder))


def _as_folder(path: str) -> str:
    return path.rstrip("/") or "/"


def verify_files(folder: Path) -> list[str]:
    """Check the CRC-32 that Tantivy writes at the end of each segment file; returns what is wrong."""
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        segments = {segment["segment_id"].replace("-", "") for segment in meta["segments"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"`meta.json` cannot be read: {error}"]
    files = [path for path in folder.iterdir() if path.name.split(".")[0] in segments]
    lost = segments - {path.name.split(".")[0] for path in files}
    found = [f"segment `{segment}` has no files" for segment in sorted(lost)]
    return found + [f"`{path.name}` has another checksum" for path in files if not _is_sound(path.read_bytes())]


def _is_sound(data: bytes) -> bool:
    if len(data) < 8 or int.from_bytes(data[-4:], "little") != _MAGIC:
        return False
    length = int.from_bytes(data[-8:-4], "little")
    try:
        footer = json.loads(data[-8 - length : -8])
        return int(footer["crc"]) == zlib.crc32(data[: -8 - length])
    except (ValueError, KeyError, TypeError):
        return False
