"""Answering a question: both legs at once, one ranking, folded, quoted and cited."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial

import msgspec
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
from memory_fabric.recall.dialogue import around, with_neighbours
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
from memory_fabric.recall.proof import proofs
from memory_fabric.recall.query import QueryPlan, plan_query, without_history
from memory_fabric.recall.snippet import QueryWords, cut_snippet, query_words
from memory_fabric.recall.trust import closeness, dense_share, is_evident, prominence, reading_skill
from memory_fabric.records import ChunkRow, Cite, Filters, Hit, RecallQuery, RecallResult
from memory_fabric.rerank.base import Reranker
from memory_fabric.rerank.stage import RerankStage
from memory_fabric.store.store import Store

__all__ = ["LegSource", "Retriever", "cite_of"]

log = structlog.get_logger(__name__)

_NAMED = 20
"""Candidates fetched by the identifiers of a question alone."""


_TALKED_OF = 15
"""Turns of each leg whose neighbours are looked at."""

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
        reranker: Returns what looks at the best candidates twice, or None and why there is none.
    """

    def __init__(
        self,
        dense: Callable[[], VectorIndex | None],
        sparse: Callable[[], TermIndex | None],
        embedder: Callable[[], Embedder | None],
        why_not: Callable[[str], str],
        lag: Callable[[str], str] = lambda _: "",
        on_damage: Callable[[str, str], None] = lambda *_: None,
        reranker: Callable[[], tuple[Reranker | None, str]] = lambda: (None, "no reranker is configured"),
    ) -> None:
        self.dense = dense
        self.sparse = sparse
        self.embedder = embedder
        self.why_not = why_not
        self.lag = lag
        self.on_damage = on_damage
        self.reranker = reranker


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


_Scores = Callable[[Sequence[ChunkId]], dict[ChunkId, float]]


class _Found(msgspec.Struct, frozen=True):
    """What both legs know of the candidates, and how to ask them about others."""

    legs: Legs
    skill: float
    by_words: _Scores | None = None
    by_meaning: _Scores | None = None


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
        self._rerank = RerankStage(config.rerank, legs.reranker)
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
        plan = without_history(plan_query(query, self._clock.now_s()), has_history=self._store.has_history)
        wanted = max(self._config.candidates, query.k * 2)
        check()
        found = self._search(plan, query, wanted, stages, degraded, check)
        with stages.time("fuse"):
            check()
            rows = self._rows(found.legs, plan.filters)
            check()
            legs, rows = self._with_talk(plan, found, rows) if query.strategy == "adaptive" else (found.legs, rows)
            check()
            ranked = self._rank(plan, query, legs, rows, found.skill, check)
        if query.strategy == "adaptive" and self._rerank.is_wanted(query.rerank):
            check()
            with stages.time("rerank"):
                ranked = self._rerank.apply(plan.text, ranked, degraded)
        with stages.time("fuse"):
            hits = self._present(plan, query, ranked, check)
        took_ms = (time.perf_counter() - started) * 1e3
        return RecallResult(items=tuple(hits), took_ms=took_ms, stages=stages.ms, degraded=tuple(degraded))

    # ---- the legs ---------------------------------------------------------------------------------------------

    def _search(
        self, plan: QueryPlan, query: RecallQuery, wanted: int, stages: _Stages, degraded: list[str], check: Check
    ) -> _Found:
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
        words = partial(term_index.score, plan.text, signals=plan.signals) if term_index is not None else None
        if answer is None:
            return _Found(Legs(dense=None, sparse=sparse), 0.0, by_words=words)
        index, vector, dense, skill = answer
        meaning = partial(index.score, vector)
        if sparse is None or words is None:
            return _Found(Legs(dense=dense, sparse=None), skill, by_meaning=meaning)
        legs = Legs(
            sparse=self._completed("sparse", sparse, tuple(dense), words, stages, degraded),
            dense=self._completed("dense", dense, tuple(sparse), meaning, stages, degraded),
        )
        return _Found(legs, skill, words, meaning)

    def _completed(
        self,
        leg: str,
        scores: dict[ChunkId, float],
        others: Iterable[ChunkId],
        score: _Scores,
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

    def _with_talk(self, plan: QueryPlan, found: _Found, rows: list[ChunkRow]) -> tuple[Legs, list[ChunkRow]]:
        """Let turns of conversations answer together with those around them, which become candidates themselves."""
        turns = {row.id: row for row in rows if row.modality == "conversation"}
        if not turns:
            return found.legs, rows
        legs = found.legs
        # whatever narrows the search was not asked of the neighbours
        if plan.filters == Filters(projects=plan.filters.projects, modalities=plan.filters.modalities):
            best = {chunk_id for leg in (legs.dense, legs.sparse) for chunk_id in _best_of(leg or {}, turns)}
            unseen = list(dict.fromkeys(near for chunk_id in best for near in around(turns[chunk_id])))
            unseen = [chunk_id for chunk_id in unseen if chunk_id not in turns]
            more = {row.id: row for row in self._store.chunks(unseen).values() if _is_in(row, plan.filters)}
            try:
                legs = Legs(_more(legs.dense, found.by_meaning, more), _more(legs.sparse, found.by_words, more))
            except CairnError:
                # the leg has answered once and fails now: the neighbours are missed, no more
                more = {}
            turns |= more
            rows = [*rows, *more.values()]
        return Legs(
            dense=with_neighbours(legs.dense, turns) if legs.dense is not None else None,
            sparse=with_neighbours(legs.sparse, turns) if legs.sparse is not None else None,
        ), rows

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
                    rows,
                    legs,
                    plan,
                    lambda row: dense_share(row, trust, languages, standing),
                    recency,
                    held,
                    lambda best: proofs(plan.text, best, check),
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


def _best_of(scores: Mapping[ChunkId, float], turns: Mapping[ChunkId, ChunkRow]) -> list[ChunkId]:
    return heapq.nlargest(_TALKED_OF, (chunk_id for chunk_id in scores if chunk_id in turns), key=scores.__getitem__)


def _is_in(row: ChunkRow, filters: Filters) -> bool:
    return row.modality == "conversation" and (not filters.projects or row.project in filters.projects)


def _more(
    scores: Mapping[ChunkId, float] | None, score: _Scores | None, rows: Mapping[ChunkId, ChunkRow]
) -> Mapping[ChunkId, float] | None:
    if scores is None or score is None or not rows:
        return scores
    return {**scores, **score(list(rows))}


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
