"""The store as its users see it: opening, closing, reading back."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from foundation.errors import ConflictError, NotFoundError, ResourceError
from foundation.ids import ChunkId, ItemId, JournalSeq
from memory_fabric.operations import Link
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import database, file_state, item, replayed, texts_of


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    """Items, journal, files and the store's own id survive."""
    first = Store.open(tmp_path)
    receipt = first.write(put=[item("/a", "one")], files=[file_state("/a")])
    first.close()
    second = Store.open(tmp_path)
    assert second.was_clean
    assert second.store_id == first.store_id
    assert second.journal_head() == receipt.last_seq
    assert texts_of(second, "/a") == ["one"]
    assert list(second.files(["/a"])) == ["/a"]
    assert second.verify() == []
    second.close()


def test_a_store_that_was_not_closed_is_known(tmp_path: Path) -> None:
    """The next one to open is told, and once closed the mark is gone."""
    left_open = Store.open(tmp_path)
    again = Store.open(tmp_path)
    assert not again.was_clean
    left_open.close()
    again.close()
    third = Store.open(tmp_path)
    assert third.was_clean
    third.close()


def test_two_stores_have_two_ids(tmp_path: Path, store: Store) -> None:
    """An index of one store is never taken for an index of another."""
    other = Store.open(tmp_path / "other")
    assert other.store_id != store.store_id
    other.close()


def test_files_are_for_the_user_alone(store: Store, tmp_path: Path) -> None:
    """Nobody else may read the database or its log."""
    store.write(put=[item("/a", "one")])
    modes = {file.name: file.stat().st_mode & 0o077 for file in (tmp_path / "store").iterdir()}
    assert modes
    assert set(modes.values()) == {0}


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """Reading and writing are refused in the memory's own words; closing again is harmless."""
    store = Store.open(tmp_path)
    store.close()
    store.close()
    with pytest.raises(ConflictError, match="is closed"):
        store.write(put=[item("/a", "one")])
    with pytest.raises(ConflictError, match="is closed"):
        store.chunks([ChunkId(1)])
    with pytest.raises(ConflictError, match="is closed"):
        store.embeddings.get("m", [b"x"])


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file in the way is the world's mistake, named with its path."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResourceError, match="file/store"):
        Store.open(tmp_path / "file" / "store")


def test_deleting_takes_chunks_links_and_the_memory_of_the_file(store: Store) -> None:
    """A later walk must find the file new."""
    a, b = store.write(put=[item("/z.zip!/a", "one"), item("/b", "two")], files=[file_state("/z.zip")]).item_ids
    store.put_link(Link(a, b, "mentions"))
    store.delete_items([a, ItemId("mi_unknown")])
    assert store.item(a) is None
    assert store.links(b) == []
    assert store.files(["/"]) == {}
    assert replayed(store) == set(store.live_chunk_ids().tolist()) == {2}


def test_links_are_seen_from_both_ends(store: Store) -> None:
    """The second of a kind replaces the first."""
    a, b = store.write(put=[item("/a", "one"), item("/b", "two")]).item_ids
    store.put_link(Link(a, b, "mentions", 0.5))
    store.put_link(Link(a, b, "mentions", 0.7))
    assert store.links(a) == store.links(b) == [Link(a, b, "mentions", 0.7)]


def test_a_link_needs_both_ends(store: Store) -> None:
    """An edge to nothing is refused with the id that is not there."""
    (a,) = store.write(put=[item("/a", "one")]).item_ids
    with pytest.raises(NotFoundError, match="mi_nowhere"):
        store.put_link(Link(a, ItemId("mi_nowhere"), "mentions"))
    assert store.links(a) == []


def test_forgotten_words_are_not_in_the_files(store: Store, tmp_path: Path) -> None:
    """After a checkpoint neither the database nor its log holds what was deleted."""
    (item_id,) = store.write(put=[item("/a", "xylophone " * 300)]).item_ids
    store.write(put=[item(f"/{n}", f"other {n} " * 50) for n in range(40)])
    store.delete_items([item_id])
    assert store.checkpoint()
    everything = b"".join(file.read_bytes() for file in (tmp_path / "store").iterdir())
    assert b"other 39" in everything
    assert b"xylophone" not in everything


def test_files_are_measured_in_blocks(store: Store, tmp_path: Path) -> None:
    """The size grows with what is stored."""
    before = store.disk_bytes()
    store.write(put=[item("/a", "x" * 200_000)])
    assert store.disk_bytes() >= before + 200_000
    assert database(tmp_path / "store").exists()


def test_readers_and_writers_do_not_disturb_each_other(store: Store) -> None:
    """Each reader sees whole writes only, and connections do not pile up with threads."""
    store.write(put=[item("/a", "0", "0")])
    torn: list[set[str]] = []

    def read() -> None:
        for _ in range(20):
            texts = {row.text for row in store.chunk_neighbours(ChunkId(int(store.live_chunk_ids()[0])), 9, 9)}
            if len(texts) > 1:
                torn.append(texts)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for n in range(1, 30):
        store.write(put=[item("/a", str(n), str(n))])
    for reader in readers:
        reader.join()
    assert torn == []
    assert store.journal_head() == JournalSeq(1 + 2 * 29)
