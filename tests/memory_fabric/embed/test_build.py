"""Building a graph once: whole, verified, and safe among several processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from memory_fabric.embed.build import build_version, ensure_built, file_sha256
from memory_fabric.embed.manifest import ModelFile, ModelManifest, Quantisation
from memory_fabric.errors import ModelError
from tests.memory_fabric.embed.tiny_model import MANIFEST

Tiny = tuple[ModelManifest, Path]

BUILD = """
import sys
from pathlib import Path
from memory_fabric.embed.build import ensure_built
from memory_fabric.embed.manifest import parse_manifest
print(ensure_built(parse_manifest(sys.argv[1], "tiny.toml"), Path(sys.argv[2])))
"""


def test_a_graph_is_built_once(tiny: Tiny) -> None:
    """The second call finds the file of the first."""
    path = ensure_built(*tiny)
    made = path.stat().st_mtime_ns
    assert ensure_built(*tiny) == path
    assert path.stat().st_mtime_ns == made
    assert path.stem.endswith(file_sha256(path))


def test_a_damaged_graph_is_built_again(tiny: Tiny) -> None:
    """One changed byte is noticed, and the same graph comes back."""
    path = ensure_built(*tiny)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:])
    assert ensure_built(*tiny).read_bytes() == whole


def test_a_truncated_graph_is_built_again(tiny: Tiny) -> None:
    """So is a file that lost its end."""
    path = ensure_built(*tiny)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert ensure_built(*tiny).read_bytes() == whole


def test_other_settings_make_another_graph(tiny: Tiny) -> None:
    """The version covers all that decides the vectors."""
    manifest, folder = tiny
    other = msgspec.structs.replace(manifest, quantisation=Quantisation("block8"))
    assert build_version(other, folder) != build_version(manifest, folder)
    assert ensure_built(other, folder) != ensure_built(manifest, folder)
    assert len(list((folder / "built").iterdir())) == 2


def test_other_weights_make_another_graph(tiny: Tiny) -> None:
    """Files without a checksum in the manifest are told apart by what they hold."""
    manifest, folder = tiny
    before = ensure_built(manifest, folder)
    weights = folder / "source" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-4:] = b"\0\0\0\0"
    weights.write_bytes(content)
    assert ensure_built(manifest, folder) != before


@pytest.mark.slow
def test_two_processes_build_at_once(tiny: Tiny) -> None:
    """Both get the same whole file, and nothing else is left behind."""
    _, folder = tiny
    command = [sys.executable, "-c", BUILD, MANIFEST, str(folder)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    paths = {run.communicate(timeout=60)[0].strip() for run in runs}
    assert [run.returncode for run in runs] == [0, 0]
    assert {str(path) for path in (folder / "built").iterdir()} == paths
    assert len(paths) == 1


def test_weights_that_differ_are_refused(tiny: Tiny) -> None:
    """Pinned files are checked before they are built from; every wrong one is named."""
    manifest, folder = tiny
    files = {name: ModelFile(sha256="0" * 64) for name in manifest.files}
    (folder / "source" / "config.json").unlink()
    with pytest.raises(ModelError) as caught:
        ensure_built(msgspec.structs.replace(manifest, files=files), folder)
    assert "`config.json` is missing" in str(caught.value)
    assert "`model.safetensors` is not the file" in str(caught.value)


def test_a_wrong_dimension_is_refused(tiny: Tiny) -> None:
    """The manifest and the weights must agree."""
    manifest, folder = tiny
    with pytest.raises(ModelError, match="64 dimensions, not 32"):
        ensure_built(msgspec.structs.replace(manifest, dimension=32), folder)
