"""Where models are searched."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_fabric.embed.places import default_place, model_places


def test_the_order_of_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment comes before the profile, and the profile before the user's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("CAIRN_MODELS", "/named")
    assert model_places(Path("/profile")) == (Path("/named"), Path("/profile/models"), Path("/data/cairn/models"))
    assert default_place() == Path("/named")


def test_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set-up fills the user's data folder, which is always searched."""
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.delenv("CAIRN_MODELS", raising=False)
    assert default_place() == Path("/data/cairn/models")
    assert model_places() == (Path("/data/cairn/models"),)
