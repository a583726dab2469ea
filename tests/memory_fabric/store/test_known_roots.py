"""What was asked to be indexed, in the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_fabric.errors import StoreCorruptError
from memory_fabric.store.known_roots import KnownRoot, nearest_root
from memory_fabric.store.store import Store


def test_the_innermost_root_counts() -> None:
    """A folder whose name begins alike is no folder around it."""
    roots = [KnownRoot("/"), KnownRoot("/a"), KnownRoot("/a/b"), KnownRoot("/a/bc")]
    assert nearest_root(roots, "/a/b/c.md") == KnownRoot("/a/b")
    assert nearest_root(roots, "/a/bcd") == KnownRoot("/a")
    assert nearest_root(roots, "/x") == KnownRoot("/")
    assert nearest_root(roots[1:], "/x") is None


def test_roots_are_replaced_and_dropped(tmp_path: Path) -> None:
    """By path, beside the store's other single facts."""
    store = Store.open(tmp_path / "store")
    store.put_root(KnownRoot("/b"))
    store.put_root(KnownRoot("/a", "one"))
    store.put_root(KnownRoot("/a", "two", is_followed=True))
    assert store.known_roots() == [KnownRoot("/a", "two", is_followed=True), KnownRoot("/b")]
    store.drop_roots(["/a", "/nowhere"])
    assert store.known_roots() == [KnownRoot("/b")]
    store.close()


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    """It is damage, and no crash."""
    store = Store.open(tmp_path / "store")
    store._commit.run(lambda connection: connection.execute("INSERT INTO meta VALUES ('root:/a', '{')"))
    with pytest.raises(StoreCorruptError, match="list of indexed folders"):
        store.known_roots()
    store.close()
