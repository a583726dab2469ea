"""From what an erasure did and saw to the document that is signed; it names no content, only salted digests."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from foundation.ids import ItemId
from memory_fabric.erasure.job import ScanReport
from memory_fabric.operations import Erasure, Evidence, ForgetSelector

__all__ = ["OUT_OF_SCOPE", "document"]

OUT_OF_SCOPE = (
    "files outside the profile: the documents themselves, their copies and backups",
    "blocks of the disk that no file uses, swap space, and the memory of programs",
)
"""What no erasure looks at; every receipt says so."""

_MOST_ITEMS = 1_000
_SALT_BYTES = 16


def document(
    erasure: Erasure,
    selector: ForgetSelector,
    item_ids: Sequence[ItemId],
    *,
    store: tuple[str, int],
    holders: Mapping[str, Evidence],
    scan: ScanReport | None,
    looked: Mapping[str, int],
) -> dict[str, Any]:
    """Return a receipt before it is signed.

    Args:
        erasure: What became of it.
        selector: What was asked.
        item_ids: What went.
        store: Its id and the last position of the journal.
        holders: What each holder of memory did.
        scan: What the auditor saw; None when it could not look.
        looked: How it looked, in numbers.
    """
    salt = os.urandom(_SALT_BYTES)
    ids = [_digest(salt, item_id) for item_id in item_ids[:_MOST_ITEMS]]
    return {
        "kind": "cairn.erasure",
        "format": 1,
        "id": erasure.id,
        "tool": f"cairn {importlib.metadata.version('cairn-daemon')}",
        "store_id": store[0],
        "journal_seq": store[1],
        "started_at": erasure.started_at,
        "finished_at": erasure.finished_at,
        "verdict": erasure.state,
        "asked": {"salt": salt.hex(), **_asked(salt, selector)},
        "items": erasure.items,
        "chunks": erasure.chunks,
        "item_digests": sorted(ids),
        "holders": {name: msgspec.to_builtins(evidence) for name, evidence in holders.items()},
        "looked_for": {**looked, **_looked_for(scan)},
        "places": {place.name: _place(place) for place in scan.places} if scan else {},
        "found": erasure.found,
        "limits": list(erasure.limits),
        "out_of_scope": list(OUT_OF_SCOPE),
    }


def _digest(salt: bytes, text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, salt=salt).hexdigest()


def _asked(salt: bytes, selector: ForgetSelector) -> dict[str, str]:
    values = msgspec.to_builtins(selector)
    return {name: _digest(salt, str(value)) for name, value in values.items() if value not in ("", None, (), [])}


def _looked_for(scan: ScanReport | None) -> dict[str, int]:
    if scan is None:
        return {}
    names = ("patterns", "common", "vectors", "shared_vectors", "terms", "silent")
    return {name: getattr(scan, name) for name in names}


def _place(place: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(place)
    del fields["name"]
    fields["unread"] = list(fields["unread"])
    return fields
