"""What a cross-encoder is: its files, how question and text are put together, what its output means."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from memory_fabric.embed.manifest import ModelFile
from memory_fabric.errors import ModelError

__all__ = ["RerankManifest", "find_rerank_manifest", "parse_rerank_manifest"]

_NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"


class RerankManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cross-encoder in ONNX form and how to use it."""

    name: Annotated[str, Meta(pattern=_NAME)]
    role: Literal["rerank"]
    window_tokens: Annotated[int, Meta(ge=8, le=65_536)]
    """Longest input, question and special tokens included; the rest of a text is cut off."""
    licence: str
    files: dict[Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")], ModelFile]
    """By name in the `source/` folder; `model.onnx` and `tokenizer.json` are among them."""
    output: Literal["logit", "yes_no"] = "logit"
    """`logit`: one number a pair, (batch, 1) or (batch,). `yes_no`: a language model whose next token is an answer,
    (batch, tokens, words)."""
    template: str = ""
    """Text with `{query}` and `{document}` for models that read one text; empty for those that read a pair."""
    yes: str = ""
    no: str = ""
    """Tokens of the two answers, for `yes_no`."""

    def __post_init__(self) -> None:
        missing = {"model.onnx", "tokenizer.json"} - self.files.keys()
        if missing:
            raise ValueError(f"`files` lacks {', '.join(sorted(missing))}")
        if self.template and not ("{query}" in self.template and "{document}" in self.template):
            raise ValueError("`template` lacks `{query}` or `{document}`")
        if self.output == "yes_no" and not (self.yes and self.no and self.template):
            raise ValueError("`yes_no` needs `yes`, `no` and `template`")

    def missing_files(self, source: Path) -> list[str]:
        """Return the names of the needed files that `source` does not have, sorted."""
        return sorted(
            name for name, file in self.files.items() if not file.is_optional and not (source / name).is_file()
        )


def find_rerank_manifest(name: str, places: Sequence[Path]) -> RerankManifest:
    """Return the manifest of the reranker `name`: the user's own if a place has one, else the packaged one.

    Raises:
        ModelError: There is none, or it has mistakes.
    """
    if not re.fullmatch(_NAME, name):
        raise ModelError(f"`{name}` is not the name of a model", fix="use lower-case letters, digits, `.`, `_` and `-`")
    for place in places:
        own = place / f"{name}.toml"
        if own.is_file():
            return parse_rerank_manifest(own.read_text("utf-8"), str(own))
    packaged = importlib.resources.files("models") / f"{name}.toml"
    if not packaged.is_file():
        raise ModelError(f"reranker `{name}` has no manifest", fix=f"add `{name}.toml` to a model cache")
    return parse_rerank_manifest(packaged.read_text("utf-8"), f"models/{name}.toml")


def parse_rerank_manifest(text: str, file: str) -> RerankManifest:
    """Return the manifest written in `text`.

    Args:
        text: TOML.
        file: Its name for messages.

    Raises:
        ModelError: Names the mistake and its key.
    """
    try:
        return msgspec.toml.decode(text, type=RerankManifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"`{file}`: {error}") from error
