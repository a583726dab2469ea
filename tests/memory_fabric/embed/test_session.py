"""Ready graphs of any sentence model, made here for real."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from memory_fabric.embed.manifest import ModelManifest, parse_manifest
from memory_fabric.embed.onnx_text import OnnxTextEmbedder
from memory_fabric.embed.session import EncoderSession, padded
from memory_fabric.errors import ModelError
from tests.memory_fabric.embed.tiny_model import HIDDEN, VOCABULARY, write_tokenizer

MANIFEST = """
name = "mine"
role = "text"
format = "onnx"
dimension = 64
window_tokens = 16
pooling = "cls"
licence = "MIT"
[prefixes]
query = "the "
passage = "an "
[files."model.onnx"]
[files."tokenizer.json"]
"""

TABLE = np.random.default_rng(5).normal(size=(len(VOCABULARY), HIDDEN)).astype(np.float32)
ALL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def write_graph(path: Path, inputs: tuple[str, ...], output: str) -> None:
    """Write a model that looks words up, adds types, and returns states or their sum."""
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["words"])]
    states = "words"
    if "token_type_ids" in inputs:
        nodes.append(helper.make_node("Gather", ["types", "token_type_ids"], ["kinds"]))
        nodes.append(helper.make_node("Add", ["words", "kinds"], ["typed"]))
        states = "typed"
    nodes.append(helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("Unsqueeze", ["mask", "last"], ["column"]))
    pooled = output == "sentence_embedding"
    nodes.append(helper.make_node("Mul", [states, "column"], ["masked" if pooled else output]))
    if pooled:
        nodes.append(helper.make_node("ReduceSum", ["masked", "middle"], [output], keepdims=0))
    constants = {"table": TABLE, "types": TABLE[:2], "last": np.array([-1]), "middle": np.array([1])}
    shape: list[str | int | None] = ["b", HIDDEN] if pooled else ["b", "t", HIDDEN]
    graph = helper.make_graph(
        nodes,
        "mine",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "t"]) for name in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())


def mine(folder: Path, inputs: tuple[str, ...], output: str, pooling: str = "cls") -> tuple[ModelManifest, Path]:
    """Return the manifest and folder of a ready model."""
    write_graph(folder / "source" / "model.onnx", inputs, output)
    write_tokenizer(folder / "source" / "tokenizer.json")
    return parse_manifest(MANIFEST.replace('"cls"', f'"{pooling}"'), "mine.toml"), folder


def unit(vector: np.ndarray) -> np.ndarray:
    """Return the vector at length one."""
    return np.asarray(vector / np.linalg.norm(vector))


@pytest.mark.parametrize("inputs", [ALL_INPUTS, ALL_INPUTS[:2]])
@pytest.mark.parametrize(
    ("output", "pooling"), [("last_hidden_state", "cls"), ("last_hidden_state", "mean"), ("sentence_embedding", "mean")]
)
def test_a_ready_model_is_a_manifest_away(inputs: tuple[str, ...], output: str, pooling: str, tmp_path: Path) -> None:
    """Inputs, outputs and pooling of the usual exports all give the vectors that their definition gives."""
    embedder = OnnxTextEmbedder(*mine(tmp_path / "mine", inputs, output, pooling))
    found = embedder.embed(["file reads", "line"])
    assert embedder.languages == frozenset()
    for text, vector in zip(["an file reads", "an line"], found, strict=True):
        ids = [VOCABULARY.index(word) for word in ("[CLS]", *text.split(), "[SEP]")]
        states = TABLE[ids] + (TABLE[0] if "token_type_ids" in inputs else 0)
        expected = states[0] if pooling == "cls" else states.sum(axis=0)
        np.testing.assert_allclose(vector, unit(expected), atol=1e-5)


def test_prefixes_differ_for_questions_and_passages(tmp_path: Path) -> None:
    """A question gets its own prefix."""
    embedder = OnnxTextEmbedder(*mine(tmp_path / "mine", ALL_INPUTS, "last_hidden_state", "mean"))
    assert not np.allclose(embedder.embed_query("file"), embedder.embed(["file"])[0])


def test_a_graph_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Other inputs, other outputs, another width, or no graph at all: each is said."""
    path = tmp_path / "source" / "model.onnx"
    manifest = parse_manifest(MANIFEST, "mine.toml")
    write_graph(path, (*ALL_INPUTS, "pixels"), "last_hidden_state")
    with pytest.raises(ModelError, match="pixels"):
        EncoderSession(path, manifest, 1)
    write_graph(path, ALL_INPUTS, "logits")
    with pytest.raises(ModelError, match="logits"):
        EncoderSession(path, manifest, 1)
    write_graph(path, ALL_INPUTS, "last_hidden_state")
    with pytest.raises(ModelError, match="vectors of 64"):
        EncoderSession(path, msgspec.structs.replace(manifest, dimension=32), 1)
    path.write_bytes(b"not a graph")
    with pytest.raises(ModelError, match=r"model\.onnx"):
        EncoderSession(path, manifest, 1)


def test_rows_are_filled_to_the_longest() -> None:
    """Filling is zero and marked as such."""
    ids, mask = padded([[5, 6, 7], [8]])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


@pytest.mark.slow
def test_the_runtime_tells_nobody_and_leaves_nothing(tmp_path: Path) -> None:
    """Without being asked the library would write a device id into the cache folder and queue events for its maker."""
    write_graph(tmp_path / "model.onnx", ALL_INPUTS, "sentence_embedding")
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import sys; from pathlib import Path; from memory_fabric.embed.session import EncoderSession;"
        "from memory_fabric.embed.manifest import parse_manifest;"
        "EncoderSession(Path(sys.argv[1]), parse_manifest(sys.argv[2], 'm'), 1)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    command = [sys.executable, "-c", code, str(tmp_path / "model.onnx"), MANIFEST]
    subprocess.run(command, env=environment, check=True)
    assert list(home.rglob("*")) == []
