"""The embedder: order, batches, threads, memory of questions, and the default model's own behaviour."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.embed.manifest import ModelManifest
from memory_fabric.embed.onnx_text import OnnxTextEmbedder, batches
from memory_fabric.errors import ModelError
from tests.memory_fabric.embed.tiny_model import WORDS, random_weights, reference_vector

Tiny = tuple[ModelManifest, Path]


@pytest.fixture
def embedder(tiny: Tiny) -> OnnxTextEmbedder:
    """The tiny model in float32."""
    return OnnxTextEmbedder(*tiny, threads=1, batch=3)


@given(
    lengths=st.lists(st.integers(1, 256), max_size=60),
    most_texts=st.integers(1, 16),
    most_tokens=st.integers(1, 2048),
)
def test_batches_cover_every_text_once(lengths: list[int], most_texts: int, most_tokens: int) -> None:
    """No text is lost or doubled, and no call is larger than allowed unless it holds a single text."""
    calls = list(batches(lengths, most_texts, most_tokens))
    assert sorted(at for call in calls for at in call) == list(range(len(lengths)))
    for call in calls:
        assert len(call) <= most_texts
        assert len(call) == 1 or len(call) * max(lengths[at] for at in call) <= most_tokens


def test_vectors_are_those_of_the_encoder_in_the_order_given(embedder: OnnxTextEmbedder) -> None:
    """Sorting by length inside does not show outside."""
    texts = [" ".join(WORDS[at : at + 1 + at % 7]) for at in range(11)]
    weights, tokenizer = random_weights(), embedder._loaded_tokenizer()
    expected = [reference_vector(weights, row) for row in tokenizer.encode(texts)]
    np.testing.assert_allclose(embedder.embed(texts), expected, atol=1e-5)
    np.testing.assert_allclose(embedder.embed_query(texts[4]), expected[4], atol=1e-5)


def test_no_texts_give_no_vectors(embedder: OnnxTextEmbedder) -> None:
    """Nothing is loaded for an empty list, and an empty text has a vector like any other."""
    assert embedder.embed([]).shape == (0, 64)
    assert not embedder.is_loaded
    assert np.linalg.norm(embedder.embed([""])[0]) == pytest.approx(1, abs=1e-5)


def test_a_question_is_remembered_and_its_vector_is_the_callers(embedder: OnnxTextEmbedder) -> None:
    """Writing into an answer does not change the next one; the memory is bounded."""
    first = embedder.embed_query("the file")
    first[:] = 0
    second = embedder.embed_query("the file")
    assert np.linalg.norm(second) == pytest.approx(1, abs=1e-5)
    embedder.unload()
    np.testing.assert_array_equal(embedder.embed_query("the file"), second)
    assert not embedder.is_loaded
    for at in range(300):
        embedder.embed_query(f"the file {at}")
    assert len(embedder._queries) == 256


def test_it_loads_again_after_unloading(embedder: OnnxTextEmbedder) -> None:
    """Letting go of the graph costs time only."""
    before = embedder.embed(["the river"])
    embedder.unload()
    np.testing.assert_array_equal(embedder.embed(["the river"]), before)


def test_threads_may_share_it(embedder: OnnxTextEmbedder) -> None:
    """Calls from several threads, with the graph dropped among them, agree with calls alone."""
    texts = [f"{word} of the {other}" for word in WORDS for other in WORDS[:3]]
    alone = embedder.embed(texts)

    def work(turn: int) -> bool:
        if turn % 5 == 0:
            embedder.unload()
        return bool(np.allclose(embedder.embed(texts), alone, atol=1e-6))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(20)))


def test_missing_files_are_named(tiny: Tiny) -> None:
    """A model that went away is an error with its path."""
    manifest, folder = tiny
    embedder = OnnxTextEmbedder(manifest, folder)
    (folder / "source" / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"`model\.safetensors` is missing"):
        embedder.embed_query("the file")


@pytest.mark.slow
def test_importing_and_finding_it_loads_no_runtime() -> None:
    """A daemon that never embeds never pays for the libraries."""
    code = (
        "import sys; from memory_fabric.embed.factory import find_embedder;"
        "from memory_fabric.config import EmbedConfig;"
        "find_embedder(EmbedConfig()); print({'onnx', 'onnxruntime', 'tokenizers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.slow
def test_the_default_model_understands_meaning(minilm: OnnxTextEmbedder) -> None:
    """A paraphrase without a common word is nearer than another subject."""
    vectors = minilm.embed(
        [
            "How do I read a file line by line?",
            "Iterate over the rows of a text document one at a time.",
            "The best recipe for an apple pie.",
        ]
    )
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


@pytest.mark.slow
def test_the_default_model_does_not_depend_on_its_batch(minilm: OnnxTextEmbedder) -> None:
    """A text alone and among louder ones has the same vector, which a cache by content relies on."""
    texts = [
        "def read(path): ...",
        "!!! ??? ###",
        "The cache is keyed by content. " * 40,
        "socket",
        "Stone river tree.",
    ]
    together = minilm.embed(texts)
    alone = np.concatenate([minilm.embed([text]) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.9999


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("The daemon writes every change to a journal before it acknowledges tokenization.", 1.0, 1.6),
        ("Демон записывает каждое изменение в журнал", 3.0, 12.0),
        ("getUserName parse_http_header", 1.2, 3.0),
    ],
)
def test_fertility_of_the_default_model(minilm: OnnxTextEmbedder, text: str, least: float, most: float) -> None:
    """English is read, Russian is spelt, identifiers lie between."""
    assert least <= minilm.fertility(text) <= most


def test_the_default_model_sees_its_whole_window(minilm: OnnxTextEmbedder) -> None:
    """Its tokenizer is frozen at 128 tokens; words after them still count, words after 256 do not."""
    words = ["stone"] * 300
    base = minilm.embed([" ".join(words)])[0]
    words[200] = "volcano"
    inside = minilm.embed([" ".join(words)])[0]
    words[200], words[290] = "stone", "volcano"
    outside = minilm.embed([" ".join(words)])[0]
    assert not np.array_equal(base, inside)
    np.testing.assert_array_equal(base, outside)
