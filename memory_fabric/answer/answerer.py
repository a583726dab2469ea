"""Answering in the words of the sources: which sentences answer, and whether any does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from foundation.errors import CairnError
from foundation.ids import ChunkId
from memory_fabric.answer.asking import asked_of
from memory_fabric.answer.features import (
    Candidate,
    Evidence,
    candidates_of,
    confidence_features,
    with_cosine,
)
from memory_fabric.answer.terms import AskedTerms, terms_in
from memory_fabric.answer.weights import AnswerWeights, load_weights
from memory_fabric.embed.base import Embedder, Vectors
from memory_fabric.operations import Answer, AnswerSentence, Check
from memory_fabric.recall.retrieve import LegSource, cite_of
from memory_fabric.recall.trust import reading_skill
from memory_fabric.records import ChunkRow, Cite, RecallQuery, RecallResult
from memory_fabric.store.store import Store

__all__ = ["Answerer", "Reading"]

_READ = 15
"""Fragments whose sentences are looked at."""

_COMPARED = 16
"""Sentences that the text model compares with the question: 20 to 60 ms on two cores."""

_ALSO = 0.5
"""Share of the best sentence's score from which another one is worth quoting."""

_SAME = 0.8
"""Share of common terms from which two sentences say the same."""

_NEAREST = 3
"""Places named where nothing answers."""


class Reading(msgspec.Struct, frozen=True):
    """All that was read for one question."""

    candidates: tuple[Candidate, ...]
    """Best first."""
    scores: tuple[float, ...]
    asked: AskedTerms
    evidence: Evidence
    has_meaning: bool
    """Whether the text model could compare."""
    result: RecallResult
    degraded: tuple[str, ...]

    @property
    def features(self) -> tuple[float, ...]:
        """Return what the confidence is computed from."""
        best = self.candidates[0] if self.candidates else None
        return confidence_features(best, self.scores[0] if self.scores else 0.0, self.asked, self.evidence)

    def ranked(self, weights: AnswerWeights) -> Reading:
        """Return the same candidates in the order of other weights."""
        ranked = _ranked(self.candidates, weights, has_meaning=self.has_meaning)
        return msgspec.structs.replace(
            self, candidates=tuple(one for one, _ in ranked), scores=tuple(score for _, score in ranked)
        )


class Answerer:
    """Finds the sentences that answer. Thread-safe.

    Args:
        store: The truth.
        legs: The two indexes and the model.
        recall: Finds fragments.
        weights: Returns what was learned; the shipped ones by default, loaded at the first question.
    """

    def __init__(
        self,
        store: Store,
        legs: LegSource,
        recall: Callable[[RecallQuery, Check], RecallResult],
        weights: Callable[[], AnswerWeights] = load_weights,
    ) -> None:
        self._store = store
        self._legs = legs
        self._recall = recall
        self._weights = weights

    def ask(self, query: RecallQuery, *, most: int, check: Check) -> Answer:
        """Answer a question, or say that the memory does not.

        Args:
            query: Already validated.
            most: Sentences at most.
            check: Raises to stop between stages.
        """
        started = time.perf_counter()
        reading, weights = self.read(query, check=check), self._weights()
        confidence = weights.confidence(reading.features, has_meaning=reading.has_meaning)
        is_answered = bool(reading.candidates) and confidence >= weights.threshold(has_meaning=reading.has_meaning)
        chosen = _chosen(reading, most) if is_answered else []
        return Answer(
            is_answered=is_answered,
            sentences=tuple(
                AnswerSentence(number, one.unit.text, _cite(one), score, one.hit.freshness)
                for number, (one, score) in enumerate(chosen, 1)
            ),
            nearest=() if is_answered else tuple(hit.cite for hit in reading.result.items[:_NEAREST]),
            confidence=confidence,
            took_ms=(time.perf_counter() - started) * 1e3,
            degraded=reading.degraded,
        )

    def read(self, query: RecallQuery, *, check: Check) -> Reading:
        """Return every sentence of the fragments that were found, best first, and what speaks for each."""
        result = self._recall(query, check)
        degraded = list(result.degraded)
        asked = asked_of(self._legs, query.text, degraded)
        rows = self._store.chunks([hit.chunk_id for hit in result.items])
        check()
        candidates = candidates_of(result.items[:_READ], rows, asked)
        weights = self._weights()
        ranked = _ranked(candidates, weights, has_meaning=False)
        check()
        vector, embedder = self._vector(query.text, degraded)
        nearest = 0.0
        if embedder is not None and vector is not None and ranked:
            nearest = self._nearest(vector, [hit.chunk_id for hit in result.items[:_READ]])
            ranked = _ranked(_compared(ranked, vector, embedder), weights, has_meaning=True)
        return Reading(
            candidates=tuple(candidate for candidate, _ in ranked),
            scores=tuple(score for _, score in ranked),
            asked=asked,
            evidence=_evidence(rows, asked, nearest),
            has_meaning=vector is not None,
            result=result,
            degraded=tuple(degraded),
        )

    def _vector(self, text: str, degraded: list[str]) -> tuple[Vectors | None, Embedder | None]:
        """Return the question as a vector where the model can read it."""
        embedder = self._legs.embedder()
        if embedder is None or self._legs.dense() is None:
            return None, None
        try:
            if reading_skill(embedder, text) <= 0.0:
                return None, None
            return embedder.embed_query(text), embedder
        except CairnError as error:
            degraded.append(f"sentences were not compared by meaning: {error.message}")
            return None, None

    def _nearest(self, vector: Vectors, ids: Sequence[ChunkId]) -> float:
        index = self._legs.dense()
        try:
            return max(index.score(vector, ids).values(), default=0.0) if index is not None else 0.0
        except CairnError:
            # the recall itself has told of an index that fails
            return 0.0


def _ranked(
    candidates: Sequence[Candidate], weights: AnswerWeights, *, has_meaning: bool
) -> list[tuple[Candidate, float]]:
    scored = [(one, weights.unit_score(one.features, has_meaning=has_meaning)) for one in candidates]
    return sorted(scored, key=lambda pair: -pair[1])


def _compared(ranked: Sequence[tuple[Candidate, float]], vector: Vectors, embedder: Embedder) -> list[Candidate]:
    """Return the first candidates with their cosines; the others had too little to say."""
    first = [candidate for candidate, _ in ranked[:_COMPARED]]
    cosines = embedder.embed([candidate.unit.text for candidate in first]) @ vector
    return [with_cosine(one, float(cosine)) for one, cosine in zip(first, cosines, strict=True)]


def _evidence(rows: Mapping[ChunkId, ChunkRow], asked: AskedTerms, nearest: float) -> Evidence:
    terms = [frozenset(terms_in(f"{row.context} {row.symbol}\n{row.text}")) for row in rows.values()]
    return Evidence(
        fragment=max((asked.covered(of) for of in terms), default=0.0),
        nearest=max(nearest, 0.0),
        has_rarest=any(asked.rarest in of for of in terms),
    )


def _chosen(reading: Reading, most: int) -> list[tuple[Candidate, float]]:
    """Return the best sentences, none of which says what one before it says."""
    chosen: list[tuple[Candidate, float]] = []
    for candidate, score in zip(reading.candidates, reading.scores, strict=True):
        if len(chosen) >= most or (chosen and score < _ALSO * chosen[0][1]):
            break
        if not any(_is_same(candidate, other) for other, _ in chosen):
            chosen.append((candidate, score))
    return chosen


def _is_same(one: Candidate, other: Candidate) -> bool:
    union = len(one.terms | other.terms)
    return union == 0 or len(one.terms & other.terms) >= _SAME * union


def _cite(candidate: Candidate) -> Cite:
    unit = candidate.unit
    return msgspec.structs.replace(cite_of(candidate.row), line=unit.line_start, line_end=unit.line_end)
