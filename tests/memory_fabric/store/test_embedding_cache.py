"""The cache gives back what it was given, heals itself, and forgets with the truth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from foundation.ids import ChunkId
from memory_fabric.embed.base import Vectors
from memory_fabric.store.embedding_cache import EmbeddingCache
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import database, digest, item


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[EmbeddingCache]:
    """Give an empty cache."""
    opened = EmbeddingCache(tmp_path / "embeddings.db")
    yield opened
    opened.close()


def _unit(count: int, dimension: int = 384, seed: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def test_cosines_survive_half_precision(cache: EmbeddingCache) -> None:
    """Between 1,200 stored vectors and a question no cosine moves by 1e-3, the bound the ranking was tested with."""
    vectors = _unit(1_200)
    keys = [digest(str(n)) for n in range(len(vectors))]
    cache.put("m", dict(zip(keys, vectors, strict=True)))
    found = cache.get("m", keys)
    back = np.stack([found[key] for key in keys])
    assert back.dtype == np.float32
    question = vectors[0] + 0.3 * _unit(1, seed=1)[0]
    question /= np.linalg.norm(question)
    assert np.abs(back @ question - vectors @ question).max() < 1e-3


def test_models_do_not_share_vectors(cache: EmbeddingCache) -> None:
    """The model's id is part of the key; unknown contents are left out; the last put wins."""
    one, two = _unit(2)
    cache.put("m", {b"k": one})
    cache.put("m", {b"k": two})
    assert cache.get("other", [b"k"]) == {}
    assert list(cache.get("m", [b"k", b"unknown"])) == [b"k"]
    assert np.allclose(cache.get("m", [b"k"])[b"k"], two, atol=1e-3)


def test_nothing_in_nothing_out(cache: EmbeddingCache) -> None:
    """Empty requests are legal."""
    cache.put("m", {})
    assert cache.get("m", []) == {}


@pytest.mark.parametrize("damage", [b"garbage " * 2_000, b"", b"SQLite format 3\0" + b"\xff" * 8_000])
def test_a_damaged_file_is_replaced(tmp_path: Path, damage: bytes) -> None:
    """Losing it costs time only: it opens empty and works."""
    path = tmp_path / "embeddings.db"
    cache = EmbeddingCache(path)
    cache.put("m", {b"k": _unit(1)[0]})
    cache.close()
    path.write_bytes(damage)
    again = EmbeddingCache(path)
    assert again.get("m", [b"k"]) == {}
    again.put("m", {b"k": _unit(1)[0]})
    assert list(again.get("m", [b"k"])) == [b"k"]
    again.close()


def test_a_file_damaged_inside_is_replaced_at_the_first_touch(tmp_path: Path) -> None:
    """The header is sound, the pages are not: the answer is a miss and not an error."""
    path = tmp_path / "embeddings.db"
    cache = EmbeddingCache(path)
    keys = [digest(str(n)) for n in range(400)]
    cache.put("m", dict(zip(keys, _unit(400), strict=True)))
    cache.close()
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xa5" * (len(data) - 8192)
    path.write_bytes(data)
    again = EmbeddingCache(path)
    assert len(again.get("m", keys)) < len(keys)
    again.put("m", {keys[0]: _unit(1)[0]})
    assert keys[0] in again.get("m", keys)
    again.close()


def test_a_vector_that_became_infinite_is_a_miss(tmp_path: Path) -> None:
    """One flipped exponent must not spoil the scores of a search."""
    path = tmp_path / "embeddings.db"
    cache = EmbeddingCache(path)
    cache.put("m", {b"k" * 16: np.full(8, 0.25, dtype=np.float32)})
    cache.close()
    number = np.float16(0.25).tobytes()
    data = path.read_bytes()
    assert len(re.findall(re.escape(number * 8), data)) == 1
    path.write_bytes(data.replace(number * 8, np.float16(np.inf).tobytes() + number * 7))
    again = EmbeddingCache(path)
    assert again.get("m", [b"k" * 16]) == {}
    again.close()


def test_pruning_keeps_what_the_truth_holds(store: Store) -> None:
    """Vectors of deleted contents go, of every model."""
    store.write(put=[item("/a", "one"), item("/b", "two")])
    rows = store.chunks([ChunkId(1), ChunkId(2)])
    for model in ("m", "n"):
        store.embeddings.put(model, {row.content_hash: _unit(1)[0] for row in rows.values()})
    store.write(drop_uris=[("p", "/b")])
    assert store.prune_embeddings() == 2
    hashes = [row.content_hash for row in rows.values()]
    assert [len(store.embeddings.get(model, hashes)) for model in ("m", "n")] == [1, 1]


def test_pruning_beside_a_damaged_truth_keeps_the_cache(cache: EmbeddingCache, tmp_path: Path) -> None:
    """It is not the cache that is damaged."""
    cache.put("m", {b"k": _unit(1)[0]})
    database(tmp_path).write_bytes(b"garbage " * 2_000)
    with pytest.raises(Exception, match="damaged"):
        cache.keep_only(database(tmp_path))
    assert list(cache.get("m", [b"k"])) == [b"k"]


def test_some_contents_are_dropped_of_every_model(cache: EmbeddingCache) -> None:
    """Others stay, and unknown ones are ignored."""
    one, two = _unit(2)
    for model in ("a", "b", "c"):
        cache.put(model, {b"k": one, b"l": two})
    assert cache.drop([b"k", b"unknown"]) == 3
    assert cache.drop([]) == 0
    assert [list(cache.get(model, [b"k", b"l"])) for model in ("a", "b", "c")] == [[b"l"]] * 3


def test_dropping_reads_no_other_vector(cache: EmbeddingCache) -> None:
    """With a million vectors too: each model and each content is looked up in the tree."""
    cache.put("m", {digest(str(n)): vector for n, vector in enumerate(_unit(500))})
    assert cache._db is not None
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    cache._db.set_progress_handler(count, 1)
    assert cache.drop([digest("7")]) == 1
    cache._db.set_progress_handler(None, 0)
    assert steps < 500
