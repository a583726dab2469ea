"""Cutting text into a model's tokens."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from memory_fabric.errors import ModelError

__all__ = ["TextTokenizer"]

_WORD = re.compile(r"[^\W\d_]+")
"""A run of letters: numbers and signs say nothing about the language, and `snake_case` is two words."""

_SAMPLE_CHARS = 400
"""Text that `fertility` looks at; a language shows in far less, and the answer must come in microseconds."""

_MAX_TOKEN_CHARS = 64
"""Characters a token that are looked at; a text beyond the window times this is cut before its tokens are made."""


class TextTokenizer:
    """A model's tokenizer with a window. Thread-safe; never touches the network.

    Args:
        path: A `tokenizer.json`; what it says about cutting and padding is overruled.
        window: Longest sequence, special tokens included.

    Raises:
        ModelError: The file is missing or not a tokenizer.
    """

    def __init__(self, path: Path, window: int) -> None:
        os.environ["HF_HUB_OFFLINE"] = "1"
        # a pool of its own threads wins nothing for single fragments and complains when the process forks
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_buffer(path.read_bytes())
        except Exception as error:  # the library raises bare exceptions
            raise ModelError(f"cannot read the tokenizer `{path}`: {error}") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._window = window
        marks = self._tokenizer.encode("a").special_tokens_mask
        self._tail = next((at for at, mark in enumerate(reversed(marks)) if not mark), 0)
        self._unknown = self._find_unknown()

    def _find_unknown(self) -> int:
        token = getattr(self._tokenizer.model, "unk_token", None)
        found = self._tokenizer.token_to_id(token) if token else None
        return -1 if found is None else found

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, with special tokens, none longer than the window."""
        limit = self._window * _MAX_TOKEN_CHARS
        encodings = self._tokenizer.encode_batch_fast([text[:limit] for text in texts])
        return [self._cut(encoding.ids) for encoding in encodings]

    def _cut(self, ids: list[int]) -> list[int]:
        if len(ids) <= self._window:
            return ids
        # the special tokens at the end stay: a model reads them as the end of the text
        return ids[: self._window - self._tail] + ids[len(ids) - self._tail :]

    def count(self, text: str) -> int:
        """Return how many tokens `text` has, without special tokens and without cutting."""
        return len(self._tokenizer.encode_batch_fast([text], add_special_tokens=False)[0])

    def fertility(self, text: str) -> float:
        """Return tokens per word, an unknown word counting its characters; 1 when there are no words."""
        words = _WORD.findall(text[:_SAMPLE_CHARS])
        if not words:
            return 1.0
        joined = " ".join(words)
        ids = self._tokenizer.encode_batch_fast([joined], add_special_tokens=False)[0].ids
        tokens = len(ids)
        if self._unknown in ids:
            # only the slower call says where a token lies
            spans = self._tokenizer.encode(joined, add_special_tokens=False).offsets
            tokens += sum(
                end - start - 1 for (start, end), token in zip(spans, ids, strict=True) if token == self._unknown
            )
        return tokens / len(words)
