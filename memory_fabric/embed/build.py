"""The graph of a model, made once from its weights and kept beside them.

`NAME/built/SCHEME-VERSION-SHA256.onnx`: the version covers the weights, the settings and this builder, the checksum the
file's own bytes. The file appears whole or not at all, so any number of processes may build at once.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from pathlib import Path

from memory_fabric.embed.manifest import ModelManifest
from memory_fabric.errors import ModelError

__all__ = ["build_version", "ensure_built", "file_sha256", "verify_sources"]

_BUILDER = "1"
"""Part of every version; a change of the graph makes every cache build anew once."""

_SAMPLES, _SAMPLE_BYTES = 16, 64 * 1024
"""Pieces of an unpinned file that tell it from another; training changes every piece of the weights."""

_ABANDONED_S = 3600.0
"""Age from which an unfinished file belongs to a process that is gone."""


def build_version(manifest: ModelManifest, folder: Path) -> str:
    """Return eight hex digits over the weights, the settings and this builder.

    Args:
        manifest: The model; pinned checksums stand for their files.
        folder: Holds `source/`; files without a checksum are sampled, since they may have gigabytes.
    """
    loose = sorted(name for name, file in manifest.files.items() if not file.sha256)
    return manifest.fingerprint(_BUILDER, *(f"{name}:{_sampled(folder / 'source' / name)}" for name in loose))


def _sampled(path: Path) -> str:
    """Return a checksum over the size and evenly spread pieces of a file; empty when it is not there."""
    try:
        size = path.stat().st_size
        digest = hashlib.sha256(str(size).encode())
        with path.open("rb") as file:
            for piece in range(_SAMPLES):
                file.seek(max(size - _SAMPLE_BYTES, 0) * piece // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE_BYTES))
    except OSError:
        return ""
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """Return the checksum of a file, in hex.

    Raises:
        ModelError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"cannot read `{path}`: {error.strerror}") from error


def verify_sources(manifest: ModelManifest, source: Path) -> None:
    """Check that the files of a model are those that its manifest names.

    Raises:
        ModelError: Files are missing or differ; all are named.
    """
    wrong = [f"`{name}` is missing" for name in manifest.missing_files(source)]
    for name, file in manifest.files.items():
        if file.sha256 and (source / name).is_file() and file_sha256(source / name) != file.sha256:
            wrong.append(f"`{name}` is not the file of the manifest")
    if wrong:
        raise ModelError(f"model `{manifest.name}` in `{source}`: {', '.join(wrong)}", fix="run `make setup`")


def ensure_built(manifest: ModelManifest, folder: Path) -> Path:
    """Return the model's graph, building it when it is not there or damaged.

    Args:
        manifest: The model.
        folder: Holds `source/`, and `built/` afterwards.

    Returns:
        The path of an ONNX file; for a model that comes as one, the file itself.

    Raises:
        ModelError: The weights are missing, differ from the manifest, or the folder cannot be written.
    """
    source = folder / "source"
    if manifest.format == "onnx":
        verify_sources(manifest, source)
        return source / "model.onnx"
    stem = f"{manifest.quantisation.scheme}-{build_version(manifest, folder)}-"
    for path in sorted((folder / "built").glob(f"{stem}*.onnx")):
        if file_sha256(path) == path.stem.removeprefix(stem):
            return path
        path.unlink(missing_ok=True)
    verify_sources(manifest, source)
    try:
        return _write(_graph(manifest, source), folder / "built", stem)
    except OSError as error:
        raise ModelError(f"cannot write the graph of `{manifest.name}` to `{folder}`: {error.strerror}") from error


def _graph(manifest: ModelManifest, source: Path) -> bytes:
    # `onnx` costs 30 MB and half a second: only a machine's first start pays for it
    from memory_fabric.embed.convert_bert import convert_bert, read_bert_config
    from memory_fabric.embed.safetensors import read_safetensors

    config = read_bert_config(source / "config.json")
    if config.hidden_size != manifest.dimension:
        raise ModelError(f"model `{manifest.name}` has {config.hidden_size} dimensions, not {manifest.dimension}")
    quantisation = manifest.quantisation
    model = convert_bert(
        read_safetensors(source / "model.safetensors"),
        config,
        pooling=manifest.pooling,
        scheme=quantisation.scheme,
        smoothing={int(channel): divisor for channel, divisor in quantisation.smoothing.items()},
    )
    return bytes(model.SerializeToString(deterministic=True))


def _write(graph: bytes, folder: Path, stem: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}{hashlib.sha256(graph).hexdigest()}.onnx"
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as part:
        part.write(graph)
        part.flush()
        os.fsync(part.fileno())
        # the weights are public, and a cache may serve several users
        os.fchmod(part.fileno(), 0o644)
    os.replace(part.name, path)
    _sweep(folder)
    return path


def _sweep(folder: Path) -> None:
    for part in folder.glob("*.part"):
        if time.time() - part.stat().st_mtime > _ABANDONED_S:
            part.unlink(missing_ok=True)
