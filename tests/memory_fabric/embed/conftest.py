"""The tiny model, and the default one where set-up has brought it."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_fabric.config import EmbedConfig
from memory_fabric.embed.factory import find_embedder
from memory_fabric.embed.manifest import ModelManifest
from memory_fabric.embed.onnx_text import OnnxTextEmbedder
from tests.memory_fabric.embed.tiny_model import write_model


@pytest.fixture
def tiny(tmp_path: Path) -> tuple[ModelManifest, Path]:
    """A model of 64 dimensions with random weights: its manifest and its folder."""
    folder = tmp_path / "tiny"
    return write_model(folder), folder


@pytest.fixture(scope="session")
def minilm() -> OnnxTextEmbedder:
    """The default model; `make setup` brings it."""
    choice = find_embedder(EmbedConfig())
    if choice.embedder is None:
        pytest.skip(choice.reason)
    assert isinstance(choice.embedder, OnnxTextEmbedder)
    return choice.embedder
