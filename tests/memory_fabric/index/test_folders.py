"""Every folder above a path, an archive being one."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.index.folders import ancestors


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("", []),
        ("/", ["/"]),
        ("/a.txt", ["/a.txt", "/"]),
        ("/a/b/c.txt", ["/a/b/c.txt", "/a/b", "/a", "/"]),
        ("/a/old.zip!/x/y.txt", ["/a/old.zip!/x/y.txt", "/a/old.zip!/x", "/a/old.zip", "/a", "/"]),
        ("/a/old.zip!/y.txt", ["/a/old.zip!/y.txt", "/a/old.zip", "/a", "/"]),
        ("/a!b/c", ["/a!b/c", "/a!b", "/"]),
    ],
)
def test_by_hand(path: str, above: list[str]) -> None:
    """The path itself first, the root last."""
    assert ancestors(path) == above


@given(
    st.lists(st.text("ab.ж !", min_size=1, max_size=3).filter(lambda s: s not in {".", ".."}), min_size=1, max_size=6)
)
def test_a_plain_path_has_its_parents(parts: list[str]) -> None:
    """As the library of paths names them."""
    path = "/" + "/".join(parts)
    if "!/" not in path:
        assert ancestors(path) == [path, *(str(parent) for parent in PurePosixPath(path).parents)]
