"""What was forgotten is in no file of the store: not its words, not its vectors, not in a log."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig, EmbedConfig, MemoryConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.fabric import MemoryFabric
from memory_fabric.operations import ForgetSelector
from memory_fabric.records import ChunkRow
from memory_fabric.store.store import Store
from tests.memory_fabric.embed.tiny_model import MANIFEST, write_model
from tests.memory_fabric.fabric_parts import ask, go_on, ignore, index, open_fabric

pytestmark = pytest.mark.slow

TINY = MemoryConfig(embed=EmbedConfig(model="tiny"), dense=DenseConfig(backend="exact"))
SECRET = "the file reads a river of qzxsecretword"
KEPT = "memory and cache"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A document to forget, one to keep, and one whose words stand in both."""
    folder = tmp_path / "work"
    folder.mkdir()
    for name, text in {"secret": SECRET, "kept": KEPT, "twin": KEPT}.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


@pytest.fixture
def fabric(tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryFabric]:
    """A memory with both legs that holds them."""
    write_model(tmp_path / "models/tiny")
    (tmp_path / "models/tiny.toml").write_text(MANIFEST)
    monkeypatch.setenv("CAIRN_MODELS", str(tmp_path / "models"))
    with open_fabric(tmp_path / "memory", TINY) as opened:
        index(opened, tree)
        yield opened


def row_of(fabric: MemoryFabric, text: str) -> ChunkRow:
    """Return a chunk with these words."""
    store = fabric._store
    rows = store.chunks([ChunkId(int(i)) for i in store.live_chunk_ids()])
    return next(row for row in rows.values() if row.text == text)


def vector_of(fabric: MemoryFabric, row: ChunkRow) -> bytes:
    """Return the bytes of a vector as the cache keeps it."""
    found: dict[bytes, Vectors] = fabric._store.embeddings.get(fabric._legs.model_name, [row.content_hash])
    return found[row.content_hash].astype(np.float16).tobytes()


def holders(folder: Path, needle: bytes) -> list[str]:
    """Return the files that hold some bytes."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes())


def forget(fabric: MemoryFabric, path: Path) -> None:
    """Forget what one file gave."""
    assert fabric.forget(ForgetSelector(path=str(path)), is_dry_run=False, report=ignore, check=go_on).items == 1


def test_no_file_of_the_store_holds_what_was_forgotten(fabric: MemoryFabric, tmp_path: Path, tree: Path) -> None:
    """Neither its words nor its vector, right after `forget`; both were there before."""
    store = tmp_path / "memory/store"
    vector = vector_of(fabric, row_of(fabric, SECRET))
    assert holders(store, b"qzxsecretword") != []
    assert holders(store, vector) != []
    forget(fabric, tree / "secret.txt")
    assert holders(store, b"qzxsecretword") == []
    assert holders(store, b"secret.txt") == []
    assert holders(store, vector) == []
    assert ask(fabric, "memory cache").degraded == ()
    assert len(ask(fabric, "memory cache").items) > 0


def test_a_content_that_stands_elsewhere_keeps_its_vector(fabric: MemoryFabric, tmp_path: Path, tree: Path) -> None:
    """Exactly what nothing holds any more is pruned."""
    vector = vector_of(fabric, row_of(fabric, KEPT))
    forget(fabric, tree / "twin.txt")
    assert holders(tmp_path / "memory/store", vector) == ["embeddings.db"]
    forget(fabric, tree / "kept.txt")
    assert holders(tmp_path / "memory/store", vector) == []


def test_a_reader_that_holds_the_log_delays_the_erasure(
    fabric: MemoryFabric, tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`forget` returns all the same, and the background empties the log when the reader has gone."""
    store = tmp_path / "memory/store"
    with fabric._store._reader.pool.snapshot() as reader:
        reader.execute("SELECT count(*) FROM chunks").fetchone()
        forget(fabric, tree / "secret.txt")
        assert holders(store, b"qzxsecretword") != []
    is_done = threading.Event()
    erase = Store.erase

    def noted(self: Store, hashes: set[bytes]) -> bool:
        try:
            return erase(self, hashes)
        finally:
            is_done.set()

    monkeypatch.setattr(Store, "erase", noted)
    monkeypatch.setattr("memory_fabric.upkeep._OPTIMIZE_EVERY_S", 0.01)
    upkeep = fabric._upkeep
    # the thread of the memory rests for 20 s: this one has the same work and begins at once
    thread = threading.Thread(target=upkeep._watch)
    thread.start()
    assert is_done.wait(30)
    upkeep._stop.set()
    thread.join()
    assert holders(store, b"qzxsecretword") == []


def test_a_client_that_leaves_does_not_prevent_the_erasure(fabric: MemoryFabric, tmp_path: Path, tree: Path) -> None:
    """Whoever forgets and goes before the indexes are level: the store is clean when the memory is closed, at last."""

    class GoneError(Exception):
        """The client has left."""

    def leave(*_: object, **__: object) -> None:
        raise GoneError

    vector = vector_of(fabric, row_of(fabric, SECRET))
    fabric._legs.wait_for = leave  # type: ignore[method-assign]  # the wait in which a client is told to go
    with pytest.raises(GoneError):
        forget(fabric, tree / "secret.txt")
    fabric._upkeep.stop()
    assert holders(tmp_path / "memory/store", vector) == []
    assert holders(tmp_path / "memory/store", b"qzxsecretword") == []
