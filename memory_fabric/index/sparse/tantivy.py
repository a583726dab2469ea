"""The default term index: Tantivy, BM25 over one field of words and one of names."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
import tantivy
from tantivy import Document, FieldType, Order, Query, TextAnalyzerBuilder, Tokenizer

from foundation.errors import CairnError, ConflictError
from foundation.ids import ChunkId
from foundation.memory import return_memory
from memory_fabric.errors import IndexCorruptError, StoreFullError
from memory_fabric.index.dense.base import Scored
from memory_fabric.index.disk import folder_bytes
from memory_fabric.index.folders import ancestors
from memory_fabric.index.sparse.analyze import Analyzer, storable
from memory_fabric.index.sparse.base import Reread, SparseDoc, SparseIndexStats, TermCounts, Traces
from memory_fabric.index.sparse.integrity import deleting_segments
from memory_fabric.index.sparse.tantivy_query import EVERY, filtered_query, id_query, native_stem, schema, terms_query
from memory_fabric.operations import Check, Evidence
from memory_fabric.records import Filters, Signals

__all__ = ["TantivyIndex"]

log = structlog.get_logger(__name__)

_SMALLEST_HEAP = 15_000_000
"""Source: Tantivy refuses a writer with less for one thread."""

_REST_AFTER_S = 5.0
"""Seconds without a write after which the writer, its threads and its memory are given back."""

_ERASE_ROUNDS = 3
"""A merge that began before may bring a deletion back into a new segment: after the second round none is running."""
_ERASE_STEP = 2_000

_PAGE = 20_000
_MOST_TIES = 4_096
"""Equal scores at the end of a result that are looked through for smaller ids."""


class TantivyIndex:
    """BM25 search in a folder of its own.

    Texts come in as terms that are cut already (`Analyzer`), so that Tantivy itself only splits at spaces.

    Args:
        folder: Created when missing.
        heap_bytes: Memory of the writer while it writes.
        rest_after_s: Seconds without a write after which that memory is given back.

    Raises:
        IndexCorruptError: The folder cannot be opened.
    """

    def __init__(
        self, folder: Path, *, heap_bytes: int = 64 * 1024 * 1024, rest_after_s: float = _REST_AFTER_S
    ) -> None:
        self._folder = folder
        self._heap_bytes = max(heap_bytes, _SMALLEST_HEAP)
        self._rest_after_s = rest_after_s
        self._schema = schema()
        self._analyzer = Analyzer(native_stem())
        self._lock = threading.Lock()
        self._writer: Any = None
        self._timer: threading.Timer | None = None
        self._reader: Any = None
        folder.mkdir(parents=True, exist_ok=True)
        with self._engine("opened"):
            self._index = tantivy.Index(self._schema, path=str(folder))
            self._index.register_tokenizer("terms", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
            # the default policy keeps a thread that looks at the folder twice a second
            self._index.config_reader("manual")
            self._refresh()
            # ids only grow: those beyond the largest one seen cannot be there and need no deletion
            self._largest = self._largest_id()

    @contextmanager
    def _engine(self, what: str) -> Iterator[None]:
        """Turn what the engine raises into our errors; a panic is no `Exception`, so it is told by its name.

        Raises:
            IndexCorruptError: The engine failed.
            StoreFullError: No space left on the device.
        """
        try:
            yield
        except BaseException as error:
            is_panic = type(error).__name__ == "PanicException"
            if not (is_panic or isinstance(error, (ValueError, OSError, RuntimeError))):
                raise
            if "No space left" in str(error):
                message = f"the disk is full: the term index `{self._folder}` could not be {what}"
                raise StoreFullError(message, fix="free some space") from error
            message = f"the term index `{self._folder}` cannot be {what}: {_one_line(error)}"
            raise IndexCorruptError(message, fix="run `cairn doctor --repair`") from error

    def _largest_id(self) -> int:
        hits = self._reader.search(Query.all_query(), 1, count=False, order_by_field="id").hits
        return int(hits[0][0]) if hits else 0

    def _searcher(self) -> Any:
        searcher = self._reader
        if searcher is None:
            raise ConflictError("the term index is closed")
        return searcher

    def _refresh(self) -> None:
        self._index.reload()
        self._reader = self._index.searcher()

    # ---- writing ----------------------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        """Hold the writer; after a failure it is dropped with all that was not committed.

        Raises:
            IndexCorruptError: The engine failed.
            StoreFullError: No space left on the device.
        """
        with self._lock:
            self._searcher()
            self._stop_timer()
            try:
                with self._engine("written"):
                    if self._writer is None:
                        self._writer = self._index.writer(self._heap_bytes, 1)
                    yield self._writer
            except (IndexCorruptError, StoreFullError):
                self._writer = None
                raise

    def upsert(self, docs: Sequence[SparseDoc]) -> None:
        """Insert or replace documents; visible after `flush`.

        Raises:
            IndexCorruptError: The index cannot be written.
            StoreFullError: No space left on the device.
        """
        if not docs:
            return
        latest = {doc.id: doc for doc in docs}
        with self._writing() as writer:
            self._remove(writer, [doc_id for doc_id in latest if doc_id <= self._largest])
            for doc in latest.values():
                writer.add_document(self._document(doc))
            self._largest = max(self._largest, *latest)

    def _document(self, doc: SparseDoc) -> Any:
        document = Document()
        document.add_unsigned("id", doc.id)
        document.add_text("body", self._analyzer.body(doc))
        if names := self._analyzer.names(doc):
            document.add_text("names", names)
        document.add_text("project", storable(doc.project))
        document.add_text("modality", storable(doc.modality))
        document.add_text("language", storable(doc.language))
        document.add_text("layer", storable(doc.layer))
        document.add_text("every", EVERY)
        for folder in _folders(storable(doc.path)):
            document.add_text("under", folder)
        if doc.timestamp_s is not None:
            document.add_float("time", doc.timestamp_s)
        return document

    def _remove(self, writer: Any, ids: Sequence[int]) -> None:
        if ids:
            # deletion by term takes a number as signed, finds nothing in an unsigned field, and says nothing
            writer.delete_documents_by_query(Query.term_set_query(self._schema, "id", list(ids)))

    def delete(self, ids: Sequence[ChunkId]) -> None:
        """Remove documents; unknown ids are ignored; visible after `flush`.

        Raises:
            IndexCorruptError: The index cannot be written.
            StoreFullError: No space left on the device.
        """
        known = [doc_id for doc_id in ids if 0 <= doc_id <= self._largest]
        if known:
            with self._writing() as writer:
                self._remove(writer, known)

    def flush(self) -> None:
        """Commit: make everything written so far durable and visible to searches.

        Raises:
            IndexCorruptError: The index cannot be written.
            StoreFullError: No space left on the device.
        """
        if self._writer is None:
            return
        with self._writing() as writer:
            writer.commit()
            self._refresh()
            self._timer = threading.Timer(self._rest_after_s, self._rest_quietly)
            self._timer.daemon = True
            self._timer.start()

    def rest(self) -> None:
        """Wait for merges under way, and give back the writer with its threads and memory, and the cache of words.

        Raises:
            IndexCorruptError: A merge failed.
            StoreFullError: No space left on the device.
        """
        if self._writer is None:
            return
        with self._writing() as writer:
            writer.commit()
            writer.wait_merging_threads()
            self._writer = None
            self._refresh()
            self._analyzer.forget()
        return_memory()

    def _rest_quietly(self) -> None:
        try:
            self.rest()
        except CairnError as error:
            log.warning("rest_failed", index="sparse", error=error.message)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def erase(self, ids: Sequence[ChunkId], reread: Reread, check: Check = lambda: None) -> Evidence:
        """Remove documents, and write every segment anew that holds something deleted.

        A deletion marks a document and leaves its words in the segment's dictionary; a segment without any document
        left is dropped. So what stays of such a segment is added again and deleted where it was, in one commit.

        Raises:
            IndexCorruptError: The index cannot be written.
            StoreFullError: No space left on the device.
        """
        known = set(ids).intersection(self.ids())
        self.delete(ids)
        rewritten = 0
        for _ in range(_ERASE_ROUNDS):
            self.optimize()
            if not (stay := self._beside_deleted()):
                break
            for start in range(0, len(stay), _ERASE_STEP):
                check()
                part = stay[start : start + _ERASE_STEP]
                docs = reread(part)
                self.upsert(docs)
                self.delete(list(set(part) - {doc.id for doc in docs}))
            self.flush()
            rewritten += len(stay)
        left = self._beside_deleted()
        limit = f"{len(left)} documents share a segment with deleted ones" if left else ""
        return Evidence(len(known), rewritten, limit)

    def _beside_deleted(self) -> list[ChunkId]:
        """Return the documents of segments that hold deleted ones."""
        searcher = self._searcher()
        with self._engine("read"):
            holders = deleting_segments(self._folder)
            hits = searcher.search(Query.all_query(), max(searcher.num_docs, 1), count=False).hits
            addresses = [address for _, address in hits if address.segment_ord in holders]
            return [ChunkId(int(doc_id)) for doc_id in searcher.fast_field_values("id", addresses)]

    def traces(self, docs: Sequence[SparseDoc]) -> Traces:
        """Return the terms of documents by field; no text is stored."""
        terms: dict[str, set[str]] = {"body": set(), "names": set(), "under": set(), "project": set()}
        for doc in docs:
            terms["body"].update(self._analyzer.body(doc).split())
            terms["names"].update(self._analyzer.names(doc).split())
            terms["under"].update(_folders(storable(doc.path)))
            terms["project"].add(storable(doc.project))
        return Traces({field: found for field, found in terms.items() if found})

    def optimize(self) -> bool:
        """Finish merges and remove the files that they replaced; safe to call beside searches.

        The engine merges by its own rule (eight segments of like size); this library cannot ask it for more, so the
        space of deleted documents comes back with the next merge, or with a rebuild.

        Returns:
            Whether any file changed.

        Raises:
            IndexCorruptError: The index cannot be written.
            StoreFullError: No space left on the device.
        """
        before = self._files()
        with self._writing() as writer:
            writer.commit()
            writer.wait_merging_threads()
            self._writer = None
            # the old reader held the files of merged segments; a fresh writer can remove them now
            self._refresh()
            self._index.writer(_SMALLEST_HEAP, 1).garbage_collect_files()
            self._analyzer.forget()
        return self._files() != before

    def _files(self) -> set[str]:
        return {path.name for path in self._folder.iterdir() if not path.name.startswith(".")}

    def close(self) -> None:
        """Flush and release files; further calls fail.

        Raises:
            IndexCorruptError: What was written last could not be committed.
            StoreFullError: No space left on the device.
        """
        if self._reader is None:
            return
        try:
            self.rest()
        finally:
            with self._lock:
                self._stop_timer()
                self._writer = None
                self._reader = None
                del self._index

    # ---- reading ----------------------------------------------------------------------------------------------

    def search(self, text: str, k: int, *, filters: Filters = Filters(), signals: Signals = Signals()) -> list[Scored]:
        """Return the k best documents by BM25, best first; ties by smaller id.

        Among thousands of equal scores at the end of the list the smallest ids of the first 4,096 are taken.

        Raises:
            IndexCorruptError: The index cannot be read.
        """
        searcher = self._searcher()
        with self._engine("searched"):
            wanted = terms_query(self._schema, searcher, self._analyzer.query(text, signals))
            if wanted is None or k < 1:
                return []
            return _best(searcher, filtered_query(self._schema, searcher, wanted, filters), k)

    def score(self, text: str, ids: Sequence[ChunkId], *, signals: Signals = Signals()) -> dict[ChunkId, float]:
        """Return the BM25 score of each id as `search` would give it; ids that match no term get 0.0.

        Raises:
            IndexCorruptError: The index cannot be read.
        """
        scores = dict.fromkeys(ids, 0.0)
        searcher = self._searcher()
        with self._engine("searched"):
            wanted = terms_query(self._schema, searcher, self._analyzer.query(text, signals))
            if wanted is not None and scores:
                query = id_query(self._schema, wanted, list(scores))
                scores.update((hit.id, hit.score) for hit in _run(searcher, query, len(scores)))
        return scores

    def frequencies(self, text: str) -> TermCounts:
        """Return in how many documents each distinct term of `text` occurs, in text or names; 0 for unknown ones.

        Raises:
            IndexCorruptError: The index cannot be read.
        """
        searcher = self._searcher()
        with self._engine("read"):
            terms = self._analyzer.query(text, Signals()).body
            holders = {term: max(searcher.doc_freq(field, term) for field in ("body", "names")) for term in terms}
            return TermCounts(searcher.doc_freq("every", EVERY), holders)

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id, in no order.

        Raises:
            IndexCorruptError: The index cannot be read.
        """
        searcher = self._searcher()
        after = -1
        while True:
            with self._engine("read"):
                page = _ids_after(self._schema, searcher, after)
            yield from map(ChunkId, page)
            if len(page) < _PAGE:
                return
            after = page[-1]

    def stats(self) -> SparseIndexStats:
        """Return the present state."""
        searcher = self._searcher()
        return SparseIndexStats(searcher.num_docs, searcher.num_segments, folder_bytes(self._folder))


@lru_cache(maxsize=1_024)
def _folders(path: str) -> list[str]:
    return ancestors(path)


def _run(searcher: Any, query: Any, limit: int) -> list[Scored]:
    # counting all matches would forbid the engine to skip any
    hits = searcher.search(query, limit, count=False).hits
    ids = searcher.fast_field_values("id", [address for _, address in hits])
    # sums in another order differ in the last bits; equal documents must tie
    found = [Scored(ChunkId(doc_id), round(score, 4)) for doc_id, (score, _) in zip(ids, hits, strict=True)]
    found.sort(key=lambda hit: (-hit.score, hit.id))
    return found


def _best(searcher: Any, query: Any, k: int) -> list[Scored]:
    """Return the k best; looks past the end while scores tie there, because the engine breaks ties its own way."""
    limit = k + 1
    found = _run(searcher, query, limit)
    while len(found) == limit and found[k - 1].score == found[-1].score and limit < k + _MOST_TIES:
        limit = min(limit * 4, k + _MOST_TIES)
        found = _run(searcher, query, limit)
    return found[:k]


def _ids_after(fields: Any, searcher: Any, after: int) -> list[int]:
    query = Query.range_query(fields, "id", FieldType.Unsigned, after + 1, None)
    hits = searcher.search(query, _PAGE, count=False, order_by_field="id", order=Order.Asc).hits
    return [int(doc_id) for doc_id, _ in hits]


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")
