"""The folder of an index: what is trusted, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from foundation.ids import JournalSeq
from memory_fabric.index.place import IndexPlace
from memory_fabric.index.watermark import Watermark
from memory_fabric.store.store import Store
from tests.memory_fabric.index.follower_parts import open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with something in it."""
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / "segment").write_bytes(b"postings")
    return folder


def place_at(folder: Path, store: Store, fingerprint: str = "v1") -> IndexPlace:
    """Return the place of an index that no server keeps and whose files are always well."""
    return IndexPlace(store, folder, fingerprint, lambda _: [], None)


def test_its_own_mark_is_trusted(folder: Path, store: Store) -> None:
    """Mark, store and layout agree."""
    place = place_at(folder, store)
    place.set_mark(JournalSeq(0), 3)
    mark = place.mark()
    assert mark is not None
    assert mark.points == 3
    assert place.distrust(mark) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda mark: None, "no watermark"),
        (lambda mark: msgspec.structs.replace(mark, store_id="other"), "another store"),
        (lambda mark: msgspec.structs.replace(mark, fingerprint="v0"), "has changed"),
        (lambda mark: msgspec.structs.replace(mark, applied_seq=JournalSeq(9)), "ahead of the journal"),
    ],
)
def test_whatever_does_not_fit_is_told(
    folder: Path, store: Store, change: Callable[[Watermark], Watermark | None], said: str
) -> None:
    """Every reason is a reason to build anew."""
    mark = Watermark(store.store_id, "v1", JournalSeq(0), 3)
    assert said in place_at(folder, store).distrust(change(mark))


def test_a_changed_file_breaks_the_seal(folder: Path, store: Store) -> None:
    """A sealed folder is compared with its checksums, and breaking the seal says whether it was whole."""
    place = place_at(folder, store)
    mark = Watermark(store.store_id, "v1", JournalSeq(0), 3)
    place.seal()
    assert place.distrust(mark) == ""
    (folder / "segment").write_bytes(b"p0stings")
    assert "segment" in place.distrust(mark)
    assert place.break_seal()
    assert not place.break_seal()


def test_a_folder_that_goes_away_is_lost(folder: Path, store: Store, tmp_path: Path) -> None:
    """Emptied, replaced or removed; before it is entered nothing can be lost."""
    place = place_at(folder, store)
    assert place.lost(is_written=True) == ""
    place.enter()
    assert place.lost(is_written=True) == ""
    (folder / "segment").unlink()
    assert place.lost(is_written=True) == "its files are gone"
    assert place.lost(is_written=False) == ""
    folder.rename(tmp_path / "away")
    assert place.lost(is_written=True) == "its folder is gone"
    folder.mkdir()
    assert place.lost(is_written=True) == "another folder stands in the place of its own"


def test_discarding_leaves_nothing(folder: Path, store: Store) -> None:
    """Index, mark and seal go together."""
    place = place_at(folder, store)
    place.set_mark(JournalSeq(0), 3)
    place.seal()
    place.discard()
    assert not folder.exists()
    assert place.mark() is None
    assert not place.break_seal()
