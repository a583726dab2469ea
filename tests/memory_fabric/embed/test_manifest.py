"""Manifests: what is shipped, what is refused, and that all mistakes come together."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_fabric.embed.manifest import find_manifest, parse_manifest
from memory_fabric.errors import ModelError
from tests.memory_fabric.embed.tiny_model import MANIFEST


def test_the_default_model_is_pinned() -> None:
    """Every file of the default model has a checksum and a place in its package."""
    manifest = find_manifest("all-minilm-l6-v2", ())
    assert (manifest.dimension, manifest.window_tokens, manifest.languages) == (384, 256, ("en",))
    assert all(len(file.sha256) == 64 and file.packed_as for file in manifest.files.values())


def test_a_model_of_the_user_needs_no_checksums() -> None:
    """The multilingual example is a ready graph for all languages, brought by the user."""
    manifest = find_manifest("bge-m3", ())
    assert (manifest.format, manifest.pooling, manifest.languages, manifest.package) == ("onnx", "cls", (), "")


def test_all_mistakes_are_named_together() -> None:
    """One message names the file and every key that is wrong."""
    text = MANIFEST.replace("dimension = 64", 'dimension = "many"\ncolour = 1').replace('"mean"', '"sum"')
    text = text.replace('licence = "Apache-2.0"\n', "") + 'sha256 = "short"\n'
    with pytest.raises(ModelError) as caught:
        parse_manifest(text, "mine.toml")
    for key in ("`mine.toml`", "`colour`", "`licence`", "`dimension`", "`pooling`", "`files.tokenizer.json.sha256`"):
        assert key in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('[files."config.json"]', "", "files.config.json"),
        ('languages = ["en"]', 'languages = ["en"]\npackage = "wheel"', "files.config.json.sha256"),
        ('name = "tiny"', 'name = "../tiny"', "name"),
        ('[files."config.json"]', '[files."../config.json"]\n[files."config.json"]', "files"),
        ('scheme = "fp32"', 'scheme = "fp32"\nsmoothing = { 3 = 5 }', "quantisation.smoothing"),
    ],
)
def test_a_mistake_is_found(old: str, new: str, key: str) -> None:
    """What would fail later is refused at the door."""
    with pytest.raises(ModelError, match=f"`{key}"):
        parse_manifest(MANIFEST.replace(old, new), "tiny.toml")


def test_broken_toml_is_refused() -> None:
    """A file that is not TOML is named."""
    with pytest.raises(ModelError, match=r"tiny\.toml"):
        parse_manifest("= 1", "tiny.toml")


def test_the_users_manifest_comes_first(tmp_path: Path) -> None:
    """A manifest in a cache replaces the packaged one of the same name."""
    own = MANIFEST.replace('"tiny"', '"bge-m3"')
    (tmp_path / "bge-m3.toml").write_text(own)
    assert find_manifest("bge-m3", (tmp_path / "none", tmp_path)).dimension == 64


@pytest.mark.parametrize("name", ["../all-minilm-l6-v2", "no-such-model", "", "A"])
def test_an_unknown_name_is_refused(name: str) -> None:
    """A name that is no model's, or leads elsewhere, is an error."""
    with pytest.raises(ModelError, match="model"):
        find_manifest(name, ())


def test_a_manifest_under_another_name_is_refused(tmp_path: Path) -> None:
    """File name and `name` must agree, since files are searched by it."""
    (tmp_path / "other.toml").write_text(MANIFEST)
    with pytest.raises(ModelError, match="tiny"):
        find_manifest("other", (tmp_path,))
