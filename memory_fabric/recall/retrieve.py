"""Answering a question: both legs at once, one ranking, folded, quoted and cited."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial

import structlog

from foundation.clock import Clock
from foundation.errors import CairnError
from foundation.ids import ChunkId
from memory_fabric.config import RecallConfig
from memory_fabric.embed.base import Embedder, Vectors
from memory_fabric.errors import IndexCorruptError
from memory_fabric.index.dense.base import VectorIndex
from memory_fabric.index.sparse.base import TermIndex
from memory_fabric.operations import Check
from memory_fabric.recall.collapse import fold_page
from memory_fabric.recall.fusion import (
    Legs,
    Ranked,
    fuse_adaptive,
    fuse_rrf,
    fuse_single,
    fuse_weighted,
    recency_of,
)
from memory_fabric.recall.literals import count_held
from memory_fabric.recall.query import QueryPlan, plan_query
from memory_fabric.recall.snippet import QueryWords, cut_snippet, query_words
from memory_fabric.recall.trust import closeness, dense_share, is_evident, prominence, reading_skill
from memory_fabric.records import ChunkRow, Cite, Filters, Hit, RecallQuery, RecallResult
from memory_fabric.store.store import Store

__all__ = ["LegSource", "Retriever", "cite_of"]

log = structlog.get_logger(__name__)

_NAMED = 20
"""Candidates fetched by the identifiers of a question alone."""


_LOOK_S = 0.05
"""How often a question that waits for its vectors looks at its deadline."""


class LegSource:
    """Where the retriever gets a leg from, and why not when there is none.

    Args:
        dense: Returns the vector index, or None.
        sparse: Returns the term index, or None.
        embedder: Returns the model, or None.
        why_not: Returns the reasons, for `degraded`.
        lag: Returns how far a leg that answers is behind the truth, for `degraded`; empty when it is level.
        on_damage: Told which leg could not be read, and why.
    """

    def __init__(
        self,
        dense: Callable[[], VectorIndex | None],
        sparse: Callable[[], TermIndex | None],
        embedder: Callable[[], Embedder | None],
        why_not: Callable[[str], str],
        lag: Callable[[str], str] = lambda _: "",
        on_damage: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self.dense = dense
        self.sparse = sparse
        self.embedder = embedder
        self.why_not = why_not
        self.lag = lag
        self.on_damage = on_damage


class _Stages:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.ms[name] = self.ms.get(name, 0.0) + (time.perf_counter() - started) * 1e3


class Retriever:
    """Hybrid recall over the truth and its two indexes. Thread-safe.

    Args:
        store: The truth: texts, places, times.
        legs: The two indexes and the model.
        config: Ranking.
        clock: For recency.
    """

    def __init__(self, store: Store, legs: LegSource, config: RecallConfig, clock: Clock) -> None:
        self._store = store
        self._legs = legs
        self._config = config
        self._clock = clock
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="cairn-dense-leg")

    def close(self) -> None:
        """Stop the pool."""
        self._pool.shutdown()

    def recall(self, query: RecallQuery, *, check: Check) -> RecallResult:
        """Answer `query`.

        Args:
            query: Already validated.
            check: Raises to stop between stages.
        """
        started = time.perf_counter()
        stages = _Stages()
        degraded: list[str] = []
        plan = plan_query(query)
        wanted = max(self._config.candidates, query.k * 2)
        check()
        legs, skill = self._search(plan, query, wanted, stages, degraded, check)
        with stages.time("fuse"):
            check()
            rows = self._rows(legs, plan.filters)
            check()
            ranked = self._rank(plan, query, legs, rows, skill, check)
            hits = self._present(plan, query, ranked, check)
        took_ms = (time.perf_counter() - started) * 1e3
        return RecallResult(items=tuple(hits), took_ms=took_ms, stages=stages.ms, degraded=tuple(degraded))

    # ---- the legs ---------------------------------------------------------------------------------------------

    def _search(
        self, plan: QueryPlan, query: RecallQuery, wanted: int, stages: _Stages, degraded: list[str], check: Check
    ) -> tuple[Legs, float]:
        """Ask both legs at once, then give every candidate of either its true score in both."""
        dense_task: Future[tuple[VectorIndex, Vectors, dict[ChunkId, float], float] | None] | None = None
        if query.strategy != "sparse":
            dense_task = self._pool.submit(self._dense, plan, wanted, stages, degraded)
        sparse, term_index = None, None
        if query.strategy != "dense":
            sparse, term_index = self._sparse(plan, wanted, stages, degraded)
        while dense_task is not None and not wait([dense_task], timeout=_LOOK_S).done:
            check()
        check()
        answer = dense_task.result() if dense_task is not None else None
        if answer is None:
            return Legs(dense=None, sparse=sparse), 0.0
        index, vector, dense, skill = answer
        if sparse is None or term_index is None:
            return Legs(dense=dense, sparse=None), skill
        by_words, by_meaning = tuple(sparse), tuple(dense)
        words = partial(term_index.score, plan.text, signals=plan.signals)
        meaning = partial(index.score, vector)
        return Legs(
            sparse=self._completed("sparse", sparse, by_meaning, words, stages, degraded),
            dense=self._completed("dense", dense, by_words, meaning, stages, degraded),
        ), skill

    def _completed(
        self,
        leg: str,
        scores: dict[ChunkId, float],
        others: Iterable[ChunkId],
        score: Callable[[Sequence[ChunkId]], dict[ChunkId, float]],
        stages: _Stages,
        degraded: list[str],
    ) -> dict[ChunkId, float] | None:
        """Add the true scores of what only the other leg found; None when the index has gone meanwhile."""
        unseen = [chunk_id for chunk_id in others if chunk_id not in scores]
        try:
            with stages.time(leg):
                return scores | score(unseen) if unseen else scores
        except CairnError as error:
            degraded.append(self._failed(leg, error))
            return None

    def _failed(self, leg: str, error: CairnError) -> str:
        log.warning("recall_leg_failed", leg=leg, error=type(error).__name__)
        if isinstance(error, IndexCorruptError):
            self._legs.on_damage(leg, error.message)
        return f"{'dense' if leg == 'dense' else 'term'} search failed: {error.message}"

    def _tell_lag(self, leg: str, degraded: list[str]) -> None:
        if lag := self._legs.lag(leg):
            degraded.append(lag)

    def _dense(
        self, plan: QueryPlan, wanted: int, stages: _Stages, degraded: list[str]
    ) -> tuple[VectorIndex, Vectors, dict[ChunkId, float], float] | None:
        index, embedder = self._legs.dense(), self._legs.embedder()
        if index is None or embedder is None:
            degraded.append(self._legs.why_not("dense"))
            return None
        self._tell_lag("dense", degraded)
        try:
            with stages.time("embed"):
                vector = embedder.embed_query(plan.text)
                skill = reading_skill(embedder, plan.text)
            with stages.time("dense"):
                found = index.search(vector, wanted, filters=plan.filters)
        except CairnError as error:
            degraded.append(self._failed("dense", error))
            return None
        if skill == 0.0:
            is_foreign = bool(embedder.languages) and plan.language not in {"und", *embedder.languages}
            what = "read this language" if is_foreign else "know these words"
            degraded.append(f"the text model does not {what}: ranked by terms")
        return index, vector, {hit.id: hit.score for hit in found}, skill

    def _sparse(
        self, plan: QueryPlan, wanted: int, stages: _Stages, degraded: list[str]
    ) -> tuple[dict[ChunkId, float] | None, TermIndex | None]:
        index = self._legs.sparse()
        if index is None:
            degraded.append(self._legs.why_not("sparse"))
            return None, None
        self._tell_lag("sparse", degraded)
        try:
            with stages.time("sparse"):
                found = index.search(plan.text, wanted, filters=plan.filters, signals=plan.signals)
                scores = {hit.id: hit.score for hit in found}
                if plan.literals:
                    # a long question has other words enough to push the one that matters off the list
                    named = index.search(" ".join(plan.literals), _NAMED, filters=plan.filters)
                    unseen = [hit.id for hit in named if hit.id not in scores]
                    scores |= index.score(plan.text, unseen, signals=plan.signals) if unseen else {}
        except CairnError as error:
            degraded.append(self._failed("sparse", error))
            return None, None
        return scores, index

    # ---- the ranking ------------------------------------------------------------------------------------------

    def _rows(self, legs: Legs, filters: Filters) -> list[ChunkRow]:
        """Fetch the candidates; what was forgotten since the index saw it has no row and drops out here."""
        ids = dict.fromkeys([*(legs.dense or ()), *(legs.sparse or ())])
        rows = self._store.chunks(list(ids)).values()
        # an index that lags may still hold the date that an item had
        is_timed = filters.since_s is not None or filters.until_s is not None
        return [row for row in rows if row.is_dated or not is_timed]

    def _rank(
        self, plan: QueryPlan, query: RecallQuery, legs: Legs, rows: list[ChunkRow], skill: float, check: Check
    ) -> list[Ranked]:
        now_s = self._clock.now_s()
        trust = skill * closeness(max(legs.dense.values(), default=0.0)) if legs.dense else skill
        standing = prominence(legs.sparse.values()) if legs.sparse else 0.0
        embedder = self._legs.embedder()
        languages = embedder.languages if embedder is not None else frozenset()

        def recency(row: ChunkRow) -> float:
            return recency_of(row, now_s, self._config.recency_half_life_days)

        if query.strategy not in ("dense", "sparse"):
            rows = [row for row in rows if is_evident(legs.dense_of(row.id), legs.sparse_of(row.id), skill)]
        match query.strategy:
            case "adaptive":
                held = count_held(rows, plan.literals, check)
                return fuse_adaptive(
                    rows, legs, plan, lambda row: dense_share(row, trust, languages, standing), recency, held
                )
            case "weighted":
                return fuse_weighted(rows, legs, plan, query.weights or self._config.weights, recency)
            case "rrf":
                return fuse_rrf(rows, legs, plan, recency)
            case "dense" | "sparse":
                return fuse_single(rows, legs, recency, is_dense=query.strategy == "dense")

    def _present(self, plan: QueryPlan, query: RecallQuery, ranked: list[Ranked], check: Check) -> list[Hit]:
        by_id = {int(entry.row.id): entry for entry in ranked}
        page, more = fold_page(
            [entry.row for entry in ranked],
            k=query.k,
            max_per_source=self._config.max_per_source if query.is_grouped else None,
            check=check,
        )
        words = query_words(plan.text)
        hits = []
        for row in page:
            check()
            hits.append(self._hit(by_id[int(row.id)], words, more.get(int(row.id), 0)))
        return hits

    def _hit(self, entry: Ranked, words: QueryWords, more: int) -> Hit:
        row = entry.row
        snippet, marks = cut_snippet(row.text, words, self._config.snippet_chars)
        return Hit(
            id=row.item_id,
            score=entry.score,
            parts=entry.parts,
            snippet=snippet,
            cite=cite_of(row),
            modality=row.modality,
            project=row.project,
            chunk_id=row.id,
            highlights=marks,
            more=more,
        )


def cite_of(row: ChunkRow) -> Cite:
    """Return where a fragment stands."""
    return Cite(
        path=row.path,
        line=row.line_start,
        line_end=row.line_end,
        page=row.page,
        uri=row.uri,
        symbol=row.symbol,
        timestamp=row.timestamp_s if row.modality == "conversation" and row.is_dated else None,
    )
