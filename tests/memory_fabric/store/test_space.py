"""Space that was freed goes back to the disk, by steps that neither readers nor writers have to wait for."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from foundation.clock import VirtualClock
from foundation.ids import JournalSeq
from memory_fabric.operations import ForgetSelector
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import database, item, texts_of

KEPT = "kept " * 100


@pytest.fixture(autouse=True)
def small_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two megabytes are enough to be given back."""
    monkeypatch.setattr("memory_fabric.store.connection._WORTH_BYTES", 1 << 20)
    monkeypatch.setattr("memory_fabric.store.connection._STEP_PAGES", 50)


def fill_and_forget(store: Store) -> None:
    """Leave a file that is mostly free, with what is kept at its end."""
    for n in range(20):
        store.write(put=[item(f"/gone/{n}", f"{n} " * 50_000)])
    store.write(put=[item("/kept", KEPT)])
    store.delete_items(store.select_items(ForgetSelector(path="/gone")).item_ids)
    store.checkpoint()


def size(folder: Path) -> int:
    """Return the length of the database file."""
    return database(folder).stat().st_size


def test_a_file_that_is_mostly_free_becomes_short(store: Store, tmp_path: Path) -> None:
    """By steps between which it is asked whether to go on; everything that was kept is whole."""
    fill_and_forget(store)
    before = size(tmp_path / "store")
    asked: list[int] = []
    store.give_space_back(lambda: asked.append(store.write(put=[item("/new", f"new {len(asked)}")]).last_seq))
    store.checkpoint()
    assert size(tmp_path / "store") < before / 5
    # fifty pages of 4 KB at a time
    assert before / 250_000 < len(asked) < before / 150_000
    assert (texts_of(store, "/kept"), texts_of(store, "/new")) == ([KEPT], [f"new {len(asked) - 1}"])
    assert store.verify() == []


def test_a_reader_sees_what_it_saw(store: Store, tmp_path: Path) -> None:
    """A snapshot that was taken before is read to its end; the file becomes short when it is over."""
    fill_and_forget(store)
    before = size(tmp_path / "store")
    with store._reader.pool.snapshot() as reader:
        counted = reader.execute("SELECT count(*), sum(length(text)) FROM chunks").fetchall()
        store.give_space_back()
        store.write(put=[item("/later", "later")])
        assert reader.execute("SELECT count(*), sum(length(text)) FROM chunks").fetchall() == counted
        assert size(tmp_path / "store") == before
    store.checkpoint()
    assert size(tmp_path / "store") < before / 5
    assert store.verify() == []


def test_a_little_free_space_is_left_alone(store: Store, tmp_path: Path) -> None:
    """It is soon written again."""
    store.write(put=[item("/big", "x" * 900_000), item("/small", "y" * 500_000)])
    store.delete_items(store.select_items(ForgetSelector(path="/small")).item_ids)
    store.checkpoint()
    before = size(tmp_path / "store")
    store.give_space_back(lambda: pytest.fail("nothing was to be done"))
    store.checkpoint()
    assert size(tmp_path / "store") == before


def test_what_is_stopped_half_way_is_sound(store: Store, tmp_path: Path) -> None:
    """What was done is kept, and the next time goes on from there."""
    fill_and_forget(store)
    before = size(tmp_path / "store")
    left = iter(range(4))

    def stop() -> None:
        if next(left, None) is None:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        store.give_space_back(stop)
    store.checkpoint()
    assert before / 5 < size(tmp_path / "store") < before
    assert store.verify() == []
    store.give_space_back()
    store.checkpoint()
    assert size(tmp_path / "store") < before / 5


def as_before(folder: Path) -> None:
    """Rewrite a database as one that cannot be shortened by steps."""
    connection = sqlite3.connect(database(folder), isolation_level=None)
    connection.execute("PRAGMA auto_vacuum = NONE")
    connection.execute("VACUUM")
    assert connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 0
    connection.close()


def test_a_file_from_before_is_copied_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones only: a large one would stop all writing for long."""
    Store.open(tmp_path, clock=VirtualClock()).close()
    as_before(tmp_path)
    store = Store.open(tmp_path, clock=VirtualClock())
    try:
        fill_and_forget(store)
        before, seq = size(tmp_path), store.journal_head()
        with monkeypatch.context() as large:
            large.setattr("memory_fabric.store.connection._WHOLE_BYTES", 0)
            store.give_space_back()
            store.checkpoint()
            assert size(tmp_path) == before
        store.give_space_back()
        store.checkpoint()
        assert size(tmp_path) < before / 5
        assert (texts_of(store, "/kept"), store.verify(), store.journal_head()) == ([KEPT], [], seq)
        assert len(store.journal(JournalSeq(0), 100)) == seq
        assert store._commit.alone(lambda db: db.execute("PRAGMA auto_vacuum").fetchone()[0]) == 2
    finally:
        store.close()
