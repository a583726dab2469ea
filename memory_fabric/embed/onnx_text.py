"""Text vectors by `onnxruntime`: the default embedder, and that of any sentence model in ONNX form."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from foundation.memory import return_memory
from memory_fabric.embed.base import Vectors
from memory_fabric.embed.build import build_version, ensure_built
from memory_fabric.embed.manifest import ModelManifest
from memory_fabric.embed.session import EncoderSession
from memory_fabric.embed.tokens import TextTokenizer

__all__ = ["OnnxTextEmbedder", "batches"]

_CACHED_QUERIES = 256
"""Questions kept with their vectors: people repeat and page through them; 256 are under half a megabyte."""

_TOKENS_PER_TEXT = 128
"""Batch size times this is the most tokens in one call: measured, four texts of 256 tokens are as fast as eight on a
quiet machine, a sixth faster on a busy one, and take half the memory."""

_STRIDE = 512
"""Texts whose tokens are held at once; also how far a text may travel when sorted by length."""


def batches(lengths: Sequence[int], most_texts: int, most_tokens: int) -> Iterator[list[int]]:
    """Yield the positions of the texts of each model call, like lengths together since filling is computed too.

    Args:
        lengths: Tokens of each text.
        most_texts: Texts in a call.
        most_tokens: Tokens in a call, filling included; a single longer text goes alone.
    """
    chosen: list[int] = []
    for at in sorted(range(len(lengths)), key=lengths.__getitem__):
        if chosen and (len(chosen) == most_texts or (len(chosen) + 1) * lengths[at] > most_tokens):
            yield chosen
            chosen = []
        chosen.append(at)
    if chosen:
        yield chosen


class OnnxTextEmbedder:
    """An `Embedder` over an ONNX graph. Thread-safe; the graph and the tokenizer load at first use.

    Args:
        manifest: The model.
        folder: Its folder in a model cache.
        threads: Threads of one model call.
        batch: Texts in one model call.
    """

    def __init__(self, manifest: ModelManifest, folder: Path, *, threads: int = 2, batch: int = 8) -> None:
        self._manifest = manifest
        self._folder = folder
        self._threads = threads
        self._batch = batch
        kind = "onnx" if manifest.format == "onnx" else manifest.quantisation.scheme
        self._model_id = f"{manifest.name}@{kind}-{build_version(manifest, folder)}"
        self._lock = threading.Lock()
        self._session: EncoderSession | None = None
        self._tokenizer: TextTokenizer | None = None
        self._queries: OrderedDict[str, Vectors] = OrderedDict()

    @property
    def model_id(self) -> str:
        """Name, number format and content version; part of every cache key."""
        return self._model_id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._manifest.dimension

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes that the model was trained to understand; empty means all."""
        return frozenset(self._manifest.languages)

    @property
    def is_loaded(self) -> bool:
        """Whether the graph is in memory."""
        return self._session is not None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of `texts`.

        Args:
            texts: n texts; each is cut at the model's window.

        Returns:
            (n, dimension) float32, rows of unit length, in the order given.

        Raises:
            ModelError: The model's files are missing or damaged.
        """
        return self._embed([self._manifest.prefixes.passage + text for text in texts])

    def embed_query(self, text: str) -> Vectors:
        """Return (dimension,) float32: the vector of a question; repeated questions are answered from memory.

        Raises:
            ModelError: The model's files are missing or damaged.
        """
        with self._lock:
            known = self._queries.get(text)
            if known is not None:
                self._queries.move_to_end(text)
                return known.copy()
        vector: Vectors = self._embed([self._manifest.prefixes.query + text])[0]
        with self._lock:
            self._queries[text] = vector
            while len(self._queries) > _CACHED_QUERIES:
                self._queries.popitem(last=False)
        return vector.copy()

    def token_count(self, text: str) -> int:
        """Return how many tokens the model makes of `text`, without cutting.

        Raises:
            ModelError: The tokenizer is missing or damaged.
        """
        return self._loaded_tokenizer().count(text)

    def fertility(self, text: str) -> float:
        """Return model tokens per word of `text`; a word unknown to the tokenizer counts its characters.

        Raises:
            ModelError: The tokenizer is missing or damaged.
        """
        return self._loaded_tokenizer().fertility(text)

    def unload(self) -> None:
        """Let go of the graph; the next text loads it again. Calls in flight finish undisturbed."""
        with self._lock:
            self._session = None
        return_memory()

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        if not texts:
            return vectors
        tokenizer, session = self._loaded_tokenizer(), self._loaded_session()
        for start in range(0, len(texts), _STRIDE):
            rows = tokenizer.encode(texts[start : start + _STRIDE])
            for chosen in batches([len(row) for row in rows], self._batch, self._batch * _TOKENS_PER_TEXT):
                vectors[[start + at for at in chosen]] = session.run([rows[at] for at in chosen])
        if self._manifest.is_normalised:
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny)
        return vectors

    def _loaded_tokenizer(self) -> TextTokenizer:
        with self._lock:
            if self._tokenizer is None:
                path = self._folder / "source" / "tokenizer.json"
                self._tokenizer = TextTokenizer(path, self._manifest.window_tokens)
            return self._tokenizer

    def _loaded_session(self) -> EncoderSession:
        with self._lock:
            if self._session is None:
                path = ensure_built(self._manifest, self._folder)
                self._session = EncoderSession(path, self._manifest, self._threads)
            return self._session
