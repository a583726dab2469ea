"""Candidates, and a cross-encoder that is small enough to be checked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from memory_fabric.recall.fusion import Ranked
from memory_fabric.records import ScoreParts
from tests.memory_fabric.rows import make_row

WORDS = "[PAD] [UNK] [CLS] [SEP] kettle boils water chair stands yes no judge".split()


def ranked(number: int, text: str, score: float, boost: float = 0.0) -> Ranked:
    """Return a candidate."""
    return Ranked(make_row(number, text), score, ScoreParts(dense=score, sparse=score, boost=boost))


def write_cross_encoder(folder: Path, *, is_language_model: bool = False) -> None:
    """Write a graph that counts the words which question and text share, and its tokenizer.

    As a language model it has one such count at every place, for `yes`, and 0 for every other word.
    """
    folder.mkdir(parents=True, exist_ok=True)
    size = len(WORDS)
    vectors = np.eye(size, dtype=np.float32)
    vectors[:4] = 0.0
    constants = [
        numpy_helper.from_array(vectors, "vectors"),
        numpy_helper.from_array(np.array([1], np.int64), "tokens_axis"),
        numpy_helper.from_array(np.array([2], np.int64), "last_axis"),
    ]
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])
    mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "tokens"])
    types = helper.make_tensor_value_info("token_type_ids", TensorProto.INT64, ["batch", "tokens"])
    gather = helper.make_node("Gather", ["vectors", "input_ids"], ["states"], axis=0)
    if is_language_model:
        weights = np.zeros((size, size), np.float32)
        weights[WORDS.index("kettle"), WORDS.index("yes")] = 1.0
        constants.append(numpy_helper.from_array(weights, "weights"))
        nodes = [
            gather,
            helper.make_node("ReduceSum", ["states", "tokens_axis"], ["whole"], keepdims=1),
            helper.make_node("MatMul", ["whole", "weights"], ["answer"]),
            helper.make_node("MatMul", ["states", "weights"], ["own"]),
            helper.make_node("Sub", ["own", "own"], ["nothing"]),
            helper.make_node("Add", ["nothing", "answer"], ["logits"]),
        ]
        inputs = [ids, mask]
        shape: list[str | int | None] = ["batch", "tokens", size]
    else:
        nodes = [
            gather,
            helper.make_node("Cast", ["token_type_ids"], ["side"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["side", "last_axis"], ["sides"]),
            helper.make_node("Mul", ["states", "sides"], ["of_text"]),
            helper.make_node("Sub", ["states", "of_text"], ["of_question"]),
            helper.make_node("ReduceSum", ["of_text", "tokens_axis"], ["text"], keepdims=0),
            helper.make_node("ReduceSum", ["of_question", "tokens_axis"], ["question"], keepdims=0),
            helper.make_node("Mul", ["text", "question"], ["shared"]),
            helper.make_node("ReduceSum", ["shared", "tokens_axis"], ["logits"], keepdims=1),
        ]
        inputs, shape = [ids, mask, types], ["batch", 1]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)]
    graph = helper.make_graph(nodes, "cross", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(folder / "model.onnx"))
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    if not is_language_model:
        tokenizer.post_processor = TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair="[CLS] $A [SEP] $B:1 [SEP]:1",
            special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
        )
    tokenizer.save(str(folder / "tokenizer.json"))


def write_manifest(place: Path, name: str = "tiny-cross", more: str = "", window: int = 32) -> None:
    """Write a manifest into a model cache."""
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.toml").write_text(
        f'name = "{name}"\nrole = "rerank"\nwindow_tokens = {window}\nlicence = "Apache-2.0"\n{more}'
        '[files."model.onnx"]\n[files."tokenizer.json"]\n'
    )
