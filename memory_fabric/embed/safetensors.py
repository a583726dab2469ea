"""Reading weights from the safetensors format.

Source: the format's description, https://github.com/huggingface/safetensors#format: eight bytes of header length,
a JSON header with `dtype`, `shape` and `data_offsets` of each tensor, then the bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from memory_fabric.errors import ModelError

__all__ = ["FloatArray", "read_safetensors"]

FloatArray = NDArray[np.float32]

_MAX_HEADER_BYTES = 100 * 1024 * 1024
_ITEM_BYTES = {"F32": 4, "F16": 2, "BF16": 2}
"""Floating types that are read; tensors of other types (position ids) are left out."""


class _Tensor(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def read_safetensors(path: Path) -> dict[str, FloatArray]:
    """Return the floating point tensors of `path` by name, as float32.

    Tensors that are stored as float32 stay views of the file until they are used.

    Raises:
        ModelError: The file is missing, cut short, or not in the format.
    """
    try:
        raw = np.memmap(path, dtype=np.uint8, mode="r")
        header, start = _header(raw)
        return {
            name: _tensor(raw[start:], tensor)
            for name, entry in header.items()
            if name != "__metadata__" and (tensor := msgspec.convert(entry, _Tensor)).dtype in _ITEM_BYTES
        }
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise ModelError(f"cannot read weights from `{path}`: {error}") from error


def _header(raw: NDArray[np.uint8]) -> tuple[Mapping[str, Any], int]:
    size = int.from_bytes(raw[:8].tobytes(), "little")
    if not 2 <= size <= min(_MAX_HEADER_BYTES, raw.size - 8):
        raise ValueError(f"header of {size} bytes in a file of {raw.size}")
    return msgspec.json.decode(raw[8 : 8 + size].tobytes(), type=dict[str, Any]), 8 + size


def _tensor(data: NDArray[np.uint8], tensor: _Tensor) -> FloatArray:
    begin, end = tensor.data_offsets
    if not 0 <= begin <= end <= data.size or end - begin != math.prod(tensor.shape) * _ITEM_BYTES[tensor.dtype]:
        raise ValueError(f"tensor at {begin}..{end} does not fit its shape {list(tensor.shape)}")
    cut = data[begin:end]
    if tensor.dtype == "F32":
        return cut.view(np.float32).reshape(tensor.shape)
    if tensor.dtype == "F16":
        return cut.view(np.float16).astype(np.float32).reshape(tensor.shape)
    # bfloat16 is the upper half of a float32
    return (cut.view(np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(tensor.shape)
