"""Paths as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.paths import expanded_path, real_path


def test_home_and_links_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not there yet keeps its name."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert expanded_path("~/link") == tmp_path / "link"
    assert real_path("~/link/new") == (tmp_path / "real" / "new").resolve()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("~nouser-of-this-name/x", "no user of this name"),
        ("~" + 4_000 * "x", "no user of this name"),
        ("/a\x00b", "null byte"),
    ],
)
def test_a_path_that_leads_nowhere_says_why(text: str, reason: str) -> None:
    """In words, and without repeating the path."""
    with pytest.raises(ValueError, match=reason) as caught:
        real_path(text)
    assert text not in str(caught.value)


def test_links_in_a_circle_are_no_crash(tmp_path: Path) -> None:
    """Python before 3.13 raises a RuntimeError for them; later ones return the link itself."""
    link = tmp_path / "a"
    link.symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    try:
        assert real_path(str(link)) == link
    except ValueError as error:
        assert "circle" in str(error)  # noqa: PT017 (either of the two is right)


@pytest.mark.parametrize("text", ["/" + 300 * "a", "/nowhere/x", "/etc/passwd/x"])
def test_what_is_not_there_is_no_mistake(text: str) -> None:
    """Not even what cannot be: it can be asked for and forgotten."""
    assert real_path(text) == Path(text)
