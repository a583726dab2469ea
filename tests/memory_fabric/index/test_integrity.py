"""A sealed folder cannot change unnoticed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory_fabric.index.integrity import FolderSeal


def filled(folder: Path) -> FolderSeal:
    """Make a folder with files of several kinds, and seal it."""
    (folder / "deep/er").mkdir(parents=True)
    (folder / "a.bin").write_bytes(bytes(range(256)) * 40)
    (folder / "deep/b.json").write_text("{}")
    (folder / "deep/er/empty").touch()
    with (folder / "hole").open("wb") as file:
        file.truncate(3 << 20)
    seal = FolderSeal(folder)
    seal.seal()
    return seal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sealed folder."""
    filled(tmp_path / "index")
    return tmp_path / "index"


def test_an_untouched_folder_is_whole(folder: Path) -> None:
    """Also for another process, after copying, and with other times on the files."""
    assert FolderSeal(folder).is_sealed
    assert FolderSeal(folder).check_full() == []
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    assert FolderSeal(folder).check_full() == []
    assert FolderSeal(folder).check_quick() == []


def test_a_broken_seal_is_gone(folder: Path) -> None:
    """Breaking twice is harmless; without a seal nothing can be said."""
    seal = FolderSeal(folder)
    seal.break_seal()
    seal.break_seal()
    assert not seal.is_sealed
    assert seal.check_full() == ["the seal cannot be read"]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda f: (f / "a.bin").unlink(), "`a.bin` is missing"),
        (lambda f: (f / "deep/er/empty").unlink(), "`deep/er/empty` is missing"),
        (lambda f: (f / "new").touch(), "`new` is new"),
        (lambda f: os.truncate(f / "deep/b.json", 1), "`deep/b.json` has another size"),
        (lambda f: (f / "deep/b.json").write_text("[]"), "`deep/b.json` has another checksum"),
        (lambda f: (f / "deep/b.json").rename(f / "deep/c.json"), "`deep/b.json` is missing"),
        (lambda f: shutil.rmtree(f), "`a.bin` is missing"),
    ],
)
def test_every_kind_of_change_is_named(folder: Path, harm: Callable[[Path], object], said: str) -> None:
    """The finding says which file, and what about it."""
    harm(folder)
    assert said in FolderSeal(folder).check_full()


@given(st.integers(0, (3 << 20) - 1), st.integers(1, 255))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_changed_byte_anywhere_is_seen(tmp_path: Path, at: int, change: int) -> None:
    """In a file of three blocks, the holes included."""
    folder = tmp_path / "index"
    shutil.rmtree(folder, ignore_errors=True)
    seal = filled(folder)
    with (folder / "hole").open("r+b") as file:
        file.seek(at)
        file.write(bytes([change]))
    assert seal.check_full() == ["`hole` has another checksum"]
    assert seal.check_quick() == []


def test_no_damage_to_the_seal_makes_a_changed_folder_whole(folder: Path) -> None:
    """Whatever byte of the list itself is damaged, the change beside it is not excused."""
    data = bytearray((folder / "a.bin").read_bytes())
    data[77] ^= 1
    (folder / "a.bin").write_bytes(data)
    path = folder.with_suffix(".seal")
    sound = path.read_bytes()
    for at in range(len(sound)):
        broken = bytearray(sound)
        broken[at] ^= 0x04
        path.write_bytes(broken)
        assert FolderSeal(folder).check_full() != []


def test_a_half_written_seal_is_none(folder: Path) -> None:
    """It is put in its place at once: what lies beside it from a crash is not taken for it."""
    path = folder.with_suffix(".seal")
    path.rename(path.with_suffix(".seal-tmp"))
    assert not FolderSeal(folder).is_sealed
