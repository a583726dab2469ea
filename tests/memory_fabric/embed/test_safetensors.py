"""Reading weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.embed.safetensors import read_safetensors
from memory_fabric.errors import ModelError
from tests.memory_fabric.embed.tiny_model import safetensors_bytes

VALUES = np.array([[1.5, -2.0, 0.25], [0.0, 3.0, -0.5]], np.float32)


def test_reads_every_floating_type_as_float32(tmp_path: Path) -> None:
    """The three floating types give the same numbers; tensors of integers are left out."""
    upper_halves = (VALUES.view(np.uint32) >> 16).astype(np.uint16)
    file = tmp_path / "w.safetensors"
    file.write_bytes(
        safetensors_bytes(
            {
                "full": ("F32", VALUES.shape, VALUES.tobytes()),
                "half": ("F16", VALUES.shape, VALUES.astype(np.float16).tobytes()),
                "brain": ("BF16", VALUES.shape, upper_halves.tobytes()),
                "positions": ("I64", (2,), np.arange(2).tobytes()),
            }
        )
    )
    tensors = read_safetensors(file)
    assert sorted(tensors) == ["brain", "full", "half"]
    for tensor in tensors.values():
        assert tensor.dtype == np.float32
        np.testing.assert_array_equal(tensor, VALUES)


@given(cut=st.integers(min_value=0, max_value=139))
def test_a_file_cut_short_is_refused(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file that ends early is an error that names it, wherever it was cut."""
    whole = safetensors_bytes({"full": ("F32", VALUES.shape, VALUES.tobytes())})
    file = tmp_path_factory.mktemp("cut") / "w.safetensors"
    file.write_bytes(whole[: min(cut, len(whole) - 1)])
    with pytest.raises(ModelError, match=r"w\.safetensors"):
        read_safetensors(file)


def test_a_shape_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """Bytes and shape must agree."""
    file = tmp_path / "w.safetensors"
    file.write_bytes(safetensors_bytes({"full": ("F32", (2, 4), VALUES.tobytes())}))
    with pytest.raises(ModelError, match="does not fit its shape"):
        read_safetensors(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is the same kind of error."""
    with pytest.raises(ModelError, match="nothing"):
        read_safetensors(tmp_path / "nothing")
