"""Damage of every kind is found, and soundness is not called damage."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import database, item


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a closed store with four items."""
    with closing(Store.open(tmp_path / "damaged")) as store:
        store.write(put=[item(f"/{n}", f"text {n}", "more") for n in range(4)])
    return tmp_path / "damaged"


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        ("UPDATE chunks SET text = 'changed' WHERE id = 3", "the words of 1 chunks"),
        ("UPDATE chunks SET context = 'changed' WHERE id > 6", "the words of 2 chunks"),
        ("DELETE FROM chunks WHERE id = 3", "lacks a fragment"),
        ("UPDATE chunks SET ordinal = 0 WHERE id = 4", "have one place"),
        ("DELETE FROM chunks WHERE item_key = 2", "the journal and the chunks differ by 2"),
        ("UPDATE journal SET op = 'drop'", "the journal and the chunks differ by 8"),
        ("UPDATE journal SET ids = substr(ids, 1, 13)", "line 1 of the journal cannot be read"),
        ("UPDATE journal SET ids = 'words'", "line 1 of the journal cannot be read"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM items WHERE key = 2", "refers to nothing"),
        ("UPDATE sqlite_sequence SET seq = 2 WHERE name = 'chunks'", "beyond the counter"),
    ],
)
def test_each_kind_of_damage_is_told(folder: Path, damage: str, finding: str) -> None:
    """The finding says what is wrong in words."""
    with closing(sqlite3.connect(database(folder))) as connection:
        connection.executescript(damage)
    with closing(Store.open(folder)) as store:
        assert any(finding in problem for problem in store.verify()), store.verify()


def test_a_sound_store_has_no_problems(folder: Path) -> None:
    """Nothing is found where nothing is wrong."""
    with closing(Store.open(folder)) as store:
        assert store.verify() == []


def test_checking_beside_writing_sees_one_moment(folder: Path) -> None:
    """Writes that come between two questions are not called damage."""
    with closing(Store.open(folder)) as store:
        is_done = threading.Event()

        def write() -> None:
            n = 0
            while not is_done.is_set():
                n += 1
                store.write(put=[item(f"/{n % 3}", f"{n}", f"{n + 1}")], drop_uris=[("p", "/3")])

        writer = threading.Thread(target=write)
        writer.start()
        found = [problem for _ in range(8) for problem in store.verify()]
        is_done.set()
        writer.join()
        assert found == []


def test_checking_ends_when_the_client_goes(folder: Path) -> None:
    """Within a query too: a large store has one that takes minutes."""

    class GoneError(BaseException):
        """The client has left."""

    asked = []

    def gone() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise GoneError

    with closing(Store.open(folder)) as store:
        store.write(put=[item(f"/many/{n}", *(f"text {n} {m}" for m in range(20))) for n in range(400)])
        with pytest.raises(GoneError):
            store.verify(gone)
        assert len(asked) == 2
        assert store.verify() == []
