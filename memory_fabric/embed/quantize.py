"""How the weights of a graph are stored: as they are, in 8-bit blocks, or in 8 bits by output channel.

| scheme | weights | activations | a text's vector depends on its batch |
|---|---|---|---|
| `fp32` | float32 | float32 | no |
| `token8` | int8, one scale for each output | uint8, one scale for each token | no |
| `block8` | int8, one scale for each 32 inputs of an output | int8, one scale for each 32 inputs of a token | no |
| `channel8` | int8, one scale for each output | uint8, one scale for the whole batch | yes |

`docs/adr/0001-default-text-model.md` has what each costs and gains.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from memory_fabric.embed.safetensors import FloatArray

__all__ = [
    "BLOCK",
    "SCHEMES",
    "GraphWriter",
    "Scheme",
    "quantize_blocks",
    "quantize_rows",
    "write_linear",
    "write_table",
]

Scheme = Literal["fp32", "block8", "channel8", "token8"]

SCHEMES: tuple[Scheme, ...] = ("fp32", "block8", "channel8", "token8")

_FUSED = "com.microsoft"

BLOCK = 32
"""Inputs that share a scale; the smallest block of the `MatMulNBits` operator's int8 kernels but one (16)."""

_TINY = 1e-12
"""Keeps the scale of an all-zero block from being zero."""


class GraphWriter(Protocol):
    """Collects the nodes and constants of a graph."""

    def node(self, operator: str, inputs: list[str], *, domain: str = "", **attributes: Any) -> str:
        """Add an operator with one output and return the output's name."""

    def constant(self, array: NDArray[Any], name: str) -> str:
        """Add a constant and return its name."""


def quantize_rows(weight: FloatArray) -> tuple[NDArray[np.int8], FloatArray]:
    """Return `weight` in 8 bits with one scale for each row.

    Args:
        weight: (n, k).

    Returns:
        (n, k) int8 in -127..127 and (n, 1) float32 scales; their product is `weight` within half a scale.
    """
    scale = np.maximum(np.abs(weight).max(axis=1, keepdims=True) / 127, _TINY).astype(np.float32)
    return np.round(weight / scale).astype(np.int8), scale


def quantize_blocks(weight: FloatArray, block: int = BLOCK) -> tuple[NDArray[np.uint8], FloatArray]:
    """Return `weight` in 8 bits with one scale for each block of inputs.

    Args:
        weight: (outputs, inputs), the layout of a linear layer.
        block: Inputs that share a scale; the last block is filled with zeros.

    Returns:
        (outputs, blocks, block) uint8 around 128 and (outputs, blocks) float32 scales.
    """
    outputs, inputs = weight.shape
    padded = np.pad(weight, ((0, 0), (0, -inputs % block)))
    values, scale = quantize_rows(padded.reshape(-1, block))
    shifted = (values.astype(np.int16) + 128).astype(np.uint8)
    return shifted.reshape(outputs, -1, block), scale.reshape(outputs, -1)


def write_linear(
    graph: GraphWriter, scheme: Scheme, x: str, weight: FloatArray, name: str, smoothing: FloatArray | None = None
) -> str:
    """Add `x @ weight.T` in the wanted scheme and return the name of the product.

    Args:
        graph: Takes the nodes.
        scheme: How the weights are kept.
        x: Name of a (batch, tokens, inputs) float32 value.
        weight: (outputs, inputs).
        name: Prefix of the constants' names.
        smoothing: (inputs,) divisors of `x` that make it rounder to eight bits; `token8` only.
    """
    if scheme == "fp32":
        return graph.node("MatMul", [x, graph.constant(weight.T, name)])
    if scheme == "token8":
        return _write_token8(graph, x, weight, name, smoothing)
    if scheme == "channel8":
        values, scale = quantize_rows(weight)
        inputs = [x, graph.constant(values.T, name), graph.constant(scale[:, 0], f"{name}.scale")]
        return graph.node("DynamicQuantizeMatMul", inputs, domain=_FUSED)
    blocks, scales = quantize_blocks(weight)
    return graph.node(
        "MatMulNBits",
        [x, graph.constant(blocks, name), graph.constant(scales, f"{name}.scale")],
        domain=_FUSED,
        K=weight.shape[1],
        N=weight.shape[0],
        bits=8,
        block_size=BLOCK,
        accuracy_level=4,  # int8 arithmetic on both sides; lower levels unpack to float32 and are slower
    )


def _write_token8(graph: GraphWriter, x: str, weight: FloatArray, name: str, smoothing: FloatArray | None) -> str:
    """Scale each token by its largest value, multiply in int8, and scale back.

    The operator that rounds to eight bits itself takes one scale from the whole batch: one loud token would then take
    the precision of all others, and a text's vector would depend on its neighbours.

    Source: the divisors are those of Xiao et al. 2022, arXiv:2211.10438, section 4.
    """
    if smoothing is not None:
        x = graph.node("Mul", [x, graph.constant(1 / smoothing, f"{name}.smoothing")])
        weight = weight * smoothing
    values, scale = quantize_rows(weight)
    axis = graph.constant(np.array([-1], np.int64), f"{name}.axis")
    peak = graph.node("ReduceMax", [graph.node("Abs", [x]), axis], keepdims=1)
    step = graph.constant(np.array(1 / 127, np.float32), f"{name}.step")
    zero = graph.constant(np.array(128, np.uint8), f"{name}.zero")
    rounded = graph.node("QuantizeLinear", [graph.node("Div", [x, peak]), step, zero])
    operands = [rounded, graph.constant(values.T, name), step, graph.constant(scale[:, 0], f"{name}.scale"), zero]
    return graph.node("Mul", [graph.node("MatMulIntegerToFloat", operands, domain=_FUSED), peak])


def write_table(graph: GraphWriter, scheme: Scheme, ids: str, table: FloatArray, name: str) -> str:
    """Add a look-up of `ids` in `table` and return the name of the rows.

    Args:
        graph: Takes the nodes.
        scheme: `fp32` keeps the table; any other stores its rows in 8 bits.
        ids: Name of a (batch, tokens) int64 value.
        table: (rows, width).
        name: Prefix of the constants' names.
    """
    if scheme == "fp32":
        return graph.node("Gather", [graph.constant(table, name), ids])
    values, scale = quantize_rows(table)
    rows = graph.node("Gather", [graph.constant(values, name), ids])
    scales = graph.node("Gather", [graph.constant(scale, f"{name}.scale"), ids])
    return graph.node("Mul", [graph.node("Cast", [rows], to=1), scales])  # 1 is float32
