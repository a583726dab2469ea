"""Folding what says the same: near-duplicates, and many fragments of one source."""

from __future__ import annotations

import re
from itertools import pairwise

from memory_fabric.records import ChunkRow

__all__ = ["fold_duplicates", "fold_sources"]

_WORD = re.compile(r"\w+")
_SCOPE_END = re.compile(r"\.|::|#|->")
_SAME = 0.9
"""Share of common word pairs above which two fragments are the same text with small edits.

Source: Broder 1997, resemblance of shingles; 0.9 keeps versions of a function apart and folds copies of a licence.
"""


def fold_duplicates(ranked: list[ChunkRow], limit: int) -> tuple[list[ChunkRow], dict[int, int]]:
    """Keep the first of each group of near-duplicates.

    Imported records are never folded: their ids are what the caller asks for.

    Args:
        ranked: Best first.
        limit: Stop after this many are kept.

    Returns:
        The kept ones in order, and how many were folded behind each chunk id.
    """
    kept: list[ChunkRow] = []
    shingles: list[frozenset[int]] = []
    folded: dict[int, int] = {}
    for row in ranked:
        mine = frozenset() if row.uri.startswith("jsonl:") else _shingles(row.text)
        twin = next((i for i, other in enumerate(shingles) if _is_same(mine, other)), None)
        if twin is None:
            kept.append(row)
            shingles.append(mine)
            if len(kept) >= limit:
                break
        else:
            key = int(kept[twin].id)
            folded[key] = folded.get(key, 0) + 1
    return kept, folded


def _shingles(text: str) -> frozenset[int]:
    words = _WORD.findall(text.casefold())
    return frozenset(map(hash, pairwise(words))) or frozenset(map(hash, words))


def _is_same(a: frozenset[int], b: frozenset[int]) -> bool:
    if not a or not b or min(len(a), len(b)) < _SAME * max(len(a), len(b)):
        return False
    common = len(a & b)
    return common >= _SAME * (len(a) + len(b) - common)


def fold_sources(ranked: list[ChunkRow], max_per_source: int) -> tuple[list[ChunkRow], dict[int, int]]:
    """Keep at most `max_per_source` fragments of one source, the best ones.

    A source is a document, or in code a class or function of the top level: what else stands in the same file need not
    be about the same thing.

    Returns:
        The kept ones in order, and how many were folded behind the first of each source, by chunk id.
    """
    first: dict[tuple[int, str], int] = {}
    count: dict[tuple[int, str], int] = {}
    folded: dict[int, int] = {}
    kept = []
    for row in ranked:
        source = (row.item_key, _SCOPE_END.split(row.symbol, 1)[0] if row.modality == "code" else "")
        seen = count.get(source, 0)
        if seen < max_per_source:
            kept.append(row)
            first.setdefault(source, int(row.id))
        else:
            folded[first[source]] = folded.get(first[source], 0) + 1
        count[source] = seen + 1
    return kept, folded
