"""Folding what says the same: near-duplicates, and many fragments of one source."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import pairwise
from operator import or_

from memory_fabric.operations import Check
from memory_fabric.records import ChunkRow

__all__ = ["fold_page"]

_WORD = re.compile(r"\w+")
_SCOPE_END = re.compile(r"\.|::|#|->|, ")
_SAME = 0.9
"""Share of common word pairs above which two fragments are the same text with small edits.

Source: Broder 1997, resemblance of shingles; 0.9 keeps versions of a function apart and folds copies of a licence.
"""

_BITS = 512
"""Of a picture; a fragment has 100 to 200 shingles."""

_LOOK, _LOOK_AHEAD = 30, 40
"""Fragments looked at for what is folded: three times the page, at least so many and at most so many beyond it."""

_STRIDE = 32
"""Fragments between two looks at the deadline: a few milliseconds of work."""


def fold_page(
    ranked: Sequence[ChunkRow], *, k: int, max_per_source: int | None, check: Check
) -> tuple[list[ChunkRow], dict[int, int]]:
    """Keep the first of each group of near-duplicates, until a page is full.

    Keep at most `max_per_source` fragments of one source, the best ones: a source is a document, or in code a class or
    function of the top level, as what else stands in the same file need not be about the same thing. Imported records
    are never folded as duplicates: their ids are what the caller asks for.

    Args:
        ranked: Best first.
        k: Size of the page; fewer come back only when there are no more.
        max_per_source: Fragments of one source; None for all of them.
        check: Raises to stop.

    Returns:
        The page in order, and how many were folded behind each chunk id, as far as was looked.
    """
    wanted = min(max(k * 3, _LOOK), k + _LOOK_AHEAD)
    page: list[ChunkRow] = []
    more: Counter[int] = Counter()
    count: Counter[tuple[int, str]] = Counter()
    first: dict[tuple[int, str], int] = {}
    kept = 0
    for row, twin in _told_apart(ranked, wanted, check):
        if twin is not None:
            more[int(twin.id)] += 1
            continue
        source = _source_of(row)
        if max_per_source is None or count[source] < max_per_source:
            page.append(row)
            first.setdefault(source, int(row.id))
        else:
            more[first[source]] += 1
        count[source] += 1
        kept += 1
        if kept >= wanted and len(page) >= k:
            break
    return page[:k], dict(more)


def _source_of(row: ChunkRow) -> tuple[int, str]:
    return row.item_key, _SCOPE_END.split(row.symbol, 1)[0] if row.modality == "code" else ""


def _told_apart(ranked: Sequence[ChunkRow], sample: int, check: Check) -> Iterator[tuple[ChunkRow, ChunkRow | None]]:
    """Yield each fragment with the first one that says the same, or None.

    Args:
        ranked: Best first.
        sample: How many of them are surely needed.
        check: Raises to stop.
    """
    texts = [_shingles_of(row) for row in _checked(ranked[:sample], check)]
    twins = _Twins(texts)
    kept: list[ChunkRow] = []
    for place, row in enumerate(_checked(ranked, check)):
        mine = texts[place] if place < len(texts) else _shingles_of(row)
        twin = twins.find_or_keep(mine)
        if twin is None:
            kept.append(row)
        yield row, None if twin is None else kept[twin]


def _checked(rows: Sequence[ChunkRow], check: Check) -> Iterator[ChunkRow]:
    for place, row in enumerate(rows):
        if place % _STRIDE == 0:
            check()
        yield row


class _Twins:
    """The kept texts, found again by their rarest shingles.

    Two sets that resemble each other by 0.9 share a shingle among the rarest tenth of each, whatever "rare" is taken
    from, as long as both are put in the same order: only those need to be compared.
    Source: Bayardo, Ma & Srikant 2007, prefix filtering. Where a small vocabulary makes nothing rare, a picture of each
    set in a few hundred bits rules out most of them (Sandes, Teodoro & Melo 2020, bitmap filter).

    Args:
        sample: Texts from which it is counted how common a shingle is; others are taken for rare.
    """

    def __init__(self, sample: Iterable[frozenset[int]]) -> None:
        self._common: Counter[int] = Counter()
        for shingles in sample:
            self._common.update(shingles)
        self._kept: list[frozenset[int]] = []
        self._having: dict[int, list[int]] = {}
        self._pictures: dict[int, int] = {}

    def find_or_keep(self, mine: frozenset[int]) -> int | None:
        """Return the place of the first kept text that says the same; where none does, keep this one."""
        rarest = self._rarest(mine)
        places = {place for shingle in rarest for place in self._having.get(shingle, ())}
        if places:
            picture = _picture(mine)
            for place in sorted(places):
                kept = self._kept[place]
                if (picture ^ self._picture_of(place)).bit_count() <= _most_apart(len(kept)) and _is_same(mine, kept):
                    return place
        for shingle in rarest:
            self._having.setdefault(shingle, []).append(len(self._kept))
        self._kept.append(mine)
        return None

    def _picture_of(self, place: int) -> int:
        if place not in self._pictures:
            self._pictures[place] = _picture(self._kept[place])
        return self._pictures[place]

    def _rarest(self, mine: frozenset[int]) -> list[int]:
        # who has fewer than this many in common with `mine` cannot reach the share, however small it is itself
        least = math.ceil(_SAME * len(mine))
        # twice by what needs no Python is faster than once by pairs
        return sorted(sorted(mine), key=self._common.__getitem__)[: len(mine) - least + 1]


def _picture(shingles: frozenset[int]) -> int:
    """Return a set as bits: two sets differ in at least as many members as their pictures in bits."""
    return reduce(or_, (1 << (shingle % _BITS) for shingle in shingles), 0)


def _most_apart(size: int) -> int:
    """Return in how many members at most another set may differ from one of `size` to resemble it enough."""
    # of the union, whose size is at most size / _SAME; one more, since floats are rounded
    return int((1.0 - _SAME) / _SAME * size) + 1


def _shingles_of(row: ChunkRow) -> frozenset[int]:
    """Return none for what is never folded."""
    return frozenset() if row.uri.startswith("jsonl:") else _shingles(row.text)


def _shingles(text: str) -> frozenset[int]:
    words = _WORD.findall(text.casefold())
    return frozenset(map(hash, pairwise(words))) or frozenset(map(hash, words))


def _is_same(a: frozenset[int], b: frozenset[int]) -> bool:
    if not a or not b or min(len(a), len(b)) < _SAME * max(len(a), len(b)):
        return False
    common = len(a & b)
    return common >= _SAME * (len(a) + len(b) - common)
