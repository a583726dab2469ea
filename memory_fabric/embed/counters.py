"""Counting tokens for the models that read what Cairn packs: each by its own tokenizer."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

from foundation.errors import InputError
from memory_fabric.embed.places import model_places
from memory_fabric.embed.tokens import TextTokenizer
from memory_fabric.errors import ModelError

__all__ = ["TokenCounters"]

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FILES = ("source/tokenizer.json", "tokenizer.json")
_ANY_WINDOW = 1 << 20


class TokenCounters:
    """Finds tokenizers in the model caches and keeps them. Thread-safe.

    Args:
        profile: The profile folder; its `models/` is one of the places searched.
    """

    def __init__(self, profile: Path | None) -> None:
        self._profile = profile
        self._lock = threading.Lock()
        self._known: dict[str, TextTokenizer] = {}

    def counter(self, model: str) -> Callable[[str], int]:
        """Return what counts the tokens of a text for `model`.

        Raises:
            InputError: No model cache has a tokenizer of that name.
            ModelError: The tokenizer cannot be read.
        """
        with self._lock:
            if model not in self._known:
                self._known[model] = TextTokenizer(self._find(model), _ANY_WINDOW)
            return self._known[model].count

    def _find(self, model: str) -> Path:
        if not _NAME.fullmatch(model):
            raise InputError("model", "is not the name of a model: use lower-case letters, digits, `.`, `_` and `-`")
        try:
            places = model_places(self._profile)
        except ModelError as error:
            raise InputError("model", error.message, fix=error.fix) from error
        found = next((path for place in places for file in _FILES if (path := place / model / file).is_file()), None)
        if found is None:
            where = ", ".join(f"`{place / model}`" for place in places)
            raise InputError("model", f"no tokenizer of `{model}` in {where}", fix="put its `tokenizer.json` there")
        return found
