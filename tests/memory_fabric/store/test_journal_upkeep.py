"""Compaction shortens the journal and changes no replay."""

from __future__ import annotations

from foundation.ids import JournalSeq
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import item, replayed


def test_a_compacted_journal_replays_to_the_same_chunks(store: Store) -> None:
    """Lines about chunks that are gone go; positions stay, and new lines follow the old head."""
    for n in range(10):
        store.write(put=[item("/a", f"{n}"), item(f"/{n}", "kept")])
    head = store.journal_head()
    live = set(store.live_chunk_ids().tolist())
    before = len(store.journal(JournalSeq(0), 1_000))
    removed = store.compact_journal(head)
    assert removed == 9
    assert len(store.journal(JournalSeq(0), 1_000)) == before - removed
    assert replayed(store) == live
    assert (store.journal_head(), store.journal_floor()) == (head, head)
    assert store.verify() == []
    assert store.write(put=[item("/b", "new")]).last_seq == head + 1


def test_lines_beyond_the_position_are_not_touched(store: Store) -> None:
    """An index that has applied up to there still learns of every later drop."""
    first = store.write(put=[item("/a", "one")]).last_seq
    store.write(drop_uris=[("p", "/a")])
    assert store.compact_journal(first) == 1
    assert [(e.op, e.chunk_ids) for e in store.journal(first, 9)] == [("drop", (1,))]
    assert store.journal_floor() == first


def test_a_repeated_put_is_kept_once(store: Store) -> None:
    """The last of several puts of a chunk remains."""
    store.write(put=[item("/a", "one")])
    for n in range(5):
        store.rename_paths([(f"/{n}" if n else "/a", f"/{n + 1}")])
    store.compact_journal(store.journal_head())
    assert [e.seq for e in store.journal(JournalSeq(0), 99)] == [store.journal_head()]
    assert replayed(store) == {1}


def test_an_emptied_journal_goes_on_counting(store: Store) -> None:
    """Even when its last line is gone, positions never repeat."""
    store.write(put=[item("/a", "one")])
    head = store.write(drop_uris=[("p", "/a")]).last_seq
    store.compact_journal(head)
    assert store.journal(JournalSeq(0), 9) == []
    assert store.journal_head() == head
    assert store.write(put=[item("/b", "two")]).last_seq == head + 1


def test_nothing_to_compact(store: Store) -> None:
    """An empty journal stays as it is."""
    assert store.compact_journal(JournalSeq(0)) == 0
    assert store.journal_floor() == 0
