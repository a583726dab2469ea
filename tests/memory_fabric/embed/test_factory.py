"""Finding the model, or saying why there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_fabric.config import EmbedConfig
from memory_fabric.embed.factory import find_embedder
from tests.memory_fabric.embed.tiny_model import MANIFEST, write_model


@pytest.fixture(autouse=True)
def _no_other_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CAIRN_MODELS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_a_model_in_the_profile_is_found(tmp_path: Path) -> None:
    """Files and manifest in the profile's cache are enough."""
    write_model(tmp_path / "models" / "tiny")
    (tmp_path / "models" / "tiny.toml").write_text(MANIFEST)
    choice = find_embedder(EmbedConfig(model="tiny"), profile=tmp_path)
    assert choice.embedder is not None
    assert choice.embedder.model_id.startswith("tiny@fp32-")
    assert choice.embedder.dimension == 64
    assert choice.embedder.embed(["the file"]).shape == (1, 64)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("", "no text model is configured"),
        ("no-such", "`no-such` has no manifest"),
        ("all-minilm-l6-v2", "run `make setup`"),
        ("bge-m3", "put model.onnx, tokenizer.json there"),
    ],
)
def test_the_reason_is_said(model: str, reason: str, tmp_path: Path) -> None:
    """Recall without vectors says why, and what would help."""
    choice = find_embedder(EmbedConfig(model=model), profile=tmp_path)
    assert choice.embedder is None
    assert reason in choice.reason


def test_a_model_folder_of_nobody_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip in the environment does not stop the daemon."""
    monkeypatch.setenv("CAIRN_MODELS", "~nouser-of-this-name/models")
    choice = find_embedder(EmbedConfig(), profile=tmp_path)
    assert choice.embedder is None
    assert choice.reason.startswith("`CAIRN_MODELS`: `~nouser-of-this-name/models`: no user of this name")


def test_a_manifest_with_mistakes_is_a_reason(tmp_path: Path) -> None:
    """A broken manifest of the user's does not stop the daemon."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny.toml").write_text(MANIFEST.replace("dimension = 64", ""))
    choice = find_embedder(EmbedConfig(model="tiny"), profile=tmp_path)
    assert choice.embedder is None
    assert "`dimension`: missing" in choice.reason
