"""Recall over two real indexes, and over one that goes away under it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from foundation.clock import SystemClock
from foundation.errors import ConflictError
from foundation.ids import ChunkId
from memory_fabric.config import RecallConfig, SparseConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.index.dense.base import Scored
from memory_fabric.index.dense.exact import ExactIndex
from memory_fabric.index.sparse.base import TermIndex
from memory_fabric.index.sparse.factory import open_term_index
from memory_fabric.index.targets import DenseTarget, SparseTarget
from memory_fabric.operations import Check
from memory_fabric.recall.retrieve import LegSource, Retriever
from memory_fabric.records import Filters, RecallQuery, Signals
from memory_fabric.store.drafts import ItemDraft
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import item

TEXTS = ("rain over the harbour", "harbour lights", "a parser of dates", "dates and figs", "nothing of note")


class Letters:
    """An embedder that counts letters: texts with the same letters are near."""

    model_id = "letters"
    dimension = 26
    languages = frozenset({"en"})
    is_loaded = True

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return (n, 26) unit vectors."""
        counts = np.array([[text.count(chr(97 + n)) + 0.01 for n in range(26)] for text in texts], dtype=np.float32)
        vectors: Vectors = counts / np.linalg.norm(counts, axis=1, keepdims=True)
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """Return one unit vector."""
        vector: Vectors = self.embed([text])[0]
        return vector

    def token_count(self, text: str) -> int:
        """Count words."""
        return len(text.split())

    def fertility(self, text: str) -> float:
        """Know every word."""
        return 1.0


class VanishingVectors(ExactIndex):
    """Finds, and is closed before it is asked again: what a rebuild does to a question under way."""

    def score(self, vector: Vectors, ids: Sequence[ChunkId]) -> dict[ChunkId, float]:
        """Refuse."""
        raise ConflictError("the vector index is closed")


class BrokenVectors(ExactIndex):
    """Answers nothing at all."""

    def search(
        self, vector: Vectors, k: int, *, filters: Filters = Filters(), names: Sequence[str] = ()
    ) -> list[Scored]:
        """Refuse."""
        raise ConflictError("the vector index is closed")


class VanishingTerms:
    """The same for a term index."""

    def __init__(self, index: TermIndex) -> None:
        self.search = index.search

    def score(self, text: str, ids: Sequence[ChunkId], *, signals: Signals = Signals()) -> dict[ChunkId, float]:
        """Refuse."""
        raise ConflictError("the term index is closed")


def go_on() -> None:
    """Nothing stops the work."""


class Parts:
    """A store and two indexes that hold the same fragments."""

    def __init__(self, folder: Path, texts: Sequence[str] = TEXTS, items: Sequence[ItemDraft] = ()) -> None:
        self.store = Store.open(folder / "store")
        self.terms = open_term_index(SparseConfig(), folder / "sparse")
        self.vectors = ExactIndex(Letters.dimension)
        self.store.write(put=items or [item(f"/src/{n}", text) for n, text in enumerate(texts)])
        rows = list(self.store.chunks([ChunkId(int(n)) for n in self.store.live_chunk_ids()]).values())
        self.fill(self.vectors, rows)
        target = SparseTarget(self.terms)
        target.apply([], rows)
        target.flush()
        self.rows = rows

    def fill(self, index: ExactIndex, rows: Sequence[object]) -> None:
        """Put the fragments into a vector index."""
        DenseTarget(index, Letters(), self.store.embeddings, go_on).apply([], rows)  # type: ignore[arg-type]  # rows of the store

    def close(self) -> None:
        """Release files."""
        self.terms.close()
        self.store.close()


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """Give the store and its indexes."""
    with closing(Parts(tmp_path)) as parts:
        yield parts


def ask(
    parts: Parts, terms: object, vectors: object, check: Check = go_on, text: str = "harbour", **fields: float
) -> tuple[list[str], tuple[str, ...]]:
    """Return the texts that answer a question, best first, and what was missing."""
    legs = LegSource(lambda: vectors, lambda: terms, Letters, lambda leg: f"no {leg}")  # type: ignore[arg-type,return-value]  # doubles
    with closing(Retriever(parts.store, legs, RecallConfig(), SystemClock())) as retriever:
        result = retriever.recall(RecallQuery(text=text, **fields), check=check)  # type: ignore[arg-type]  # times only
        return [hit.snippet for hit in result.items], result.degraded


def test_both_legs_answer(parts: Parts) -> None:
    """What has the word comes first, what only looks alike behind it, and what does neither stays away."""
    found, degraded = ask(parts, parts.terms, parts.vectors)
    assert set(found[:2]) == {"rain over the harbour", "harbour lights"}
    assert set(found[2:]) == {"a parser of dates", "nothing of note"}
    assert degraded == ()


def test_nothing_speaks_for_what_is_far_and_has_no_word(parts: Parts) -> None:
    """The nearest of what is far is no answer."""
    assert ask(parts, parts.terms, parts.vectors, text="zzxj wvq") == ([], ())


@pytest.mark.parametrize(("gone", "said"), [("terms", "no sparse"), ("vectors", "no dense")])
def test_one_leg_answers_alone(parts: Parts, gone: str, said: str) -> None:
    """A leg that is not there is named."""
    legs = {"terms": parts.terms, "vectors": parts.vectors, gone: None}
    found, degraded = ask(parts, legs["terms"], legs["vectors"])
    assert found[0] in {"rain over the harbour", "harbour lights"}
    assert degraded == (said,)


def test_vectors_that_vanish_half_way_are_left_out(parts: Parts) -> None:
    """A rebuild that begins under a question costs its vectors, never the answer."""
    vectors = VanishingVectors(Letters.dimension)
    # a vector index that has not caught up: the term leg finds what it must ask for
    parts.fill(vectors, parts.rows[2:])
    found, degraded = ask(parts, parts.terms, vectors)
    assert set(found[:2]) == {"harbour lights", "rain over the harbour"}
    assert degraded == ("dense search failed: the vector index is closed",)


def test_terms_that_vanish_half_way_are_left_out(parts: Parts) -> None:
    """The same for words."""
    found, degraded = ask(parts, VanishingTerms(parts.terms), parts.vectors)
    assert len(found) == len(TEXTS)
    assert degraded == ("term search failed: the term index is closed",)


def test_a_question_can_be_stopped(parts: Parts) -> None:
    """What `check` raises comes out."""

    def stop() -> None:
        raise ConflictError("stopped")

    with pytest.raises(ConflictError, match="stopped"):
        ask(parts, parts.terms, parts.vectors, stop)


def test_a_long_fusion_can_be_stopped(parts: Parts) -> None:
    """The deadline is looked at after the legs have answered, up to the last snippet."""
    asked = 0

    def count() -> None:
        nonlocal asked
        asked += 1

    ask(parts, parts.terms, parts.vectors, count)
    for last in range(1, asked + 1):
        left = last

        def stop() -> None:
            nonlocal left
            left -= 1
            if not left:
                raise ConflictError("stopped")

        with pytest.raises(ConflictError, match="stopped"):
            ask(parts, parts.terms, parts.vectors, stop)
    # before and after the legs, the rows, and once a snippet
    assert asked >= 4 + len(TEXTS)


class WaitingVectors(ExactIndex):
    """Answers when it is told to: a disk that does not spin up."""

    go = threading.Event()

    def search(
        self, vector: Vectors, k: int, *, filters: Filters = Filters(), names: Sequence[str] = ()
    ) -> list[Scored]:
        """Wait."""
        self.go.wait(30)
        return []


def test_a_question_that_waits_for_its_vectors_can_be_stopped(parts: Parts) -> None:
    """A leg that hangs does not hold the question beyond its deadline."""
    vectors = WaitingVectors(Letters.dimension)
    asked = 0

    def stop() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            vectors.go.set()
            raise ConflictError("stopped")

    with pytest.raises(ConflictError, match="stopped"):
        ask(parts, parts.terms, vectors, stop)


def test_what_was_forgotten_meanwhile_is_not_shown(parts: Parts) -> None:
    """An index that still holds it does not matter: the truth decides."""
    gone = next(row for row in parts.rows if row.text == "harbour lights")
    parts.store.delete_items([gone.item_id])
    found, _ = ask(parts, parts.terms, parts.vectors)
    assert "harbour lights" not in found
    assert found[0] == "rain over the harbour"


# ---- records without a date ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("bounds", [{"until": 2e9}, {"since": -1e9}, {"since": -1e9, "until": 2e9}])
def test_what_has_no_date_meets_no_condition_on_time(tmp_path: Path, bounds: dict[str, float]) -> None:
    """Recall and list follow one rule, whatever date the indexes write for it."""
    items = [item("/old", "harbour of old", timestamp_s=-5.0), item("/none", "harbour of no date", timestamp_s=None)]
    with closing(Parts(tmp_path, items=items)) as parts:
        found, _ = ask(parts, parts.terms, parts.vectors, go_on, "harbour", **bounds)
        assert found == ["harbour of old"]
        listed = parts.store.list_items(
            Filters(since_s=bounds.get("since"), until_s=bounds.get("until")), cursor="", limit=9
        )
        assert [entry.source.path for entry in listed.items] == ["/old"]
        assert len(ask(parts, parts.terms, parts.vectors)[0]) == 2


# ---- planted identifiers ------------------------------------------------------------------------------------------


def planted(number: int) -> str:
    """Return one of a hundred identifiers of ten shapes, made of words that other fragments are full of."""
    first, second = WORDS[number % 7], WORDS[number % 11]
    shapes = (
        f"{first}_{second}_{number}",
        f"{first}{second.title()}{number}",
        f"{first.upper()}_{number}",
        f"{first.upper()}-{number + 10}",
        f"E{number + 1000}",
        f"--{first}-{second}-{number}",
        f"{number + 0xA1B2C30:08x}",
        f"{first}.{second}_{number}",
        f"{first.title()}Error{number + 100}",
        f"v{number + 100}.2.{number}",
    )
    return shapes[number % 10]


WORDS = ("cache", "queue", "parser", "socket", "worker", "render", "ledger", "window", "buffer", "stream", "session")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Give a hundred planted identifiers in a crowd of fragments about the same words."""
    texts = [f"The {a} of the {b} waits for the {c} and returns an error." for a in WORDS for b in WORDS for c in WORDS]
    texts = texts[::2] + [f"Notes: it said {planted(n)} and nobody knew why." for n in range(100)]
    with closing(Parts(tmp_path_factory.mktemp("crowd"), texts)) as parts:
        yield parts


@pytest.mark.slow
@pytest.mark.parametrize("leg", ["on", "off", "failing"])
@pytest.mark.parametrize("question", ["{}", "why does the worker return an error {} for the socket of the session"])
def test_a_planted_identifier_is_always_first(crowd: Parts, leg: str, question: str) -> None:
    """A hundred of a hundred, whatever the vectors say or fail to say."""
    vectors = {"on": crowd.vectors, "off": None, "failing": BrokenVectors(Letters.dimension)}[leg]
    for number in range(100):
        found, _ = ask(crowd, crowd.terms, vectors, text=question.format(planted(number)))
        assert planted(number) in found[0]
