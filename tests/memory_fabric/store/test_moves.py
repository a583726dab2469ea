"""Renames: ids stay, addresses change, all at once."""

from __future__ import annotations

from foundation.ids import JournalSeq
from memory_fabric.records import Filters
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import file_state, item, replayed, texts_of


def test_a_renamed_file_keeps_its_ids(store: Store) -> None:
    """Chunks are put again, because their path is a filter field."""
    receipt = store.write(put=[item("/a/x.txt", "one", "two")], files=[file_state("/a/x.txt")])
    assert store.rename_paths([("/a/x.txt", "/b/y.txt")]) == 1
    moved = store.item(receipt.item_ids[0])
    assert moved is not None
    assert (moved.source.path, moved.source.uri) == ("/b/y.txt", "/b/y.txt")
    assert [(e.op, e.chunk_ids) for e in store.journal(receipt.last_seq, 9)] == [("put", (1, 2))]
    assert list(store.files(["/"])) == ["/b/y.txt"]


def test_members_go_with_their_archive(store: Store) -> None:
    """The inner path stays, the outer one changes; a neighbour with the same beginning is left alone."""
    store.write(put=[item("/a.zip!/in/x", "one"), item("/a.zipper", "two")])
    assert store.rename_paths([("/a.zip", "/b.zip")]) == 1
    assert texts_of(store, "/b.zip!/in/x") == ["one"]
    assert texts_of(store, "/a.zipper") == ["two"]


def test_a_folder_moves_whole(store: Store) -> None:
    """Everything below goes along, files on disk too."""
    store.write(put=[item("/src/a", "one"), item("/src/deep/b", "two"), item("/srcs/c", "three")])
    store.write(files=[file_state("/src/a"), file_state("/srcs/c")])
    assert store.rename_paths([("/src/", "/lib/")]) == 2
    assert [texts_of(store, uri) for uri in ("/lib/a", "/lib/deep/b", "/srcs/c")] == [["one"], ["two"], ["three"]]
    assert sorted(store.files(["/"])) == ["/lib/a", "/srcs/c"]


def test_two_files_change_places(store: Store) -> None:
    """Neither deletes the other."""
    ids = store.write(put=[item("/a", "one"), item("/b", "two")], files=[file_state("/a", inode=1)]).item_ids
    assert store.rename_paths([("/a", "/b"), ("/b", "/a")]) == 2
    assert texts_of(store, "/b") == ["one"]
    assert texts_of(store, "/a") == ["two"]
    assert {i.id for i in store.list_items(Filters()).items} == set(ids)
    assert store.files(["/"])["/b"].inode == 1


def test_what_stood_at_the_new_path_gives_way(store: Store) -> None:
    """The item that is moved over another replaces it, and the journal says so."""
    store.write(put=[item("/a", "one"), item("/b", "two")])
    assert store.rename_paths([("/a", "/b")]) == 1
    assert texts_of(store, "/b") == ["one"]
    assert store.counts().items == 1
    assert replayed(store) == set(store.live_chunk_ids().tolist()) == {1}


def test_nothing_to_move_changes_nothing(store: Store) -> None:
    """An unknown path, and a move onto itself, leave no trace."""
    store.write(put=[item("/a", "one")])
    assert store.rename_paths([("/nothing", "/b"), ("/a", "/a")]) == 0
    assert store.journal_head() == JournalSeq(1)


def test_a_uri_that_is_not_the_path_stays(store: Store) -> None:
    """Only addresses made of the path follow it."""
    store.write(put=[item("/a", "one", uri="jsonl:p/1")])
    store.rename_paths([("/a", "/b")])
    assert texts_of(store, "jsonl:p/1") == ["one"]
