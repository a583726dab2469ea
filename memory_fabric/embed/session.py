"""One loaded ONNX graph that turns token ids into vectors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from memory_fabric.embed.base import Vectors
from memory_fabric.embed.manifest import ModelManifest
from memory_fabric.errors import ModelError

__all__ = ["EncoderSession", "padded"]

Ids = NDArray[np.int64]

_KNOWN_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
_ERRORS_ONLY = 3


def padded(rows: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
    """Return the rows filled with zeros to the longest, and where they are true tokens.

    Args:
        rows: n sequences of token ids, none empty.

    Returns:
        Two (n, longest) int64: the ids, and 1 where a token is, 0 where filling is.
    """
    lengths = np.fromiter((len(row) for row in rows), np.int64, len(rows))
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.zeros(mask.shape, np.int64)
    ids[mask] = np.concatenate([np.asarray(row, np.int64) for row in rows])
    return ids, mask.astype(np.int64)


class EncoderSession:
    """A graph with `input_ids`, `attention_mask` and perhaps `token_type_ids`. Thread-safe.

    The output is `sentence_embedding` where the graph has one, else the first (batch, tokens, dimension) output, pooled
    here as the manifest says.

    Args:
        path: The ONNX file; weights that lie beside it are found.
        manifest: Says how to pool and what to expect.
        threads: Of one call.

    Raises:
        ModelError: The file cannot be loaded, or wants other inputs, or gives vectors of another length.
    """

    def __init__(self, path: Path, manifest: ModelManifest, threads: int) -> None:
        # the library reads this when it is loaded: without it a device id is written into the user's cache folder and
        # events are sent to its maker; the switch that it offers afterwards comes too late for the id
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        # waiting threads sleep: two cores are shared with indexing and with the person at the machine
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library's exceptions have no common base
            raise ModelError(f"cannot load `{path}`: {_first_line(error)}") from error
        self._manifest = manifest
        self._inputs = {value.name for value in self._session.get_inputs()}
        if not {"input_ids", "attention_mask"} <= self._inputs <= _KNOWN_INPUTS:
            raise ModelError(f"`{path}` wants the inputs {sorted(self._inputs)}, not `input_ids` and `attention_mask`")
        self._output = self._choose_output(path)

    def _choose_output(self, path: Path) -> str:
        outputs = {value.name: value.shape for value in self._session.get_outputs()}
        for name in ("sentence_embedding", "last_hidden_state", "token_embeddings"):
            if name in outputs:
                break
        else:
            raise ModelError(f"`{path}` has the outputs {sorted(outputs)}, none of them a text's vector")
        width = outputs[name][-1]
        if isinstance(width, int) and width != self._manifest.dimension:
            raise ModelError(f"`{path}` makes vectors of {width}, its manifest says {self._manifest.dimension}")
        return name

    def run(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """Return (n, dimension) float32 for n sequences of token ids; n may not be 0."""
        ids, mask = padded(rows)
        feed = {"input_ids": ids, "attention_mask": mask}
        if "token_type_ids" in self._inputs:
            feed["token_type_ids"] = np.zeros_like(ids)
        found: Vectors = self._session.run([self._output], feed)[0]
        if found.ndim == 3:
            found = self._pooled(found, mask)
        return found.astype(np.float32, copy=False)

    def _pooled(self, states: Vectors, mask: Ids) -> Vectors:
        if self._manifest.pooling == "cls":
            return states[:, 0]
        weights = mask[:, :, None].astype(states.dtype)
        mean: Vectors = (states * weights).sum(axis=1) / weights.sum(axis=1)
        return mean


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
