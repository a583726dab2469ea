"""The learned weights of answers: small enough to read, shipped as `models/answers.json` with its card."""

from __future__ import annotations

import importlib.resources
import math
from collections.abc import Sequence
from functools import cache

import msgspec

from memory_fabric.answer.features import CONFIDENCE, UNIT
from memory_fabric.errors import ModelError

__all__ = ["AnswerWeights", "Linear", "load_weights"]

_FILE = "answers.json"


class Linear(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A weighted sum."""

    bias: float
    weights: dict[str, float]
    """By the name of the feature."""

    def value(self, names: Sequence[str], features: Sequence[float]) -> float:
        """Return the sum for features in the order of `names`."""
        return self.bias + sum(self.weights.get(name, 0.0) * value for name, value in zip(names, features, strict=True))


class AnswerWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is learned; `meaning` where the text model can read the question, `words` where not."""

    unit_words: Linear
    unit_meaning: Linear
    answer_words: Linear
    answer_meaning: Linear
    threshold_words: float
    threshold_meaning: float

    def unit_score(self, features: Sequence[float], *, has_meaning: bool) -> float:
        """Return how well a unit answers, 0..1."""
        return _logistic((self.unit_meaning if has_meaning else self.unit_words).value(UNIT, features))

    def confidence(self, features: Sequence[float], *, has_meaning: bool) -> float:
        """Return how sure it is that the memory holds an answer, 0..1."""
        return _logistic((self.answer_meaning if has_meaning else self.answer_words).value(CONFIDENCE, features))

    def threshold(self, *, has_meaning: bool) -> float:
        """Return the confidence from which an answer is given."""
        return self.threshold_meaning if has_meaning else self.threshold_words


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(value, -40.0), 40.0)))


@cache
def load_weights() -> AnswerWeights:
    """Return the shipped weights.

    Raises:
        ModelError: The file is missing or was changed by halves.
    """
    try:
        found = msgspec.json.decode((importlib.resources.files("models") / _FILE).read_bytes(), type=AnswerWeights)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ModelError(f"`models/{_FILE}` cannot be read: {error}", fix="reinstall Cairn") from error
    for model, names in (
        (found.unit_words, UNIT),
        (found.unit_meaning, UNIT),
        (found.answer_words, CONFIDENCE),
        (found.answer_meaning, CONFIDENCE),
    ):
        if unknown := sorted(model.weights.keys() - set(names)):
            raise ModelError(f"`models/{_FILE}` weighs features that there are not: {', '.join(unknown)}")
    return found
