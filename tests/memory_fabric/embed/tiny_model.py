"""A very small BERT with random weights, its tokenizer, and the encoder once more in plain numpy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import erf
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from memory_fabric.embed.manifest import ModelManifest, parse_manifest
from memory_fabric.embed.safetensors import FloatArray

HIDDEN, LAYERS, HEADS, WIDE, POSITIONS, WINDOW = 64, 2, 4, 128, 64, 16
WORDS = "the an file reads writes line of and memory cache socket opens closes tree river stone".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]

MANIFEST = """
name = "tiny"
role = "text"
format = "bert-safetensors"
dimension = 64
window_tokens = 16
pooling = "mean"
licence = "Apache-2.0"
languages = ["en"]
[quantisation]
scheme = "fp32"
[files."model.safetensors"]
[files."config.json"]
[files."tokenizer.json"]
"""

TENSORS = {
    "attention.self.query": (HIDDEN, HIDDEN),
    "attention.self.key": (HIDDEN, HIDDEN),
    "attention.self.value": (HIDDEN, HIDDEN),
    "attention.output.dense": (HIDDEN, HIDDEN),
    "intermediate.dense": (WIDE, HIDDEN),
    "output.dense": (HIDDEN, WIDE),
}


def random_weights(seed: int = 7) -> dict[str, FloatArray]:
    """Return weights under their BERT names."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> FloatArray:
        return rng.normal(0, 0.15, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": normal(len(VOCABULARY), HIDDEN),
        "embeddings.position_embeddings.weight": normal(POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": normal(2, HIDDEN),
    }
    norms = ["embeddings"]
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}"
        for name, shape in TENSORS.items():
            weights[f"{prefix}.{name}.weight"] = normal(*shape)
            weights[f"{prefix}.{name}.bias"] = normal(shape[0])
        norms += [f"{prefix}.attention.output", f"{prefix}.output"]
    for name in norms:
        weights[f"{name}.LayerNorm.weight"] = 1 + normal(HIDDEN)
        weights[f"{name}.LayerNorm.bias"] = normal(HIDDEN)
    return weights


def safetensors_bytes(tensors: Mapping[str, tuple[str, Sequence[int], bytes]]) -> bytes:
    """Return a file in the safetensors format; values are type, shape and bytes."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + len(content)]}
        at += len(content)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(content for _, _, content in tensors.values())


def write_model(folder: Path) -> ModelManifest:
    """Write the model's `source/` into `folder` and return its manifest."""
    source = folder / "source"
    source.mkdir(parents=True)
    tensors = {name: ("F32", array.shape, array.tobytes()) for name, array in random_weights().items()}
    (source / "model.safetensors").write_bytes(safetensors_bytes(tensors))
    config = {
        "model_type": "bert",
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "vocab_size": len(VOCABULARY),
    }
    (source / "config.json").write_text(json.dumps(config))
    write_tokenizer(source / "tokenizer.json")
    return parse_manifest(MANIFEST, "tiny.toml")


def write_tokenizer(path: Path) -> None:
    """Write a word-piece tokenizer that is frozen at five tokens, as published ones often are."""
    vocabulary = {token: at for at, token in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=5)
    tokenizer.save(str(path))


def reference_vector(weights: Mapping[str, FloatArray], ids: Sequence[int], pooling: str = "mean") -> FloatArray:
    """Return the unit vector of one text, computed in plain numpy."""
    x = weights["embeddings.word_embeddings.weight"][list(ids)]
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = _norm(weights, x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings")
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}"
        attended = _linear(weights, _attention(weights, x, prefix), f"{prefix}.attention.output.dense")
        x = _norm(weights, attended + x, f"{prefix}.attention.output")
        wide = _linear(weights, x, f"{prefix}.intermediate.dense")
        active = wide * 0.5 * (1 + np.vectorize(erf)(wide / np.sqrt(2)))
        x = _norm(weights, _linear(weights, active, f"{prefix}.output.dense") + x, f"{prefix}.output")
    pooled = x[0] if pooling == "cls" else x.mean(axis=0)
    return np.asarray(pooled / np.linalg.norm(pooled), np.float32)


def _linear(weights: Mapping[str, FloatArray], x: FloatArray, name: str) -> FloatArray:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def _norm(weights: Mapping[str, FloatArray], x: FloatArray, name: str) -> FloatArray:
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt(centred.var(axis=-1, keepdims=True) + 1e-12)
    return np.asarray(scaled * weights[f"{name}.LayerNorm.weight"] + weights[f"{name}.LayerNorm.bias"], np.float32)


def _attention(weights: Mapping[str, FloatArray], x: FloatArray, prefix: str) -> FloatArray:
    query, key, value = (
        _linear(weights, x, f"{prefix}.attention.self.{part}").reshape(len(x), HEADS, -1).transpose(1, 0, 2)
        for part in ("query", "key", "value")
    )
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(HIDDEN / HEADS)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return np.asarray((shares @ value).transpose(1, 0, 2).reshape(len(x), HIDDEN), np.float32)
