"""Fills the disk below a store and frees it again; run as a program by the full-disk test.

`limit` stops the growth of every file (a quota: the kernel says `file too large`); `mount` fills the file system that
the folder is on (`no space left`). Exits 0 when the store behaved.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from memory_fabric.errors import StoreFullError
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import digest, item, replayed, texts_of

_BIG = "words that take space " * 2_000


def _limit(folder: Path) -> Callable[[], None]:
    size = (folder / "memory.db-wal").stat().st_size + 200_000
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def _fill(folder: Path) -> Callable[[], None]:
    ballast = folder.parent / "ballast"
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    ballast.write_bytes(b"\0" * (free - 300_000))
    return ballast.unlink


def _write_until_full(store: Store) -> int:
    for number in range(1_000):
        try:
            store.write(put=[item(f"/{number}", f"small {number}", f"{_BIG} {number}")])
        except StoreFullError:
            return number
    raise AssertionError("the disk was never full")


def _check(store: Store, acknowledged: int) -> None:
    assert store.counts().items == acknowledged + 1
    assert texts_of(store, "/first") == ["before"]
    assert all(texts_of(store, f"/{n}")[0] == f"small {n}" for n in range(acknowledged))
    assert replayed(store) == set(store.live_chunk_ids().tolist())
    assert store.verify() == []


def _embedding_is_refused(store: Store) -> None:
    vectors = {digest(str(n)): np.full(384, 0.05, dtype=np.float32) for n in range(4_000)}
    try:
        store.embeddings.put("m", vectors)
    except StoreFullError:
        return
    raise AssertionError("the vector cache did not notice")


def main() -> None:
    """Fill, look, free, go on."""
    mode, folder = sys.argv[1], Path(sys.argv[2]) / "store"
    store = Store.open(folder)
    store.write(put=[item("/first", "before")])
    free = (_limit if mode == "limit" else _fill)(folder)
    acknowledged = _write_until_full(store)
    assert acknowledged > 0
    _check(store, acknowledged)
    _embedding_is_refused(store)
    free()
    store.write(put=[item(f"/{acknowledged}", f"small {acknowledged}")])
    _check(store, acknowledged + 1)
    store.close()
    again = Store.open(folder)
    assert again.was_clean
    _check(again, acknowledged + 1)
    again.close()


if __name__ == "__main__":
    main()
