"""Cross-encoders by `onnxruntime`: question and text are read together, which is slow and sure."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_fabric.errors import ModelError
from memory_fabric.recall.fusion import Ranked
from memory_fabric.rerank.manifest import RerankManifest

__all__ = ["OnnxCrossEncoder"]

_INPUTS = {"input_ids", "attention_mask", "token_type_ids", "position_ids"}
_BATCH = 8
_ERRORS_ONLY = 3
_LEAST_S = 1e-3
"""Time left below which no call is begun."""


class OnnxCrossEncoder:
    """A `Reranker` over an ONNX graph. Thread-safe; the graph and the tokenizer load at first use.

    Args:
        manifest: The model.
        source: The folder with its files.
        threads: Threads of one model call.
    """

    share = 0.7
    """The first stage knows names, dates and exact matches, which a reader of two texts does not."""

    def __init__(self, manifest: RerankManifest, source: Path, *, threads: int = 2) -> None:
        self._manifest = manifest
        self._source = source
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._manifest.name

    def score(self, question: str, candidates: Sequence[Ranked], budget_s: float) -> list[float] | None:
        """Return a score for each candidate, the likely ones first; None when the time is over before all have one.

        A call that runs when the time ends is stopped in the middle.

        Raises:
            ModelError: The model's files are missing, damaged, or of another kind than the manifest says.
        """
        ends = time.perf_counter() + budget_s
        session, tokenizer = self._load()
        texts = [f"{one.row.context}\n{one.row.text}".strip() for one in candidates]
        scores: list[float] = []
        for start in range(0, len(texts), _BATCH):
            left = ends - time.perf_counter()
            found = self._run(session, tokenizer, question, texts[start : start + _BATCH], left)
            if found is None:
                return None
            scores += found
        return scores

    def _run(
        self, session: Any, tokenizer: Any, question: str, texts: Sequence[str], left_s: float
    ) -> list[float] | None:
        import onnxruntime

        if left_s < _LEAST_S:
            return None
        feed, lasts = self._feed(session, tokenizer, question, texts)
        options = onnxruntime.RunOptions()
        # the library looks at this between two operations: the only way to stop what runs in native code
        timer = threading.Timer(left_s, lambda: setattr(options, "terminate", True))
        timer.daemon = True
        timer.start()
        try:
            logits = np.asarray(session.run([session.get_outputs()[0].name], feed, options)[0], np.float32)
        except Exception as error:  # the library's exceptions have no common base
            if options.terminate:
                return None
            raise ModelError(f"`{self.name}` cannot be run: {str(error).strip().partition(chr(10))[0]}") from error
        finally:
            timer.cancel()
        return self._read(logits, lasts, tokenizer)

    def _feed(
        self, session: Any, tokenizer: Any, question: str, texts: Sequence[str]
    ) -> tuple[dict[str, NDArray[np.int64]], list[int]]:
        manifest = self._manifest
        if manifest.template:
            before, _, after = manifest.template.replace("{query}", question).partition("{document}")
            # the end of the template says what to answer: a long text must not push it out
            room = manifest.window_tokens - len(tokenizer.encode(before + after).ids)
            rows = [tokenizer.encode(before + _cut(tokenizer, text, max(room, 0)) + after) for text in texts]
        else:
            rows = tokenizer.encode_batch([(question, text) for text in texts])
        width = max(len(row.ids) for row in rows)
        ids, mask, types = (np.zeros((len(rows), width), np.int64) for _ in range(3))
        for at, row in enumerate(rows):
            ids[at, : len(row.ids)], mask[at, : len(row.ids)], types[at, : len(row.ids)] = row.ids, 1, row.type_ids
        places = np.broadcast_to(np.arange(width, dtype=np.int64), ids.shape)
        whole = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types, "position_ids": places}
        wanted = {value.name for value in session.get_inputs()}
        return {name: whole[name] for name in wanted}, [len(row.ids) - 1 for row in rows]

    def _read(self, logits: NDArray[np.float32], lasts: Sequence[int], tokenizer: Any) -> list[float]:
        shape = logits.shape
        if self._manifest.output == "yes_no" and logits.ndim == 3:
            yes, no = (tokenizer.token_to_id(word) for word in (self._manifest.yes, self._manifest.no))
            if yes is not None and no is not None:
                return [float(logits[at, last, yes] - logits[at, last, no]) for at, last in enumerate(lasts)]
        elif self._manifest.output == "logit" and logits.size == len(lasts):
            return [float(value) for value in logits.reshape(-1)]
        raise ModelError(f"`{self.name}` gives an output of the shape {shape}, which is no `{self._manifest.output}`")

    def _load(self) -> tuple[Any, Any]:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._session(), self._tokenizer()
            return self._loaded

    def _session(self) -> Any:
        # read when the library is loaded; see `memory_fabric/embed/session.py`
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime

        path = self._source / "model.onnx"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library's exceptions have no common base
            raise ModelError(f"cannot load `{path}`: {str(error).strip().partition(chr(10))[0]}") from error
        inputs = {value.name for value in session.get_inputs()}
        if not {"input_ids", "attention_mask"} <= inputs <= _INPUTS:
            raise ModelError(f"`{path}` wants the inputs {sorted(inputs)}, not those of a cross-encoder")
        return session

    def _tokenizer(self) -> Any:
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from tokenizers import Tokenizer

        path = self._source / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_buffer(path.read_bytes())
        except Exception as error:  # the library raises bare exceptions
            raise ModelError(f"cannot read the tokenizer `{path}`: {error}") from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(self._manifest.window_tokens, strategy="longest_first")
        return tokenizer


def _cut(tokenizer: Any, text: str, room: int) -> str:
    """Return the beginning of a text that has no more than `room` tokens."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    return text if len(encoding.ids) <= room else text[: encoding.offsets[room - 1][1]] if room else ""
