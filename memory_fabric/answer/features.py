"""What speaks for a sentence as the answer, and for the memory as holding one at all: numbers that a model weighs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from foundation.ids import ChunkId
from memory_fabric.answer.terms import AskedTerms, terms_in
from memory_fabric.answer.units import Unit, units_of
from memory_fabric.records import ChunkRow, Hit

__all__ = ["CONFIDENCE", "UNIT", "Candidate", "Evidence", "candidates_of", "confidence_features", "with_cosine"]

UNIT = (
    "cover",
    "context",
    "around",
    "cosine",
    "prior",
    "rank",
    "first",
    "code",
    "short",
    "near",
    "rarest",
    "number",
    "reason",
    "definition",
)
"""Names of a candidate's features, in order."""

CONFIDENCE = ("cover", "context", "fragment", "known", "cosine", "nearest", "rarest", "near", "score", "length")
"""Names of an answer's features, in order."""

_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|half|second|minute|hour|day)s?\b"
    r"|\b(?:один|два|две|три|четыре|пять|шесть|семь|восемь|девять|десять|полов|секунд|минут|час|тысяч)",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|so that|so as|for|would|therefore|поэтому|потому|чтобы|иначе|бы)\b", re.IGNORECASE
)

_NEAR = 4
"""Words between two terms of a question that stand together in a sentence."""

_SHORT = 4
"""Terms below which a line says little."""


class Candidate(msgspec.Struct, frozen=True):
    """A unit of a fragment that was found, and its features."""

    unit: Unit
    row: ChunkRow
    hit: Hit
    features: tuple[float, ...]
    terms: frozenset[str]


class Evidence(msgspec.Struct, frozen=True):
    """What is known about an answer beside its sentences."""

    fragment: float
    """Share of the question that the best fragment holds, its names and headings included."""
    nearest: float
    """Cosine of the question with the nearest fragment; 0 where the model cannot compare them."""
    has_rarest: bool
    """Whether any fragment holds the term that tells most."""


def candidates_of(hits: Sequence[Hit], rows: Mapping[ChunkId, ChunkRow], asked: AskedTerms) -> list[Candidate]:
    """Return the units of all fragments with their features; cosines are 0 until they are known.

    Args:
        hits: Best first.
        rows: The fragments' rows; a hit without one is left out.
        asked: The question's terms.
    """
    found: list[Candidate] = []
    top = max((hit.score for hit in hits), default=0.0) or 1.0
    for rank, hit in enumerate(hits):
        row = rows.get(hit.chunk_id)
        if row is not None:
            found += _of_fragment(hit, row, asked, hit.score / top, 1.0 / (rank + 1))
    return found


def _of_fragment(hit: Hit, row: ChunkRow, asked: AskedTerms, prior: float, rank: float) -> list[Candidate]:
    whole = units_of(row)
    # a heading says what is near, but it answers nothing
    titles = " ".join(unit.text for unit in whole if unit.kind == "heading")
    names = frozenset(terms_in(f"{row.context} {row.symbol} {titles}"))
    units = [unit for unit in whole if unit.kind != "heading"]
    cut = [terms_in(unit.text) for unit in units]
    sets = [frozenset(terms) for terms in cut]
    rarest = asked.rarest
    found = []
    for place, unit in enumerate(units):
        own = asked.covered(sets[place])
        with_names = asked.covered(sets[place] | names)
        around = sets[place].union(*sets[max(place - 1, 0) : place + 2])
        features = (
            own,
            with_names - own,
            asked.covered(around) - own,
            0.0,
            prior,
            rank,
            float(place == 0 or (place == 1 and units[0].kind == "code")),
            float(unit.kind == "code"),
            float(len(cut[place]) < _SHORT),
            _nearness(cut[place], asked),
            float(rarest in sets[place]),
            float(asked.wants_number and _NUMBER.search(unit.text) is not None),
            float(asked.wants_reason and _REASON.search(unit.text) is not None),
            float(asked.wants_definition and rarest in cut[place][:_NEAR]),
        )
        found.append(Candidate(unit, row, hit, features, sets[place]))
    return found


def _nearness(terms: Sequence[str], asked: AskedTerms) -> float:
    """Return the weight of the question's terms that stand near another one of them, 0..1."""
    places = [place for place, term in enumerate(terms) if term in asked.weights]
    near = {place for left, right in pairwise(places) if right - left <= _NEAR for place in (left, right)}
    return sum(asked.weights[terms[place]] for place in near)


def with_cosine(candidate: Candidate, cosine: float) -> Candidate:
    """Return the candidate with its cosine, negative ones as 0."""
    place = UNIT.index("cosine")
    features = (*candidate.features[:place], max(cosine, 0.0), *candidate.features[place + 1 :])
    return msgspec.structs.replace(candidate, features=features)


def confidence_features(
    best: Candidate | None, score: float, asked: AskedTerms, evidence: Evidence
) -> tuple[float, ...]:
    """Return what tells whether the memory answers at all.

    Args:
        best: The best candidate; None where nothing was found.
        score: Of the best candidate.
        asked: The question's terms.
        evidence: Of the fragments.
    """
    of = dict(zip(UNIT, best.features, strict=True)) if best is not None else dict.fromkeys(UNIT, 0.0)
    return (
        of["cover"],
        of["cover"] + of["context"],
        evidence.fragment,
        1.0 - asked.unknown,
        of["cosine"],
        evidence.nearest,
        float(evidence.has_rarest),
        of["near"],
        score,
        min(len(asked.weights), 8) / 8,
    )
