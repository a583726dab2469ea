"""What was asked to be indexed, and which of it is followed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.errors import NotFoundError
from memory_fabric.followed import FollowedRoots
from memory_fabric.store.known_roots import KnownRoot
from memory_fabric.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store.open(tmp_path / "store")
    yield opened
    opened.close()


def test_what_is_followed_stays_so_when_it_is_indexed(store: Store) -> None:
    """The last project that was asked for counts."""
    roots = FollowedRoots(store)
    roots.follow([Path("/a")], "one")
    roots.remember([Path("/a"), Path("/b")], "two")
    assert store.known_roots() == [KnownRoot("/a", "two", is_followed=True), KnownRoot("/b", "two")]
    assert roots.followed() == [KnownRoot("/a", "two", is_followed=True)]


def test_it_survives_the_process(tmp_path: Path) -> None:
    """It stands in the store."""
    first = Store.open(tmp_path / "store")
    FollowedRoots(first).follow([Path("/a")], "")
    first.close()
    again = Store.open(tmp_path / "store")
    assert FollowedRoots(again).followed() == [KnownRoot("/a", "", is_followed=True)]
    again.close()


def test_only_what_is_followed_can_be_let_go(store: Store) -> None:
    """All or nothing, and the refusal names the place."""
    roots = FollowedRoots(store)
    told: list[int] = []
    roots.follow([Path("/a")], "")
    roots.on_change = lambda: told.append(1)
    with pytest.raises(NotFoundError, match="`/b` is not followed"):
        roots.unfollow(["/a", "/b"])
    assert (len(roots.followed()), told) == (1, [])
    roots.unfollow(["/a"])
    assert (roots.followed(), told) == ([], [1])


def test_forgetting_a_place_lets_go_of_it(store: Store) -> None:
    """With everything below it, and nothing beside it."""
    roots = FollowedRoots(store)
    roots.follow([Path("/a/b")], "")
    roots.remember([Path("/a/b/c"), Path("/a/bc")], "")
    told: list[int] = []
    roots.on_change = lambda: told.append(1)
    roots.forget("/a/b")
    assert (store.known_roots(), told) == ([KnownRoot("/a/bc")], [1])
    roots.forget("/elsewhere")
    assert told == [1]
