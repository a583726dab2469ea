"""Identifiers."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from foundation.ids import new_item_id, new_ulid


def test_an_item_id_is_a_prefix_and_a_ulid() -> None:
    """Crockford's alphabet has no I, L, O and U."""
    assert re.fullmatch(r"mi_[0-7][0-9A-HJKMNP-TV-Z]{25}", new_item_id())


def test_ids_grow_and_never_repeat() -> None:
    """Within one millisecond, and from many threads."""
    alone = [new_ulid() for _ in range(2000)]
    assert alone == sorted(set(alone))
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: new_ulid(), range(2000)))
    assert len(set(together)) == 2000
