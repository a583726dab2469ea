"""The model and the two derived indexes: built from configuration, started, watched and stopped together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import structlog

from foundation.errors import CairnError, CorruptionError, ResourceError
from foundation.ids import ChunkId, JournalSeq
from memory_fabric.config import MemoryConfig
from memory_fabric.embed.base import Embedder, Vectors
from memory_fabric.embed.counters import TokenCounters
from memory_fabric.embed.factory import find_embedder
from memory_fabric.index.applier import IndexApplier
from memory_fabric.index.dense.base import VectorIndex
from memory_fabric.index.dense.factory import discard_vectors, open_vector_index, verify_vector_files
from memory_fabric.index.disk import remove_whole
from memory_fabric.index.sparse.base import TermIndex, Traces
from memory_fabric.index.sparse.factory import open_term_index, verify_term_files
from memory_fabric.index.targets import DenseTarget, SparseTarget, Target
from memory_fabric.index.watermark import load_watermark
from memory_fabric.operations import Check, Evidence, IndexState, Report
from memory_fabric.recall.retrieve import LegSource
from memory_fabric.records import ChunkRow
from memory_fabric.rerank.base import Reranker
from memory_fabric.rerank.factory import find_reranker
from memory_fabric.store.store import Store

__all__ = ["Legs"]

log = structlog.get_logger(__name__)

_LAYOUT = "6"
"""Version of what is written into the indexes; a change makes every profile rebuild them once."""

_QUIET_S = 0.05
"""How long no recall must have run before the embedder takes the processor again."""

_PATIENCE_S = 1.0
"""How long the embedder waits for a quiet moment at most: a stream of questions must not starve it for ever."""


class Legs:
    """Owns the embedder and one applier for each index.

    Args:
        config: The `[memory]` section.
        store: The truth.
        folder: Holds one folder an index.
        profile: Profile folder; models of its own come before the user's.
    """

    def __init__(self, config: MemoryConfig, store: Store, folder: Path, profile: Path | None) -> None:
        self._config = config
        self._store = store
        self._folder = folder
        if not folder.is_dir():
            # a file, or a link to nowhere: all below is derived. A link to a folder is somebody's choice of a disk
            remove_whole(folder)
            folder.mkdir(parents=True)
        choice = find_embedder(config.embed, profile=profile)
        self._embedder: Embedder | None = choice.embedder
        self._no_model_reason = choice.reason
        self._profile = profile
        self._counters = TokenCounters(profile)
        self._warm_error = ""
        self._running = 0
        self._last_recall = 0.0
        self._gate = threading.Lock()
        self._sparse = IndexApplier(
            "sparse",
            config.sparse.backend,
            store,
            folder / "sparse",
            f"{config.sparse.backend}/{_LAYOUT}",
            lambda: SparseTarget(open_term_index(config.sparse, folder / "sparse"), self._verify_sparse),
            lambda path: verify_term_files(config.sparse, path),
        )
        self._dense = self._dense_applier(folder / "dense") if self._embedder else None

    def _verify_sparse(self) -> list[str]:
        folder = self._folder / "sparse"
        return _missing(folder) or verify_term_files(self._config.sparse, folder)

    def _dense_applier(self, folder: Path) -> IndexApplier:
        embedder = self._embedder
        assert embedder is not None
        dense, name = self._config.dense, self._store.store_id
        is_remote = dense.backend == "qdrant_server"

        def open_target() -> Target:
            index = open_vector_index(dense, folder, embedder.dimension, name=name)
            missing = partial(_missing, folder)
            return DenseTarget(index, embedder, self._store.embeddings, self._yield_to_user, missing)

        # another server is another index
        place = f"{dense.backend}@{dense.url}" if is_remote else dense.backend
        fingerprint = f"{place}/{dense.quantization}/{_LAYOUT}/{embedder.model_id}"
        return IndexApplier(
            "dense",
            dense.backend,
            self._store,
            folder,
            fingerprint,
            open_target,
            lambda path: verify_vector_files(dense, path, embedder.dimension),
            partial(discard_vectors, dense, name=name) if is_remote else None,
        )

    @property
    def appliers(self) -> tuple[IndexApplier, ...]:
        """Return what is there of the two."""
        return (self._sparse,) if self._dense is None else (self._sparse, self._dense)

    # ---- life -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open both indexes in the background and warm the model."""
        for applier in self.appliers:
            applier.start()
        if self._embedder is not None and self._config.embed.is_warm_on_start:
            threading.Thread(target=self._warm, name="cairn-warm", daemon=True).start()

    def _warm(self) -> None:
        try:
            assert self._embedder is not None
            self._embedder.embed_query("warm up")
        except CairnError as error:
            self._warm_error = error.message
            log.error("model_failed", model=self.model_name, error=error.message)

    def stop(self) -> None:
        """Stop both appliers; each flushes and seals its index."""
        for applier in reversed(self.appliers):
            applier.stop()

    def notify(self) -> None:
        """Tell both that the journal has grown."""
        for applier in self.appliers:
            applier.notify()

    def needed_seq(self) -> JournalSeq:
        """Return the position up to which no index needs the journal as it was written: the smallest watermark.

        An index that is opening, rebuilding or never became level holds it at 0. One that is not in use because there
        is no model holds it where it stood when it was; where it never stood, it will be built from what is left.
        """
        settled = [applier.settled_seq for applier in self.appliers]
        if self._dense is None and (mark := load_watermark(self._folder / "dense.json")) is not None:
            settled.append(mark.applied_seq)
        return min(settled)

    def level_seq(self) -> JournalSeq:
        """Return the position up to which every index in use holds everything, visible and durable."""
        return min(self.settled().values())

    def settled(self) -> dict[str, JournalSeq]:
        """Return up to where each index in use holds everything, by its name."""
        return {applier.name: applier.settled_seq for applier in self.appliers}

    # ---- for recall -------------------------------------------------------------------------------------------

    def source(self) -> LegSource:
        """Return what the retriever asks."""
        return LegSource(
            self._dense_index,
            self._sparse_index,
            lambda: self._embedder,
            self._why_not,
            self._lag,
            self._suspect,
            self._reranker,
        )

    def _reranker(self) -> tuple[Reranker | None, str]:
        return find_reranker(self._config.recall.rerank, threads=self._config.embed.threads, profile=self._profile)

    def _dense_index(self) -> VectorIndex | None:
        target = self._dense.target() if self._dense else None
        return target.index if isinstance(target, DenseTarget) else None

    def _sparse_index(self) -> TermIndex | None:
        target = self._sparse.target()
        return target.index if isinstance(target, SparseTarget) else None

    def _why_not(self, leg: str) -> str:
        if leg == "sparse":
            return f"no term search: {self._sparse.detail}"
        if self._dense is None:
            return f"no vector search: {self._no_model_reason}"
        return f"no vector search: {self._model_error or self._dense.detail}"

    def _applier(self, leg: str) -> IndexApplier | None:
        return self._sparse if leg == "sparse" else self._dense

    def _lag(self, leg: str) -> str:
        applier = self._applier(leg)
        return applier.lag if applier else ""

    def _suspect(self, leg: str, reason: str) -> None:
        if applier := self._applier(leg):
            applier.suspect(reason)

    def count_tokens(self, text: str) -> int:
        """Return tokens by the text model, or an upper estimate of one token for three characters without it."""
        if self._embedder is None:
            return len(text) // 3 + 1
        return self._embedder.token_count(text)

    def counter(self, model: str) -> Callable[[str], int]:
        """Return what counts tokens for a model: that of its own tokenizer, or of the text model without a name.

        Raises:
            InputError: The model's tokenizer is in no model cache.
            ModelError: It cannot be read.
        """
        return self._counters.counter(model) if model else self.count_tokens

    @contextmanager
    def foreground(self) -> Iterator[None]:
        """Mark a recall in flight: background embedding waits for a quiet moment."""
        with self._gate:
            self._running += 1
        try:
            yield
        finally:
            with self._gate:
                self._running -= 1
                self._last_recall = time.monotonic()

    def _yield_to_user(self) -> None:
        waited = 0.0
        while waited < _PATIENCE_S:
            with self._gate:
                is_quiet = self._running == 0 and time.monotonic() - self._last_recall >= _QUIET_S
            if is_quiet:
                return
            time.sleep(_QUIET_S / 2)
            waited += _QUIET_S / 2

    # ---- for erasure ------------------------------------------------------------------------------------------

    def traces(self, rows: Sequence[ChunkRow]) -> Traces:
        """Return what chunks leave in the files of the term index; nothing while it is not open."""
        target = self._sparse.target()
        return target.traces(rows) if isinstance(target, SparseTarget) else Traces({})

    def stored_vectors(self, ids: Sequence[ChunkId]) -> dict[ChunkId, Vectors]:
        """Return vectors as the vector index holds them; nothing while it is not open."""
        index = self._dense_index()
        return index.vectors(ids) if index is not None else {}

    def erase(self, ids: Sequence[ChunkId], *, check: Check) -> dict[str, Evidence]:
        """Leave nothing of some chunks in any index; one that cannot be opened is built again, or thrown away."""
        done = {applier.name: self._erased(applier, ids, check) for applier in self.appliers}
        if self._dense is None and (self._folder / "dense").exists():
            # of a time when there was a model; without one nobody can look into it
            for name in ("dense", "dense.json", "dense.seal"):
                remove_whole(self._folder / name)
            done["dense"] = Evidence(0)
        return done

    def _erased(self, applier: IndexApplier, ids: Sequence[ChunkId], check: Check) -> Evidence:
        try:
            # not until it is level: with a busy writer that would be never, and what it did not apply yet it never will
            while applier.target() is None and not applier.is_at_rest:
                check()
                time.sleep(_QUIET_S)
            if applier.target() is not None and (evidence := applier.erase(ids, check=check)) is not None:
                return evidence
            why = applier.detail
        except (ResourceError, CorruptionError) as error:
            log.warning("index_erase_failed", index=applier.name, error=type(error).__name__)
            why = error.message
        # what is built again from the truth never held it
        applier.request_rebuild("an erasure could not be done in place")
        if applier.wait_for(self._store.journal_head(), check=check):
            return Evidence(0, applier.points())
        return Evidence(0, 0, f"the {applier.name} index could not be erased: {why}")

    # ---- for states and waiting -------------------------------------------------------------------------------

    @property
    def model_name(self) -> str:
        """Return the model's id, or an empty string without one."""
        return self._embedder.model_id if self._embedder else ""

    def model_state(self) -> Literal["ready", "cold", "absent", "failed"]:
        """Return whether the model can be used."""
        if self._embedder is None:
            return "absent"
        if self._embedder.is_loaded:
            return "ready"
        return "failed" if self._warm_error else "cold"

    @property
    def _model_error(self) -> str:
        """Return why warming failed, until a later try of a recall or of the index succeeds."""
        return "" if self._embedder is None or self._embedder.is_loaded else self._warm_error

    def states(self) -> tuple[IndexState, ...]:
        """Return where both indexes stand."""
        states = [applier.state() for applier in self.appliers]
        if self._dense is None:
            head = self._store.journal_head()
            states.append(
                IndexState("dense", self._config.dense.backend, 0, head, 0, 0, "absent", self._no_model_reason)
            )
        return tuple(states)

    def wait_for(self, seq: JournalSeq, *, check: Check) -> None:
        """Wait until both indexes have applied the journal up to `seq`, or cannot."""
        for applier in self.appliers:
            applier.wait_for(seq, check=check)

    def wait_until_searchable(self, *, is_dense: bool, report: Report, check: Check) -> None:
        """Wait for the present end of the journal, reporting chunks done."""
        head = self._store.journal_head()
        self._sparse.wait_for(head, check=check)
        if is_dense and self._dense is not None:
            self._dense.wait_with_progress(head, "embed", self._store.chunk_total(), report=report, check=check)


def _missing(folder: Path) -> list[str]:
    """Return a problem when an open index has no files left: an engine goes on with what it has mapped."""
    return [] if folder.is_dir() and any(folder.iterdir()) else ["the files are gone"]
