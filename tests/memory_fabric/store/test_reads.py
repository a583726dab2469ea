"""What was stored comes back: items, pages, neighbours, counts."""

from __future__ import annotations

import msgspec
import pytest

from foundation.errors import InputError
from foundation.ids import ChunkId, ItemId
from memory_fabric.records import Filters
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import chunk, item


def test_an_item_comes_back_whole(store: Store) -> None:
    """Its text is its fragments joined; the brief form leaves the text out."""
    (item_id,) = store.write(put=[item("/src/a.txt", "one ", "two")]).item_ids
    whole, brief = store.item(item_id), store.item_brief(item_id)
    assert whole is not None
    assert brief is not None
    assert (whole.text, whole.chunks, brief.text, brief.chunks) == ("one two", 2, "", 2)
    assert (whole.meta.project, whole.meta.tags, whole.meta.version) == ("p", ("one", "two"), 1)
    assert store.item(ItemId("mi_unknown")) is None


def test_what_the_source_said_of_an_item_comes_back(store: Store) -> None:
    """Its fields come with its text, and not in lists; of any script, replaced with the item."""
    (item_id,) = store.write(put=[item("/a", "x", meta={"speaker": "Ann", "тема": "чай"})]).item_ids
    whole, brief = store.item(item_id), store.item_brief(item_id)
    assert whole is not None
    assert brief is not None
    assert whole.meta.fields == {"speaker": "Ann", "тема": "чай"}
    assert brief.meta.fields == store.list_items(Filters()).items[0].meta.fields == {}
    store.write(put=[item("/a", "y", meta={"speaker": "Bob"})])
    found = store.item(item_id)
    assert found is not None
    assert found.meta.fields == {"speaker": "Bob"}


@pytest.mark.parametrize(
    ("languages", "language"),
    [
        (["en", "ru", "ru"], "ru"),
        (["und", "und", "en"], "en"),
        (["und"], ""),
        (["code"], ""),
        ([], ""),
        (["python"], "python"),
    ],
)
def test_the_language_of_an_item_is_that_of_most_of_it(store: Store, languages: list[str], language: str) -> None:
    """Fragments whose language is unknown do not count; without any, the item has none."""
    chunks = tuple(chunk(f"text {n}", n, language=name) for n, name in enumerate(languages, 1))
    (item_id,) = store.write(put=[msgspec.structs.replace(item("/a"), chunks=chunks)]).item_ids
    found = store.item(item_id)
    assert found is not None
    assert found.meta.language == language == store.list_items(Filters()).items[0].meta.language


def test_versions_count_replacements(store: Store) -> None:
    """Each replacement is a version."""
    for text in ("one", "two", "three"):
        (item_id,) = store.write(put=[item("/a", text)]).item_ids
    found = store.item(item_id)
    assert found is not None
    assert found.meta.version == 3


def test_pages_cover_everything_once(store: Store) -> None:
    """Newest first, no item twice, no cursor after the last."""
    store.write(put=[item(f"/{n}", "x") for n in range(7)])
    seen: list[str] = []
    cursor = ""
    while True:
        page = store.list_items(Filters(), cursor=cursor, limit=3)
        seen += [found.source.path for found in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == [f"/{n}" for n in reversed(range(7))]


@pytest.mark.parametrize("cursor", ["x", "-1", "1; DROP", "9" * 40, "٣"])
def test_a_foreign_cursor_is_refused(store: Store, cursor: str) -> None:
    """What no page gave is the caller's mistake."""
    with pytest.raises(InputError, match="cursor"):
        store.list_items(Filters(), cursor=cursor)


def test_neighbours_stand_around_a_chunk(store: Store) -> None:
    """They come in order, of the same item only, and stop at its ends."""
    store.write(put=[item("/a", "0", "1", "2", "3", "4"), item("/b", "x")])
    assert [row.text for row in store.chunk_neighbours(ChunkId(3), 1, 1)] == ["1", "2", "3"]
    assert [row.text for row in store.chunk_neighbours(ChunkId(1), 2, 1)] == ["0", "1"]
    assert store.chunk_neighbours(ChunkId(99), 1, 1) == []


def test_counts_add_up(store: Store) -> None:
    """Items by project and kind, chunks by language."""
    store.write(put=[item("/a", "1", "2"), item("/b", "3", project="q", modality="code")])
    counts = store.counts()
    assert (counts.items, counts.chunks) == (2, 3)
    assert counts.projects == {"p": 1, "q": 1}
    assert counts.modalities == {"text": 1, "code": 1}
    assert counts.languages == {"en": 3}
    assert store.chunk_total() == 3


def test_chunks_of_an_archive_count_for_the_archive(store: Store) -> None:
    """Members are added up under the file on disk."""
    store.write(put=[item("/z.zip!/a", "1", "2"), item("/z.zip!/b", "3"), item("/y", "4")])
    assert store.chunk_counts(["/"]) == {"/z.zip": 3, "/y": 1}
    assert sorted(store.uris_of("/z.zip")) == [("p", "/z.zip!/a"), ("p", "/z.zip!/b")]
