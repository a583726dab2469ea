"""The share of the vectors, by kind, by question and by language."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from memory_fabric.embed.base import Vectors
from memory_fabric.recall.trust import closeness, dense_share, is_evident, prominence, reading_skill
from tests.memory_fabric.rows import make_row

ENGLISH = frozenset({"en"})


class Speller:
    """An embedder that knows as many tokens a word as it is told."""

    model_id = "speller"
    dimension = 2
    languages = ENGLISH
    is_loaded = True

    def __init__(self, fertility: float) -> None:
        self._fertility = fertility

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return equal vectors."""
        return np.tile(np.array([1.0, 0.0], dtype=np.float32), (len(texts), 1))

    def embed_query(self, text: str) -> Vectors:
        """Return one of them."""
        vector: Vectors = self.embed([text])[0]
        return vector

    def token_count(self, text: str) -> int:
        """Count by fertility."""
        return round(len(text.split()) * self._fertility)

    def fertility(self, text: str) -> float:
        """Return what was told."""
        return self._fertility


def test_trust_grows_with_the_nearest_candidate() -> None:
    """Far from everything most of the share is kept, near something all of it, and it never falls in between."""
    values = [closeness(cosine) for cosine in (-0.2, 0.4, 0.5, 0.6, 0.7, 1.0)]
    assert values == sorted(values)
    assert [values[0], values[-1]] == pytest.approx([0.7, 1.0])


@pytest.mark.parametrize(("fertility", "skill"), [(1.3, 1.0), (2.0, 1.0), (2.6, 0.5), (3.2, 0.0), (5.0, 0.0)])
def test_skill_falls_as_the_model_begins_to_spell(fertility: float, skill: float) -> None:
    """Whole words are read, letters are not."""
    assert reading_skill(Speller(fertility), "any text") == pytest.approx(skill)


def test_a_language_that_the_model_lacks_gets_no_share() -> None:
    """A Russian fragment's vector means nothing, whatever the question; code and unknown languages keep theirs."""
    assert dense_share(make_row(1, language="ru"), 1.0, ENGLISH) == 0.0
    assert dense_share(make_row(1, language="ru"), 1.0, frozenset()) > 0.0
    assert dense_share(make_row(1, language="python", modality="code"), 1.0, ENGLISH) > 0.0
    assert dense_share(make_row(1, language="und"), 1.0, ENGLISH) > 0.0


def test_code_leans_on_vectors_and_conversations_on_words() -> None:
    """The order of the shares is what was measured."""
    shares = [dense_share(make_row(1, modality=m), 1.0, ENGLISH) for m in ("conversation", "text", "code")]
    assert shares == sorted(shares)
    assert dense_share(make_row(1), 0.5, ENGLISH) == pytest.approx(shares[1] / 2)


@pytest.mark.parametrize(
    ("scores", "value"),
    [
        ([], 0.0),
        ([0.0] * 20, 0.0),
        ([9.0], 1.0),
        ([9.0] * 20, 0.0),
        ([10.0] + [6.5] * 20, 0.5),
        ([10.0] + [1.0] * 20, 1.0),
    ],
)
def test_prominence_is_how_far_the_best_words_stand_out(scores: list[float], value: float) -> None:
    """One match among nothing stands out, twenty equal ones do not, in whatever order they come."""
    assert prominence(scores) == pytest.approx(value)
    assert prominence(reversed(scores)) == pytest.approx(value)


def test_words_that_stand_out_take_share_from_the_vectors() -> None:
    """Where a question's words pick out one fragment, similarity counts for less."""
    row = make_row(1, modality="code", language="python")
    shares = [dense_share(row, 1.0, ENGLISH, prominence=p) for p in (0.0, 0.5, 1.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[2] > 0.0


@pytest.mark.parametrize(
    ("cosine", "bm25", "skill", "expected"),
    [
        (0.1, 0.5, 1.0, True),
        (None, 0.5, 0.0, True),
        (0.5, 0.0, 1.0, True),
        (0.1, 0.0, 1.0, False),
        (0.9, 0.0, 0.0, False),
        (None, 0.0, 1.0, False),
        (0.1, None, 1.0, True),
    ],
)
def test_a_word_or_a_meaning_is_evidence(
    cosine: float | None, bm25: float | None, skill: float, *, expected: bool
) -> None:
    """A leg that does not answer is unknown, and the other is believed."""
    assert is_evident(cosine, bm25, skill) is expected
