"""What every embedder offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embedder", "Vectors"]

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors. Implementations are thread-safe."""

    @property
    def model_id(self) -> str:
        """Name and content version, e.g. `all-minilm-l6-v2@q8-3f2a`; part of every cache key."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes that the model was trained to understand; empty means all."""

    @property
    def is_loaded(self) -> bool:
        """Whether it can answer at once; one that is not loads itself with its first text."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of `texts`.

        Args:
            texts: n texts; each is cut at the model's window.

        Returns:
            (n, dimension) float32, rows of unit length, in the order given.
        """

    def embed_query(self, text: str) -> Vectors:
        """Return (dimension,) float32: the vector of a question, with the model's query prefix if it has one."""

    def token_count(self, text: str) -> int:
        """Return how many tokens the model makes of `text`, without cutting."""

    def fertility(self, text: str) -> float:
        """Return model tokens per word of `text`: about 1.3 where the model knows the language, 4 and more where not.

        A word that the tokenizer does not know at all counts as its number of characters.
        """
