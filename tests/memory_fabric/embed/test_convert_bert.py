"""The graph beside the same encoder in plain numpy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from memory_fabric.embed.convert_bert import BertConfig, Pooling, convert_bert, read_bert_config
from memory_fabric.embed.quantize import SCHEMES, Scheme
from memory_fabric.embed.session import padded
from memory_fabric.errors import ModelError
from tests.memory_fabric.embed.tiny_model import HEADS, HIDDEN, LAYERS, VOCABULARY, random_weights, reference_vector

CONFIG = BertConfig(HIDDEN, LAYERS, HEADS, "bert")
RNG = np.random.default_rng(3)
ROWS = [RNG.integers(0, len(VOCABULARY), length).tolist() for length in (1, 3, 12, 5)]


def vectors(scheme: Scheme, pooling: Pooling = "mean", smoothing: dict[int, int] | None = None) -> Any:
    """Return what the graph makes of `ROWS` in one batch."""
    model = convert_bert(random_weights(), CONFIG, pooling=pooling, scheme=scheme, smoothing=smoothing)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    ids, mask = padded(ROWS)
    return session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_the_graph_is_the_encoder(pooling: Pooling) -> None:
    """In float32 the graph agrees with the reference, and filling changes nothing."""
    expected = [reference_vector(random_weights(), row, pooling) for row in ROWS]
    np.testing.assert_allclose(vectors("fp32", pooling), expected, atol=1e-5)


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme != "fp32"])
def test_eight_bits_stay_close(scheme: Scheme) -> None:
    """Every scheme points where float32 does."""
    expected = np.array([reference_vector(random_weights(), row) for row in ROWS])
    assert (vectors(scheme) * expected).sum(axis=1).min() > 0.99


def test_smoothing_changes_nothing_but_the_rounding() -> None:
    """Divided out of the values and multiplied into the weights, the divisors cancel."""
    expected = np.array([reference_vector(random_weights(), row) for row in ROWS])
    smooth = vectors("token8", smoothing={3: 4, 17: 2})
    assert (smooth * expected).sum(axis=1).min() > 0.99
    assert not np.array_equal(smooth, vectors("token8"))


def test_what_is_missing_is_named() -> None:
    """A tensor that is not there, or a channel beyond the width, is an error that says which."""
    weights = random_weights()
    del weights["encoder.layer.1.output.dense.bias"]
    with pytest.raises(ModelError, match=r"encoder\.layer\.1\.output\.dense\.bias"):
        convert_bert(weights, CONFIG, pooling="mean", scheme="fp32")
    with pytest.raises(ModelError, match="channel 64"):
        convert_bert(random_weights(), CONFIG, pooling="mean", scheme="token8", smoothing={64: 2})


@pytest.mark.parametrize("change", [{"model_type": "roberta"}, {"hidden_act": "relu"}, {"hidden_size": "wide"}])
def test_another_kind_of_model_is_refused(change: dict[str, str], tmp_path: Path) -> None:
    """Only what the graph can express is converted."""
    config = {"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1} | change
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    with pytest.raises(ModelError, match=next(iter(change))):
        read_bert_config(file)
