"""How far the vectors can be trusted for one question and one fragment.

A fixed share of dense and sparse is wrong as a universal default: it wins on code and loses to plain BM25 on
conversations and on languages that the model was not trained on. The share therefore depends on what is searched and
on whether the model can read the question at all. Nothing here is set per corpus.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from memory_fabric.embed.base import Embedder
from memory_fabric.records import ChunkRow

__all__ = ["closeness", "dense_share", "is_evident", "prominence", "reading_skill"]

_SHARE = {"code": (0.90, 0.60), "conversation": (0.35, 0.35), "text": (0.50, 0.33)}
"""Dense share by kind of item where all words match alike, and where one fragment's words stand out.

Source: measured on public and golden sets in both languages; `benchmarks/RESULTS.md` has the ablation.
"""

_FLAT, _STEEP, _DEPTH = 0.2, 0.5, 10
"""By how much of the best BM25 score the tenth one falls short where words say nothing, and where they say enough."""

_FLUENT = 2.0
"""Tokens a word up to which a model knows the language (English 1.2 to 1.6, identifiers up to 2)."""

_LOST = 3.2
"""Tokens a word from which it only spells: MiniLM cuts Russian into letters and pairs of letters."""


_FAR, _NEAR, _KEPT = 0.45, 0.65, 0.7
"""Best cosines between which trust grows, and what is kept below: found on four sets together, flat around them."""

_NOTHING = 0.25
"""Cosine below which a fragment without a word of the question has nothing to do with it.

Source: questions on what a memory does not hold have .14 to .25 at best; dropping below it (or below .35) changes no
figure on any development or golden set.
"""


def reading_skill(embedder: Embedder, text: str) -> float:
    """Return how well the model reads `text`, from 0 (spells it letter by letter) to 1 (knows its words).

    The tokenizer tells: a model has whole tokens for the words of the languages that it was trained on.
    """
    fertility = embedder.fertility(text)
    return min(max((_LOST - fertility) / (_LOST - _FLUENT), 0.0), 1.0)


def closeness(best_cosine: float) -> float:
    """Return 0.7..1: how much of its share the dense leg keeps when its best candidate is only so near the question.

    Where nothing is near, the order of cosines is noise and words decide. A model whose cosines are all high keeps its
    whole share.

    Args:
        best_cosine: Of the nearest candidate, -1..1.
    """
    near = (best_cosine - _FAR) / (_NEAR - _FAR)
    return _KEPT + (1.0 - _KEPT) * min(max(near, 0.0), 1.0)


def is_evident(cosine: float | None, bm25: float | None, skill: float) -> bool:
    """Whether anything speaks for a fragment: a word of the question, or a meaning that the model can compare.

    Args:
        cosine: None where the dense leg did not answer.
        bm25: 0 without a common word; None where the sparse leg did not answer.
        skill: `reading_skill` of the question.
    """
    if bm25 is None or bm25 > 0.0:
        return True
    return skill > 0.0 and cosine is not None and cosine >= _NOTHING


def prominence(scores: Iterable[float]) -> float:
    """Return 0..1: how far the best fragments by words stand out from the rest.

    A flat list means that the words of the question occur everywhere, and that their order says little.

    Args:
        scores: BM25 of all candidates, in any order.
    """
    best = heapq.nlargest(_DEPTH, scores)
    if not best or best[0] <= 0.0:
        return 0.0
    tenth = best[-1] if len(best) == _DEPTH else 0.0
    return min(max((1.0 - tenth / best[0] - _FLAT) / (_STEEP - _FLAT), 0.0), 1.0)


def dense_share(row: ChunkRow, skill: float, languages: frozenset[str], prominence: float = 0.0) -> float:
    """Return the weight of the dense score for `row`, 0..1; the sparse score gets the rest.

    Args:
        row: The candidate.
        skill: `reading_skill` of the question.
        languages: What the model was trained on; empty means all.
        prominence: Of the sparse scores.
    """
    flat, steep = _SHARE.get(row.modality, _SHARE["text"])
    share = (flat + (steep - flat) * prominence) * skill
    is_foreign = bool(languages) and row.modality != "code" and row.language != "und" and row.language not in languages
    return 0.0 if is_foreign else share
