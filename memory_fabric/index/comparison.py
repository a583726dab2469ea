"""Comparing an index with the truth while both go on changing."""

from __future__ import annotations

from collections.abc import Iterator

from foundation.ids import ChunkId, JournalSeq
from memory_fabric.index.targets import Target
from memory_fabric.operations import Check
from memory_fabric.store.store import Store

__all__ = ["find_differences"]

_JOURNAL_STEP = 128


def find_differences(store: Store, target: Target, settled: JournalSeq, check: Check) -> list[str]:
    """Compare an index with the truth, id by id and then by content; empty means that they agree.

    The position at which both are compared is `settled`: a chunk that the journal names later may have come or gone
    between the two looks, and is not judged.

    Args:
        store: The truth.
        target: The index.
        settled: Everything the journal holds up to here was applied and flushed before the call.
        check: Asked again and again; what it raises ends the comparison.
    """
    have = {int(i) for i in target.ids()}
    check()
    want = {int(i) for i in store.live_chunk_ids()}
    check()
    found = []
    if have != want:
        # INVARIANT: the journal is read last, so that whatever either look may have seen is in it
        moving = {int(i) for i in _named_after(store, settled, check)}
        if missing := want - have - moving:
            found.append(f"{len(missing)} chunks of the truth are missing in the index")
        if extra := have - want - moving:
            found.append(f"{len(extra)} chunks of the index are not in the truth")
    return found + target.verify(store.chunks, check)


def _named_after(store: Store, seq: JournalSeq, check: Check) -> Iterator[ChunkId]:
    while entries := store.journal(seq, _JOURNAL_STEP):
        check()
        for entry in entries:
            yield from entry.chunk_ids
        seq = entries[-1].seq
