"""What a model is: its files, its tokenizer's window, its vectors, its licence; read from `models/NAME.toml`."""

from __future__ import annotations

import hashlib
import importlib.resources
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from memory_fabric.embed.quantize import Scheme
from memory_fabric.errors import ModelError

__all__ = ["ModelFile", "ModelManifest", "Prefixes", "Quantisation", "find_manifest", "parse_manifest"]

_NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"
_Name = Annotated[str, Meta(pattern=_NAME)]
_Sha256 = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]
_Language = Annotated[str, Meta(pattern="^[a-z]{2}$")]
_Positive = Annotated[int, Meta(ge=1, le=65_536)]

_NEEDED_FILES = {
    "bert-safetensors": ("model.safetensors", "config.json", "tokenizer.json"),
    "onnx": ("model.onnx", "tokenizer.json"),
}


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file in the model's `source/` folder."""

    sha256: _Sha256 = ""
    """Empty when the user brings the file: it is then taken as it is."""
    packed_as: str = ""
    """Path in the package that carries the file; empty when no package does."""
    is_optional: bool = False


class Prefixes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that the model wants in front of a text."""

    query: str = ""
    passage: str = ""


class Quantisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the weights of a graph that is built here are stored."""

    scheme: Scheme = "fp32"
    smoothing: dict[Annotated[str, Meta(pattern="^[0-9]+$")], Literal[2, 4, 8, 16, 32]] = {}
    """Divisors of the hidden channels that are much larger than all others; used by `token8` only."""


class ModelManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text model and how to use it."""

    name: _Name
    role: Literal["text"]
    format: Literal["bert-safetensors", "onnx"]
    """Weights to build a graph from, or a ready graph."""
    dimension: _Positive
    window_tokens: Annotated[int, Meta(ge=8, le=65_536)]
    """Longest input, special tokens included; the rest of a text is cut off."""
    pooling: Literal["mean", "cls"]
    licence: str
    files: dict[Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")], ModelFile]
    """By name in the `source/` folder."""
    is_normalised: bool = True
    """Whether vectors are scaled to unit length."""
    languages: tuple[_Language, ...] = ()
    """ISO 639-1; empty means all."""
    prefixes: Prefixes = Prefixes()
    quantisation: Quantisation = Quantisation()
    package: str = ""
    """Distribution in `models/packages.txt` that carries the files; empty when the user brings them."""

    def missing_files(self, source: Path) -> list[str]:
        """Return the names of the needed files that `source` does not have, sorted."""
        return sorted(
            name for name, file in self.files.items() if not file.is_optional and not (source / name).is_file()
        )

    def fingerprint(self, *extra: str) -> str:
        """Return eight hex digits over all that decides the vectors, and over `extra`."""
        shape = (self.format, self.dimension, self.window_tokens, self.pooling, self.is_normalised)
        prefixes, quantisation = self.prefixes, self.quantisation
        hashes = {name: file.sha256 for name, file in self.files.items() if file.sha256}
        parts = msgspec.json.encode([shape, prefixes, quantisation, hashes, extra], order="deterministic")
        return hashlib.sha256(parts).hexdigest()[:8]


def find_manifest(name: str, places: Sequence[Path]) -> ModelManifest:
    """Return the manifest of the model `name`: the user's own if a place has one, else the packaged one.

    Raises:
        ModelError: There is none, or it has mistakes.
    """
    if not re.fullmatch(_NAME, name):
        raise ModelError(f"`{name}` is not the name of a model", fix="use lower-case letters, digits, `.`, `_` and `-`")
    for place in places:
        own = place / f"{name}.toml"
        if own.is_file():
            return _named(parse_manifest(own.read_text("utf-8"), str(own)), name, str(own))
    packaged = importlib.resources.files("models") / f"{name}.toml"
    if not packaged.is_file():
        raise ModelError(f"model `{name}` has no manifest", fix=f"add `{name}.toml` to a model cache")
    return _named(parse_manifest(packaged.read_text("utf-8"), f"models/{name}.toml"), name, f"models/{name}.toml")


def _named(manifest: ModelManifest, name: str, file: str) -> ModelManifest:
    if manifest.name != name:
        raise ModelError(f"`{file}`: `name`: is `{manifest.name}`, but the file is that of `{name}`")
    return manifest


def parse_manifest(text: str, file: str) -> ModelManifest:
    """Return the manifest written in `text`.

    Args:
        text: TOML.
        file: Its name for messages.

    Raises:
        ModelError: Names every mistake with its key.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"`{file}` is not TOML: {error}") from error
    mistakes = _mistakes(raw)
    if mistakes:
        raise ModelError("; ".join(f"`{file}`: {mistake}" for mistake in mistakes))
    return msgspec.convert(raw, ModelManifest)


def _mistakes(raw: Mapping[str, Any]) -> list[str]:
    known = {field.name: field for field in msgspec.structs.fields(ModelManifest)}
    found = [f"`{key}`: unknown key" for key in raw if key not in known]
    found += [f"`{key}`: missing" for key, field in known.items() if field.required and key not in raw]
    for key, value in raw.items():
        if key in known:
            files = value.items() if key == "files" and isinstance(value, dict) else ()
            each = [mistake for name, file in files for mistake in _mistake(file, ModelFile, f"files.{name}")]
            found += each or _mistake(value, known[key].type, key)
    return found or _missing_parts(raw)


def _mistake(value: object, kind: Any, key: str) -> list[str]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason, _, at = str(error).partition(" - at `$")
        return [f"`{key}{at.rstrip('`')}`: {reason[:1].lower()}{reason[1:]}"]
    return []


def _missing_parts(raw: Mapping[str, Any]) -> list[str]:
    files: Mapping[str, Any] = raw["files"]
    found = [f"`files.{name}`: missing" for name in _NEEDED_FILES[raw["format"]] if name not in files]
    if raw.get("package"):
        for name, file in files.items():
            found += [f"`files.{name}.{key}`: missing" for key in ("sha256", "packed_as") if not file.get(key)]
    return found
