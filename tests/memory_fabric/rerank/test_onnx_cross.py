"""Cross-encoders by manifest: a real graph in the real runtime."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_fabric.config import RerankConfig
from memory_fabric.errors import ModelError
from memory_fabric.rerank.base import Reranker
from memory_fabric.rerank.factory import find_reranker
from tests.memory_fabric.rerank.parts import ranked, write_cross_encoder, write_manifest

TEXTS = ("chair stands", "water boils", "kettle boils water", "kettle")
CANDIDATES = [ranked(n, text, 1.0 / n) for n, text in enumerate(TEXTS, 1)]
YES_NO = 'output = "yes_no"\nyes = "yes"\nno = "no"\ntemplate = "judge {query} {document} judge"\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only model cache."""
    monkeypatch.setenv("CAIRN_MODELS", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "cache"


def found(name: str = "tiny-cross") -> Reranker:
    """Return the reranker of a name."""
    reranker, reason = find_reranker(RerankConfig(model=name), threads=1)
    assert reranker is not None, reason
    return reranker


def test_a_pair_is_read_together(place: Path) -> None:
    """The graph counts shared words; more candidates than one call takes."""
    write_manifest(place)
    write_cross_encoder(place / "tiny-cross" / "source")
    assert found().score("kettle boils", CANDIDATES, 60.0) == [0.0, 1.0, 2.0, 1.0]
    assert found().score("kettle", CANDIDATES * 5, 60.0) == [0.0, 0.0, 1.0, 1.0] * 5


def test_a_language_model_answers_yes_or_no(place: Path) -> None:
    """By the last token, whatever the length of the text; a long one does not push out the end of the template."""
    write_manifest(place, more=YES_NO, window=8)
    write_cross_encoder(place / "tiny-cross" / "source", is_language_model=True)
    long = ranked(9, "chair " * 50 + "kettle", 0.1)
    assert found().score("water", [*CANDIDATES, long], 60.0) == [0.0, 0.0, 1.0, 1.0, 0.0]


def test_no_time_is_no_answer(place: Path) -> None:
    """And no exception."""
    write_manifest(place)
    write_cross_encoder(place / "tiny-cross" / "source")
    reranker = found()
    assert reranker.score("kettle", CANDIDATES, 0.0) is None
    assert reranker.score("kettle", CANDIDATES, 60.0) is not None


def test_files_that_are_missing_are_named(place: Path) -> None:
    """With the folder where they should lie; a packaged manifest is found without any."""
    write_manifest(place)
    for name in ("tiny-cross", "bge-reranker-v2-m3", "qwen3-reranker-0.6b"):
        reranker, reason = find_reranker(RerankConfig(model=name), threads=1)
        assert reranker is None
        assert f"reranker `{name}` is not in `{place / name / 'source'}`" in reason
        assert "model.onnx, tokenizer.json" in reason


@pytest.mark.parametrize(
    ("more", "mistake"),
    [
        ('output = "maybe"\n', "maybe"),
        ('template = "no places"\n', "lacks `{query}`"),
        ('output = "yes_no"\n', "needs `yes`"),
        ("unknown = 1\n", "unknown"),
    ],
)
def test_a_manifest_with_a_mistake_is_refused(place: Path, more: str, mistake: str) -> None:
    """The reason names file and mistake."""
    write_manifest(place, more=more)
    reranker, reason = find_reranker(RerankConfig(model="tiny-cross"), threads=1)
    assert reranker is None
    assert "tiny-cross.toml" in reason
    assert mistake in reason


def test_a_damaged_or_strange_graph_is_an_error(place: Path) -> None:
    """Not an order by nonsense."""
    write_manifest(place)
    source = place / "tiny-cross" / "source"
    write_cross_encoder(source, is_language_model=True)
    with pytest.raises(ModelError, match="which is no `logit`"):
        found().score("kettle", CANDIDATES, 60.0)
    (source / "model.onnx").write_bytes(b"broken")
    with pytest.raises(ModelError, match="cannot load"):
        found().score("kettle", CANDIDATES, 60.0)
    write_cross_encoder(source)
    (source / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot read the tokenizer"):
        found().score("kettle", CANDIDATES, 60.0)


@pytest.mark.parametrize("name", ["../x", "nobody-knows"])
def test_an_unknown_name_is_told(place: Path, name: str) -> None:
    """Nothing outside the caches is read."""
    reranker, reason = find_reranker(RerankConfig(model=name), threads=1)
    assert reranker is None
    assert name in reason
