"""Packing evidence: recall, a second recall where the first leaves something open, and quotes under the budget."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from memory_fabric.answer.asking import asked_of, counts_of
from memory_fabric.answer.hops import Hop, bridges, leads_on, needs_more, next_hop, with_second
from memory_fabric.answer.pack import pack_context
from memory_fabric.operations import Check, ContextPack
from memory_fabric.recall.retrieve import LegSource
from memory_fabric.records import RecallQuery, RecallResult
from memory_fabric.store.store import Store

__all__ = ["Packer"]


class Packer:
    """Packs evidence for questions. Thread-safe.

    Args:
        store: The truth.
        legs: The two indexes and the model.
        recall: Finds fragments.
    """

    def __init__(self, store: Store, legs: LegSource, recall: Callable[[RecallQuery, Check], RecallResult]) -> None:
        self._store = store
        self._legs = legs
        self._recall = recall

    def pack(
        self,
        query: RecallQuery,
        *,
        budget_tokens: int,
        count_tokens: Callable[[str], int],
        has_second: bool,
        check: Check,
    ) -> ContextPack:
        """Return quoted evidence.

        Args:
            query: Already validated.
            budget_tokens: Never exceeded.
            count_tokens: Counts by the tokenizer of the model that will read the pack.
            has_second: Whether a second recall may follow names that the first one brings in.
            check: Raises to stop between stages.
        """
        started = time.perf_counter()
        result = self._recall(query, check)
        hop = self._next_hop(query, result) if has_second else None
        if hop is not None:
            check()
            second = self._recall(hop.query, check).items
            found = self._store.chunks([hit.chunk_id for hit in second])
            result = with_second(
                result, [h for h in second if h.chunk_id in found and leads_on(hop, found[h.chunk_id])]
            )
        pack = pack_context(
            result,
            self._store.chunks([hit.chunk_id for hit in result.items]),
            neighbours=self._store.chunk_neighbours,
            budget_tokens=budget_tokens,
            count_tokens=count_tokens,
            check=check,
        )
        return msgspec.structs.replace(
            pack, second_question=hop.query.text if hop else "", took_ms=(time.perf_counter() - started) * 1e3
        )

    def _next_hop(self, query: RecallQuery, first: RecallResult) -> Hop | None:
        unread: list[str] = []
        asked = asked_of(self._legs, query.text, unread)
        found = self._store.chunks([hit.chunk_id for hit in first.items[:3]])
        rows = [found[hit.chunk_id] for hit in first.items[:3] if hit.chunk_id in found]
        if not needs_more(asked, rows):
            return None
        counts = counts_of(self._legs, " ".join(bridges(asked, rows)), unread)
        # without counts nobody knows which names lead on
        return None if unread else next_hop(query, asked, rows, counts)
