"""Damage of a Tantivy folder, found by its own checksums."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from foundation.ids import ChunkId
from memory_fabric.config import SparseConfig
from memory_fabric.index.sparse.factory import verify_term_files
from memory_fabric.index.sparse.integrity import check_full, check_quick
from memory_fabric.index.sparse.tantivy import TantivyIndex
from tests.contracts.term_index import doc


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a closed index of two segments with deletions."""
    folder = tmp_path_factory.mktemp("made") / "x"
    index = TantivyIndex(folder)
    for start in (1, 300):
        index.upsert([doc(n, f"some words of document {n}", path=f"/a/{n}.md") for n in range(start, start + 200)])
        index.flush()
    index.delete([ChunkId(5), ChunkId(301)])
    index.close()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may damage."""
    return shutil.copytree(made, tmp_path / "x")


def _segment_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix not in {".json", ".lock"})


def test_whole(folder: Path, tmp_path: Path) -> None:
    """A whole index, an empty one and a folder that is not there have nothing wrong."""
    assert check_quick(folder) == check_full(folder) == []
    assert verify_term_files(SparseConfig(backend="tantivy"), folder) == []
    TantivyIndex(tmp_path / "empty").close()
    assert check_full(tmp_path / "empty") == check_full(tmp_path / "nowhere") == []


def test_every_flipped_bit_is_found(folder: Path) -> None:
    """One flipped bit anywhere in the content of any segment file is found."""
    chance = random.Random(5)
    for path in _segment_files(folder):
        whole = path.read_bytes()
        content = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
        for _ in range(5 if content else 0):
            data = bytearray(whole)
            data[chance.randrange(content)] ^= 1 << chance.randrange(8)
            path.write_bytes(data)
            assert check_full(folder), path.name
        path.write_bytes(whole)
    assert check_full(folder) == []


@pytest.mark.parametrize("kept", [0, 3, 0.5, -1])
def test_cut_files_are_found_at_once(folder: Path, kept: float) -> None:
    """A shortened file is found without reading it all."""
    for path in _segment_files(folder):
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * kept)] if 0 < kept < 1 else whole[: int(kept)])
        assert any(path.name in problem for problem in check_quick(folder))
        path.write_bytes(whole)


def test_missing_files_are_found_at_once(folder: Path) -> None:
    """A file that the last commit needs must be there; one that it does not need may be."""
    for path in _segment_files(folder):
        if path.suffix == ".pos":
            # this schema keeps no positions; the engine writes the file empty and never needs it
            continue
        moved = path.rename(path.with_name("away"))
        assert check_quick(folder), path.name
        moved.rename(path)
    (folder / "0123456789abcdef0123456789abcdef.term").write_bytes(b"left over by a crash")
    assert check_full(folder) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"segments": [{}]}', '{"segments": 3}', "\x00\xff"])
def test_broken_meta_is_found(folder: Path, content: str) -> None:
    """Whatever stands in `meta.json`, the check answers."""
    (folder / "meta.json").write_text(content)
    assert check_quick(folder)


def test_lost_meta_is_found(folder: Path) -> None:
    """Segments without `meta.json` are no empty index."""
    (folder / "meta.json").unlink()
    assert check_quick(folder) == ["`meta.json` is missing"]
