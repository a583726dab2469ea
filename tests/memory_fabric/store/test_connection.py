"""Pragmas are in force, and SQLite's errors speak the memory's language."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from foundation.errors import BusyError, InputError, ResourceError
from memory_fabric.errors import StoreCorruptError, StoreFullError
from memory_fabric.store.connection import connect, translated


def test_durability_and_erasure_are_switched_on(tmp_path: Path) -> None:
    """WAL, full synchronisation, overwriting of freed pages, and references."""
    connection = connect(tmp_path / "x.db")
    names = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
    assert [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names] == ["wal", 2, 1, 1]
    connection.close()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    """A statement that changes something is refused."""
    connect(tmp_path / "x.db").close()
    reader = connect(tmp_path / "x.db", is_reader=True)
    with pytest.raises(ResourceError), translated(tmp_path / "x.db"):
        reader.execute("CREATE TABLE t (x)")
    reader.close()


def test_a_full_database_is_full_and_not_damaged(tmp_path: Path) -> None:
    """The limit of pages stands for a full disk; space makes it work again."""
    connection = connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (x)")
    connection.execute("PRAGMA max_page_count = 10")
    with pytest.raises(StoreFullError, match="free space"), translated(tmp_path / "x.db"):
        connection.execute("INSERT INTO t VALUES (zeroblob(1000000))")
    connection.execute("PRAGMA max_page_count = 100000")
    connection.execute("INSERT INTO t VALUES (zeroblob(1000000))")
    connection.close()


def test_a_file_of_another_kind_is_not_opened(tmp_path: Path) -> None:
    """Text is no database."""
    (tmp_path / "x.db").write_text("not a database at all " * 100)
    with pytest.raises(StoreCorruptError, match=r"x\.db"):
        connect(tmp_path / "x.db")


def test_a_folder_in_place_of_the_file_is_the_worlds_mistake(tmp_path: Path) -> None:
    """It cannot be opened, and nothing is said of damage."""
    (tmp_path / "x.db").mkdir()
    with pytest.raises(ResourceError) as caught:
        connect(tmp_path / "x.db")
    assert not isinstance(caught.value, StoreFullError)


def test_a_locked_database_can_be_tried_again(tmp_path: Path) -> None:
    """Another process in the middle of a write makes it busy."""
    first, second = connect(tmp_path / "x.db"), connect(tmp_path / "x.db")
    second.execute("PRAGMA busy_timeout = 0")
    first.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError), translated(tmp_path / "x.db"):
        second.execute("BEGIN IMMEDIATE")
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (sqlite3.OperationalError("Could not decode to UTF-8 column 'text'"), StoreCorruptError),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), InputError),
        (PermissionError(13, "Permission denied"), ResourceError),
        (sqlite3.ProgrammingError("wrong number of bindings"), sqlite3.ProgrammingError),
        (KeyError("x"), KeyError),
    ],
)
def test_errors_find_their_class(tmp_path: Path, error: Exception, expected: type[Exception]) -> None:
    """What has no code is judged by its kind; our own mistakes pass as they are."""
    with pytest.raises(expected), translated(tmp_path):
        raise error
