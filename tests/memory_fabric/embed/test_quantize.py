"""Weights in eight bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from memory_fabric.embed.quantize import quantize_blocks, quantize_rows
from memory_fabric.embed.safetensors import FloatArray

WEIGHTS = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=70),
    elements=st.floats(-100, 100, width=32),
)


@given(WEIGHTS)
def test_rows_come_back_within_half_a_step(weight: FloatArray) -> None:
    """No weight moves by more than half of its row's scale."""
    values, scale = quantize_rows(weight)
    assert np.all(np.abs(values * scale - weight) <= scale * 0.501)


@pytest.mark.parametrize("block", [16, 32])
@given(weight=WEIGHTS)
def test_blocks_come_back_within_half_a_step(weight: FloatArray, block: int) -> None:
    """The same holds in blocks, whose last is filled with zeros."""
    values, scale = quantize_blocks(weight, block)
    restored = ((values.astype(np.float32) - 128) * scale[..., None]).reshape(len(weight), -1)
    half = np.repeat(scale, block, axis=1) * 0.501
    padded = np.pad(weight, ((0, 0), (0, restored.shape[1] - weight.shape[1])))
    assert np.all(np.abs(restored - padded) <= half)
