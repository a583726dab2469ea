"""From the weights of a BERT encoder to an ONNX graph of fused operators.

Only `onnx` and numpy are needed. The graph takes `input_ids` and `attention_mask`, (batch, tokens) int64, and returns
`sentence_embedding`, (batch, hidden) float32 of unit length.

Source: Devlin et al. 2018, arXiv:1810.04805 (the encoder); Reimers & Gurevych 2019, arXiv:1908.10084 (the pooling).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from memory_fabric.embed.quantize import Scheme, write_linear, write_table
from memory_fabric.embed.safetensors import FloatArray
from memory_fabric.errors import ModelError

__all__ = ["BertConfig", "Pooling", "convert_bert", "read_bert_config"]

Pooling = Literal["mean", "cls"]

_OPSET = 20
_IR_VERSION = 10
_FUSED = "com.microsoft"


class BertConfig(msgspec.Struct, frozen=True):
    """The parts of a model's `config.json` that shape the graph; other keys are ignored."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    model_type: Literal["bert"]
    hidden_act: Literal["gelu"] = "gelu"
    position_embedding_type: Literal["absolute"] = "absolute"
    layer_norm_eps: float = 1e-12


def read_bert_config(path: Path) -> BertConfig:
    """Return the configuration in `path`.

    Raises:
        ModelError: The file is missing or describes another kind of model.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=BertConfig)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelError(f"cannot convert the model of `{path}`: {error}") from error


def convert_bert(
    weights: Mapping[str, FloatArray],
    config: BertConfig,
    *,
    pooling: Pooling,
    scheme: Scheme,
    smoothing: Mapping[int, int] | None = None,
) -> onnx.ModelProto:
    """Return the encoder as an ONNX model.

    Args:
        weights: Tensors under their BERT names, e.g. `encoder.layer.0.output.dense.weight`.
        config: The model's shape.
        pooling: How the vectors of the tokens become one.
        scheme: How the weights are stored.
        smoothing: Divisors of hidden channels that are much larger than all others.

    Raises:
        ModelError: A tensor is missing, or a divisor's channel does not exist.
    """
    divisors = np.ones(config.hidden_size, np.float32)
    for channel, divisor in (smoothing or {}).items():
        if channel >= config.hidden_size:
            raise ModelError(f"there is no hidden channel {channel} among {config.hidden_size}")
        divisors[channel] = divisor
    try:
        graph = _BertGraph(weights, config, scheme, divisors if smoothing else None)
        return graph.model(graph.pooled(graph.encoded(), pooling))
    except KeyError as error:
        raise ModelError(f"the weights have no tensor `{error.args[0]}`") from error


class _BertGraph:
    """Writes the graph from its input to its output."""

    def __init__(
        self, weights: Mapping[str, FloatArray], config: BertConfig, scheme: Scheme, smoothing: FloatArray | None
    ) -> None:
        self._weights = weights
        self._config = config
        self._scheme: Scheme = scheme
        self._smoothing = smoothing
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def node(self, operator: str, inputs: list[str], *, domain: str = "", **attributes: Any) -> str:
        """Add an operator with one output and return the output's name."""
        output = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **attributes))
        return output

    def constant(self, array: NDArray[Any], name: str) -> str:
        """Add a constant and return its name."""
        self._constants.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def _kept(self, name: str) -> str:
        return self.constant(self._weights[name], name)

    def _numbers(self, name: str, *values: int) -> str:
        return self.constant(np.array(values, np.int64), name)

    def encoded(self) -> str:
        """Add embeddings and layers; return the name of the (batch, tokens, hidden) result."""
        padding = self.node("Cast", ["attention_mask"], to=TensorProto.INT32)
        x = self._embedded()
        for layer in range(self._config.num_hidden_layers):
            x = self._layer(x, padding, f"encoder.layer.{layer}")
        return x

    def _embedded(self) -> str:
        words = write_table(
            self, self._scheme, "input_ids", self._weights["embeddings.word_embeddings.weight"], "words"
        )
        # a sentence alone is all of type 0, so the row of that type joins the positions
        positions = (
            self._weights["embeddings.position_embeddings.weight"]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        length = self.node("Shape", ["input_ids"], start=1, end=2)
        first = self.node(
            "Slice", [self.constant(positions, "positions"), self._numbers("zero", 0), length, self._numbers("rows", 0)]
        )
        summed = self.node("Add", [words, first])
        norm = "embeddings.LayerNorm"
        return self.node(
            "LayerNormalization",
            [summed, self._kept(f"{norm}.weight"), self._kept(f"{norm}.bias")],
            epsilon=self._config.layer_norm_eps,
        )

    def _layer(self, x: str, padding: str, name: str) -> str:
        attended = self._attention(x, padding, f"{name}.attention.self")
        out = self._linear(attended, f"{name}.attention.output.dense")
        x = self._add_and_norm(out, x, f"{name}.attention.output")
        wide = self._linear(x, f"{name}.intermediate.dense", self._smoothing)
        active = self.node("BiasGelu", [wide, self._kept(f"{name}.intermediate.dense.bias")], domain=_FUSED)
        return self._add_and_norm(self._linear(active, f"{name}.output.dense"), x, f"{name}.output")

    def _attention(self, x: str, padding: str, name: str) -> str:
        parts = ("query", "key", "value")
        weight = np.concatenate([self._weights[f"{name}.{part}.weight"] for part in parts])
        bias = np.concatenate([self._weights[f"{name}.{part}.bias"] for part in parts])
        together = write_linear(self, self._scheme, x, weight, f"{name}.weight", self._smoothing)
        outputs = [f"{name}.{part}" for part in parts]
        self._nodes.append(helper.make_node("Split", [together], outputs, axis=-1, num_outputs=3))
        return self.node(
            "MultiHeadAttention",
            [*outputs, self.constant(bias, f"{name}.bias"), padding],
            domain=_FUSED,
            num_heads=self._config.num_attention_heads,
        )

    def _linear(self, x: str, name: str, smoothing: FloatArray | None = None) -> str:
        return write_linear(self, self._scheme, x, self._weights[f"{name}.weight"], f"{name}.weight", smoothing)

    def _add_and_norm(self, x: str, skip: str, name: str) -> str:
        return self.node(
            "SkipLayerNormalization",
            [
                x,
                skip,
                self._kept(f"{name}.LayerNorm.weight"),
                self._kept(f"{name}.LayerNorm.bias"),
                self._kept(f"{name}.dense.bias"),
            ],
            domain=_FUSED,
            epsilon=self._config.layer_norm_eps,
        )

    def pooled(self, x: str, pooling: Pooling) -> str:
        """Add the pooling and the scaling to unit length; return the (batch, hidden) result's name."""
        if pooling == "cls":
            one = self.node("Gather", [x, self.constant(np.array(0, np.int64), "first")], axis=1)
        else:
            # the sum over the true tokens points where their mean does, and the length is set to one anyway
            mask = self.node("Cast", ["attention_mask"], to=TensorProto.FLOAT)
            row = self.node("Unsqueeze", [mask, self._numbers("row", 1)])
            one = self.node("Squeeze", [self.node("MatMul", [row, x]), self._numbers("column", 1)])
        return self.node("LpNormalization", [one], axis=-1, p=2)

    def model(self, result: str) -> onnx.ModelProto:
        """Return the finished model, whose output is `result`."""
        self._nodes.append(helper.make_node("Identity", [result], ["sentence_embedding"]))
        tokens = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ]
        shape: list[str | int | None] = ["batch", self._config.hidden_size]
        output = helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, shape)
        graph = helper.make_graph(self._nodes, "encoder", tokens, [output], self._constants)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="cairn")
