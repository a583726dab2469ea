"""Files that do not show their content byte by byte: what engines compress, and what they round.

Sources: Qdrant's `gridstore` (values in blocks of `block_size_bytes`, each compressed by lz4_flex with its size before
it), Tantivy's `store` (LZ4 blocks with their size before them, end to end), Qdrant's scalar quantization
(`quantized.meta.json`: a code is (value - offset) / alpha, rounded and cut to 0..127; read off
what qdrant-edge 0.9 writes).
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_fabric.erasure.lz4 import decode_block

__all__ = ["codes_of", "is_packed", "refused", "unpacked"]

_MOST_VALUE = 1 << 22
"""Nothing that an engine compresses for us is larger; what looks so is the middle of another value."""

_SIZE_BYTES = 4
_MOST_CODE = 127
_PIECE = 1 << 20
_UNKNOWN = {b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "an LZ4 frame", b"PK\x03\x04": "zip", b"BZh": "bzip2"}


def is_packed(path: Path) -> bool:
    """Return whether a file holds compressed content that `unpacked` knows."""
    return path.suffix in {".store", ".gz"} or _is_grid(path)


def _is_grid(path: Path) -> bool:
    return path.name.startswith("page_") and (path.parent / "bitmask.dat").exists()


def unpacked(path: Path) -> Iterator[bytes]:
    """Yield what the compressed parts of a file hold.

    Raises:
        ValueError: It cannot be unpacked.
        OSError: It cannot be read.
    """
    if path.suffix == ".gz":
        yield from _gzip(path)
    elif path.suffix == ".store":
        yield from _end_to_end(path.read_bytes())
    else:
        yield from _grid(path)


def refused(head: bytes) -> str:
    """Return how a file is compressed that nobody here can unpack; empty for one that is not."""
    return next((name for magic, name in _UNKNOWN.items() if head.startswith(magic)), "")


def _gzip(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as file:
            while piece := file.read(_PIECE):
                yield piece
    except (EOFError, zlib.error) as error:
        raise ValueError(f"it is no whole gzip file: {error}") from error


def _end_to_end(data: bytes) -> Iterator[bytes]:
    at = 0
    while (block := _sized(data, at)) is not None:
        content, at = block
        yield content


def _grid(path: Path) -> Iterator[bytes]:
    config: dict[str, Any] = json.loads((path.parent / "config.json").read_bytes())
    if config.get("compression") != "LZ4":
        return
    step = int(config["block_size_bytes"])
    data = path.read_bytes()
    # blocks of nothing but zeros are most of a file that was taken whole from the start
    rows = np.frombuffer(data[: len(data) // step * step], dtype=np.uint8).reshape(-1, step)
    for row in np.flatnonzero(rows.any(axis=1)):
        if (block := _sized(data, int(row) * step)) is not None:
            yield block[0]


def _sized(data: bytes, at: int) -> tuple[bytes, int] | None:
    size = int.from_bytes(data[at : at + _SIZE_BYTES], "little")
    if not 0 < size <= _MOST_VALUE:
        return None
    return decode_block(data, at + _SIZE_BYTES, len(data), size)


def codes_of(meta: Path, vectors: NDArray[np.float32]) -> list[bytes]:
    """Return the codes that quantized storage beside `meta` would have for vectors; none where it is of another length.

    Args:
        meta: A `quantized.meta.json`.
        vectors: (n, d).
    """
    config: dict[str, Any] = json.loads(meta.read_bytes())
    alpha, offset = np.float32(config.get("alpha", 0.0)), np.float32(config.get("offset", 0.0))
    if not alpha or config.get("vector_parameters", {}).get("dim") != vectors.shape[1]:
        return []
    codes = np.rint(np.clip((vectors - offset) / alpha, 0, _MOST_CODE)).astype(np.uint8)
    return [row.tobytes() for row in codes]
