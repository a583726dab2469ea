"""Older databases come up whole, failed steps leave no trace, foreign files are left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from foundation.errors import ConflictError
from memory_fabric.errors import StoreCorruptError
from memory_fabric.store.connection import connect, translated
from memory_fabric.store.migrations import APPLICATION_ID, SCHEMA, migrate
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import database, item, replayed, texts_of

_VERSION_1 = Path(__file__).parent / "schema_1.sql"


def _restore(script: Path, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))


def _shape(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()


def test_a_store_of_version_1_is_brought_up(tmp_path: Path) -> None:
    """Ids, texts, files and the journal are as they were, and writing goes on."""
    _restore(_VERSION_1, database(tmp_path))
    store = Store.open(tmp_path)
    assert store.verify() == []
    assert texts_of(store, "/src/a.txt") == ["one ", "two"]
    assert replayed(store) == set(store.live_chunk_ids().tolist()) == {2, 3}
    assert list(store.files(["/src"])) == ["/src/a.txt"]
    receipt = store.write(put=[item("/src/a.txt", "one ", "three")])
    assert (receipt.item_ids[0], receipt.unchanged) == ("mi_01J00000000000000000000001", 1)
    assert store.verify() == []
    store.close()


def test_an_upgraded_store_has_the_shape_of_a_new_one(tmp_path: Path) -> None:
    """Whoever looks later cannot tell which version a store began with."""
    _restore(_VERSION_1, tmp_path / "old.db")
    shapes = []
    for name in ("old.db", "new.db"):
        with closing(connect(tmp_path / name)) as connection:
            migrate(connection, tmp_path / name)
            shapes.append({name: " ".join(sql.split()).replace('"', "") for name, sql in _shape(connection)})
            assert connection.execute("PRAGMA user_version").fetchone() == (len(SCHEMA),)
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("begins_with", [0, 1])
def test_a_step_that_fails_half_way_is_undone_whole(tmp_path: Path, begins_with: int) -> None:
    """Its first statements are gone with it; the steps before it stay."""
    path = tmp_path / "x.db"
    bad = tmp_path / "bad.sql"
    bad.write_text("CREATE TABLE extra (x);\nUPDATE chunks SET text = 'spoilt';\nINSERT INTO nowhere VALUES (1);\n")
    if begins_with:
        _restore(_VERSION_1, path)
    with closing(connect(path)) as connection:
        with pytest.raises(StoreCorruptError, match="nowhere"), translated(path):
            migrate(connection, path, (*SCHEMA, bad))
        assert connection.execute("PRAGMA user_version").fetchone() == (len(SCHEMA),)
        assert "extra" not in dict(_shape(connection))
        assert connection.execute("SELECT count(*) FROM chunks WHERE text = 'spoilt'").fetchone() == (0,)
        assert not connection.in_transaction
        good = tmp_path / "good.sql"
        good.write_text("CREATE TABLE extra (x);\n")
        migrate(connection, path, (*SCHEMA, good))
        assert "extra" in dict(_shape(connection))


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    """An older Cairn must not write into it."""
    Store.open(tmp_path).close()
    with closing(sqlite3.connect(database(tmp_path))) as connection:
        connection.execute(f"PRAGMA user_version = {len(SCHEMA) + 1}")
    with pytest.raises(ConflictError, match="install a newer Cairn"):
        Store.open(tmp_path)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    """It is refused, and not a byte of it changes its meaning."""
    with closing(sqlite3.connect(database(tmp_path))) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(ConflictError, match="is not a store of Cairn"):
        Store.open(tmp_path)
    with closing(sqlite3.connect(database(tmp_path))) as connection:
        assert [name for name, _ in _shape(connection)] == ["theirs"]
        assert connection.execute("PRAGMA application_id").fetchone() == (0,)


@pytest.mark.parametrize("pragma", ["application_id = 5", "user_version = 0"])
def test_a_header_that_denies_its_tables_is_damage(tmp_path: Path, pragma: str) -> None:
    """Our tables under another mark, or under no version, were not written so."""
    Store.open(tmp_path).close()
    with closing(sqlite3.connect(database(tmp_path))) as connection:
        connection.execute(f"PRAGMA {pragma}")
    with pytest.raises(StoreCorruptError, match="header"):
        Store.open(tmp_path)


def test_the_file_is_marked_as_ours(tmp_path: Path) -> None:
    """The four letters stand at byte 68, where `file` looks for them."""
    store = Store.open(tmp_path)
    store.checkpoint()
    assert database(tmp_path).read_bytes()[68:72] == b"CAIR" == APPLICATION_ID.to_bytes(4)
    store.close()
