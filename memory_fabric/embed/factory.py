"""Finding the text model that the configuration names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from memory_fabric.config import EmbedConfig
from memory_fabric.embed.base import Embedder
from memory_fabric.embed.manifest import ModelManifest, find_manifest
from memory_fabric.embed.onnx_text import OnnxTextEmbedder
from memory_fabric.embed.places import model_places
from memory_fabric.errors import ModelError

__all__ = ["EmbedderChoice", "find_embedder"]


class EmbedderChoice(msgspec.Struct, frozen=True):
    """An embedder, or why there is none."""

    embedder: Embedder | None
    reason: str = ""
    """One line for `degraded`; empty when there is an embedder."""


def find_embedder(config: EmbedConfig, *, profile: Path | None = None) -> EmbedderChoice:
    """Return the embedder that `config` names; nothing is loaded before its first use.

    Args:
        config: Which model, and how many threads and texts a call.
        profile: The profile folder; its `models/` is one of the places searched.
    """
    if not config.model:
        return EmbedderChoice(None, "no text model is configured")
    try:
        places = model_places(profile)
        manifest = find_manifest(config.model, places)
    except ModelError as error:
        return EmbedderChoice(None, str(error))
    folder = _folder(manifest, places)
    if folder is None:
        return EmbedderChoice(None, _absence(manifest, places))
    return EmbedderChoice(OnnxTextEmbedder(manifest, folder, threads=config.threads, batch=config.batch))


def _folder(manifest: ModelManifest, places: Sequence[Path]) -> Path | None:
    folders = (place / manifest.name for place in places)
    return next((folder for folder in folders if not manifest.missing_files(folder / "source")), None)


def _absence(manifest: ModelManifest, places: Sequence[Path]) -> str:
    where = ", ".join(f"`{place / manifest.name / 'source'}`" for place in places)
    names = ", ".join(sorted(name for name, file in manifest.files.items() if not file.is_optional))
    advice = "run `make setup`" if manifest.package else f"put {names} there"
    return f"text model `{manifest.name}` is not in {where}; {advice}, and restart the daemon"
