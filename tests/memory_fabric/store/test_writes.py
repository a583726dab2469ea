"""What one transaction does to items, chunks and the journal."""

from __future__ import annotations

import msgspec
import pytest

from foundation.errors import InputError
from foundation.ids import ChunkId, JournalSeq
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import chunk, file_state, item, replayed, texts_of


def _journal(store: Store, after: int) -> list[tuple[str, tuple[int, ...]]]:
    return [(entry.op, entry.chunk_ids) for entry in store.journal(JournalSeq(after), 100)]


def test_a_new_item_is_journaled_as_put(store: Store) -> None:
    """The receipt names the item, its chunks and the journal line that holds them."""
    receipt = store.write(put=[item("/a", "one", "two")])
    assert (len(receipt.item_ids), receipt.chunks, receipt.unchanged) == (1, 2, 0)
    assert receipt.last_seq == store.journal_head() == 1
    assert _journal(store, 0) == [("put", (1, 2))]


def test_a_replaced_item_keeps_its_id_and_its_unchanged_chunks(store: Store) -> None:
    """Only what differs is dropped and put."""
    first = store.write(put=[item("/a", "one", "two", "three")])
    second = store.write(put=[item("/a", "zero", "three", "one")])
    assert second.item_ids == first.item_ids
    assert (second.chunks, second.unchanged) == (1, 2)
    assert texts_of(store, "/a") == ["zero", "three", "one"]
    assert _journal(store, first.last_seq) == [("drop", (2,)), ("put", (4,))]


def test_lines_move_in_place(store: Store) -> None:
    """A kept chunk gets its new lines without a journal line."""
    first = store.write(put=[item("/a", "one")])
    draft = msgspec.structs.replace(item("/a"), chunks=(chunk("one", 40),))
    assert store.write(put=[draft]).last_seq == first.last_seq
    assert [row.line_start for row in store.chunks([ChunkId(1)]).values()] == [40]


def test_equal_fragments_are_counted_not_merged(store: Store) -> None:
    """Matching is by multiset: of three equal fragments two are kept when two remain."""
    store.write(put=[item("/a", "x", "x", "y", "x")])
    receipt = store.write(put=[item("/a", "x", "x")])
    assert (receipt.chunks, receipt.unchanged) == (0, 2)
    assert sorted(store.live_chunk_ids().tolist()) == [1, 2]


@pytest.mark.parametrize(
    "change", [{"timestamp_s": 5.0}, {"timestamp_s": None}, {"modality": "code"}, {"layer": "diary"}, {"path": "/b"}]
)
def test_a_change_of_a_filter_field_is_journaled(store: Store, change: dict[str, object]) -> None:
    """Indexes filter by these fields, so that unchanged words are put again."""
    draft = item("/a", "one", uri="u")
    after = store.write(put=[draft]).last_seq
    store.write(put=[msgspec.structs.replace(draft, **change)])
    assert _journal(store, after) == [("put", (1,))]


@pytest.mark.parametrize("change", [{"language": "ru"}, {"symbol": "f"}])
def test_a_change_of_what_indexes_read_of_a_chunk_is_journaled(store: Store, change: dict[str, str]) -> None:
    """The same words under another language or symbol are stored and put again under the old id."""
    draft = item("/a", "one")
    after = store.write(put=[draft]).last_seq
    other = msgspec.structs.replace(draft, chunks=(msgspec.structs.replace(draft.chunks[0], **change),))
    store.write(put=[other])
    assert _journal(store, after) == [("put", (1,))]
    ((name, value),) = change.items()
    assert [getattr(row, name) for row in store.chunks([ChunkId(1)]).values()] == [value]


def test_dropped_uris_take_their_chunks_along(store: Store) -> None:
    """Only the named project loses the item; unknown names are ignored."""
    store.write(put=[item("/a", "one"), item("/a", "one", project="q")])
    store.write(drop_uris=[("p", "/a"), ("p", "/nothing")])
    assert texts_of(store, "/a") == []
    assert texts_of(store, "/a", "q") == ["one"]
    assert store.live_chunk_ids().tolist() == [2]


def test_chunk_ids_are_never_used_twice(store: Store) -> None:
    """After everything is deleted the next chunk gets a number that nobody had."""
    store.write(put=[item("/a", "one", "two")])
    store.write(drop_uris=[("p", "/a")])
    store.write(put=[item("/a", "one")])
    assert store.live_chunk_ids().tolist() == [3]
    assert replayed(store) == {3}


def test_an_item_written_twice_in_one_write_ends_as_the_second(store: Store) -> None:
    """Chunks that came and went in one transaction are not in the replay."""
    receipt = store.write(put=[item("/a", "one"), item("/a", "two")])
    assert receipt.item_ids[0] == receipt.item_ids[1]
    assert texts_of(store, "/a") == ["two"]
    assert replayed(store) == {2}


def test_file_states_come_back_as_written(store: Store) -> None:
    """Skipped files are remembered with their reason, and inodes of full 64 bits survive."""
    states = [file_state("/a", inode=2**64 - 1), file_state("/b", reason="binary")]
    store.write(files=states)
    assert store.files(["/"]) == {state.path: state for state in states}
    store.write(drop_files=["/a", "/unknown"])
    assert list(store.files(["/"])) == ["/b"]


def test_text_that_is_not_unicode_is_the_callers_mistake(store: Store) -> None:
    """A lone surrogate is refused by name, and nothing of the write remains."""
    with pytest.raises(InputError, match="not valid Unicode"):
        store.write(put=[item("/a", "fine"), msgspec.structs.replace(item("/b", "x"), title="\ud800")])
    assert store.counts().items == 0
    assert store.journal_head() == 0


def test_odd_but_legal_text_is_kept(store: Store) -> None:
    """NUL, quotes, astral characters and an empty fragment come back as they were."""
    words = ["a\0b", "'; DROP TABLE items; --", "🜁 \u202e", ""]
    store.write(put=[item("/a", *words)])
    assert texts_of(store, "/a") == words
    assert store.verify() == []


def test_a_turn_has_a_time_of_its_own(store: Store) -> None:
    """It is what the indexes are told; a new time for the same words is journaled, and the words keep their id."""
    turns = [msgspec.structs.replace(chunk("one"), timestamp_s=50.0), chunk("two", 2)]
    draft = msgspec.structs.replace(item("/a", timestamp_s=7.0), chunks=tuple(turns))
    after = store.write(put=[draft]).last_seq
    rows = store.chunks([ChunkId(1), ChunkId(2)])
    assert [(row.timestamp_s, row.is_dated) for row in rows.values()] == [(50.0, True), (7.0, True)]
    turns[0] = msgspec.structs.replace(turns[0], timestamp_s=60.0)
    store.write(put=[msgspec.structs.replace(draft, chunks=tuple(turns))])
    assert _journal(store, after) == [("put", (1,))]
    assert store.chunks([ChunkId(1)])[ChunkId(1)].timestamp_s == 60.0
    undated = msgspec.structs.replace(draft, uri="/b", timestamp_s=None, chunks=tuple(turns))
    store.write(put=[undated])
    assert [row.is_dated for row in store.chunks([ChunkId(3), ChunkId(4)]).values()] == [True, False]
