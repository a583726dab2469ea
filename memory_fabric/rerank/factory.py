"""From a word of the configuration to a reranker; a backend is imported only when it is chosen."""

from __future__ import annotations

from pathlib import Path

from memory_fabric.config import RerankConfig
from memory_fabric.embed.places import model_places
from memory_fabric.errors import ModelError
from memory_fabric.rerank.base import Reranker

__all__ = ["find_reranker"]


def find_reranker(config: RerankConfig, *, threads: int, profile: Path | None = None) -> tuple[Reranker | None, str]:
    """Return the reranker that `config` names, or None and why there is none; no weights are loaded before its use.

    Args:
        config: Which one.
        threads: Of one model call.
        profile: The profile folder; its `models/` is one of the places searched.
    """
    try:
        match config.model:
            case "":
                return None, "no reranker is configured"
            case "learned":
                from memory_fabric.rerank.learned import LearnedRanker, load_rank_weights

                return LearnedRanker(load_rank_weights()), ""
            case name:
                return _cross_encoder(name, threads, profile)
    except ModelError as error:
        return None, str(error)


def _cross_encoder(name: str, threads: int, profile: Path | None) -> tuple[Reranker | None, str]:
    from memory_fabric.rerank.manifest import find_rerank_manifest
    from memory_fabric.rerank.onnx_cross import OnnxCrossEncoder

    places = model_places(profile)
    manifest = find_rerank_manifest(name, places)
    folders = [place / manifest.name / "source" for place in places]
    source = next((folder for folder in folders if not manifest.missing_files(folder)), None)
    if source is None:
        where = ", ".join(f"`{folder}`" for folder in folders)
        names = ", ".join(sorted(name for name, file in manifest.files.items() if not file.is_optional))
        return None, f"reranker `{manifest.name}` is not in {where}; put {names} there, and restart the daemon"
    return OnnxCrossEncoder(manifest, source, threads=threads), ""
