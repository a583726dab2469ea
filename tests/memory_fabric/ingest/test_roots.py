"""Which paths may be indexed."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import InputError
from memory_fabric.config import IngestConfig
from memory_fabric.ingest.roots import allowed_roots


@pytest.mark.parametrize(
    "text",
    ["~nouser-of-this-name/x", "~" + 4_000 * "x", "/" + 300 * "a", 3_000 * "/a", "/nowhere/x", " ", "/a\x00", "CIRCLE"],
)
def test_a_path_that_leads_nowhere_is_the_callers_mistake(text: str, tmp_path: Path) -> None:
    """Whatever the system calls it: no such user, a name that is too long, links in a circle."""
    (tmp_path / "a").symlink_to("a")
    with pytest.raises(InputError) as caught:
        allowed_roots([text.replace("CIRCLE", str(tmp_path / "a"))], IngestConfig())
    assert caught.value.field == "paths"


def test_links_and_roots_are_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link out of an allowed folder does not lead out of it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    limits = IngestConfig(roots=("~/in",), denied=())
    assert allowed_roots(["~/in"], limits) == [inside.resolve()]
    with pytest.raises(InputError, match="outside the allowed folders"):
        allowed_roots([str(inside / "link")], limits)
