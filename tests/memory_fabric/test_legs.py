"""Two legs that stand alone: one that fails is named, the other answers, and it comes back."""

from __future__ import annotations

import shutil
import threading
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from memory_fabric.config import DenseConfig, EmbedConfig, MemoryConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.operations import IndexState
from tests.memory_fabric.embed.tiny_model import MANIFEST, write_model
from tests.memory_fabric.fabric_parts import NO_MODEL, ask, index, open_fabric

pytestmark = pytest.mark.slow

TINY = MemoryConfig(embed=EmbedConfig(model="tiny"), dense=DenseConfig(backend="exact"))


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with the tiny model, and no other."""
    folder = tmp_path / "models"
    write_model(folder / "tiny")
    (folder / "tiny.toml").write_text(MANIFEST)
    monkeypatch.setenv("CAIRN_MODELS", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three documents."""
    folder = tmp_path / "work"
    folder.mkdir()
    for name, text in {"a": "the file reads a line", "b": "memory and cache", "c": "a tree by the river"}.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def state(fabric: MemoryFabric, name: str) -> IndexState:
    """Return where one index stands."""
    return next(found for found in fabric.stats().indexes if found.name == name)


def test_both_legs_answer(tmp_path: Path, tree: Path) -> None:
    """Nothing is degraded, and every answer has both parts."""
    with open_fabric(tmp_path / "m", TINY) as fabric:
        index(fabric, tree)
        result = ask(fabric, "memory cache")
        assert result.degraded == ()
        assert None not in (result.items[0].parts.dense, result.items[0].parts.sparse)
        assert {(found.name, found.status, found.points) for found in fabric.stats().indexes} == {
            ("sparse", "ready", 3),
            ("dense", "ready", 3),
        }


def test_a_model_that_comes_later_fills_its_index(tmp_path: Path, tree: Path) -> None:
    """Without a model the leg is absent and named; the next start with one brings it level."""
    with open_fabric(tmp_path / "m", NO_MODEL) as fabric:
        index(fabric, tree)
        assert ask(fabric, "memory").degraded == ("no vector search: no text model is configured",)
        assert state(fabric, "dense").status == "absent"
    with open_fabric(tmp_path / "m", TINY) as fabric:
        index(fabric, tree)
        assert ask(fabric, "memory").degraded == ()
        assert state(fabric, "dense").points == 3


def test_a_broken_model_leaves_the_other_leg(tmp_path: Path, tree: Path, models: Path) -> None:
    """The reason is in `degraded`; with sound weights the leg is there again."""
    weights = models / "tiny/source/model.safetensors"
    sound = weights.read_bytes()
    weights.write_bytes(sound[: len(sound) // 2])
    shutil.rmtree(models / "tiny/built", ignore_errors=True)
    with open_fabric(tmp_path / "m", TINY) as fabric:
        index(fabric, tree)
        result = ask(fabric, "memory cache")
        assert result.items[0].cite.path.endswith("b.txt")
        assert any(reason.startswith("no vector search: ") for reason in result.degraded)
        assert state(fabric, "sparse").status == "ready"
    weights.write_bytes(sound)
    with open_fabric(tmp_path / "m", TINY) as fabric:
        index(fabric, tree)
        assert ask(fabric, "memory cache").degraded == ()


@pytest.mark.parametrize("leg", ["sparse", "dense"])
def test_a_leg_that_cannot_be_opened_is_named(
    tmp_path: Path, tree: Path, leg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk without space the other leg answers, and the leg comes back when there is some."""
    with open_fabric(tmp_path / "m", TINY) as fabric:
        index(fabric, tree)

    def is_full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    word = "term" if leg == "sparse" else "vector"
    with monkeypatch.context() as full, ExitStack() as stack:
        full.setattr(f"memory_fabric.legs.open_{word}_index", is_full)
        fabric = stack.enter_context(open_fabric(tmp_path / "m", TINY))
        fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)
        result = ask(fabric, "memory cache")
        assert result.items[0].cite.path.endswith("b.txt")
        assert [reason for reason in result.degraded if reason.startswith(f"no {word} search: ")] != []
        assert state(fabric, leg).status == "failed"
    with open_fabric(tmp_path / "m", TINY) as fabric:
        fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)
        assert ask(fabric, "memory cache").degraded == ()


@pytest.mark.parametrize("leg", ["sparse", "dense"])
def test_a_file_in_the_place_of_an_index_is_removed(tmp_path: Path, tree: Path, leg: str) -> None:
    """Nothing but an index belongs there: it is built again, and both legs answer."""
    with open_fabric(tmp_path / "m", TINY) as fabric:
        index(fabric, tree)
    folder = tmp_path / "m/indexes" / leg
    shutil.rmtree(folder)
    folder.write_text("in the way")
    with open_fabric(tmp_path / "m", TINY) as fabric:
        fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)
        assert ask(fabric, "memory cache").degraded == ()
        assert state(fabric, leg).points == 3


@pytest.mark.parametrize("kind", ["a file", "a link to nowhere", "a link to a folder"])
def test_the_place_of_both_indexes(tmp_path: Path, tree: Path, kind: str) -> None:
    """What holds no index is replaced; a link to a folder is somebody's choice of a disk, and is kept."""
    with open_fabric(tmp_path / "m", TINY) as fabric:
        index(fabric, tree)
    place, disk = tmp_path / "m/indexes", tmp_path / "disk"
    place.rename(disk)
    if kind == "a file":
        place.write_text("in the way")
    else:
        place.symlink_to(disk if kind == "a link to a folder" else tmp_path / "nowhere")
    with open_fabric(tmp_path / "m", TINY) as fabric:
        fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)
        assert ask(fabric, "memory cache").degraded == ()
    assert place.is_symlink() == (kind == "a link to a folder")


def test_another_model_means_other_vectors(tmp_path: Path, tree: Path, models: Path) -> None:
    """Vectors of two models are never compared: the index is built again, the terms are not."""
    with open_fabric(tmp_path / "m", TINY) as fabric:
        index(fabric, tree)
    write_model(models / "other")
    (models / "other.toml").write_text(MANIFEST.replace('"tiny"', '"other"'))
    config = msgspec.structs.replace(TINY, embed=EmbedConfig(model="other"))
    with open_fabric(tmp_path / "m", config) as fabric:
        index(fabric, tree)
        assert state(fabric, "dense").points == 3
        assert fabric.stats().model.startswith("other@")
        assert all(check.ok for check in fabric.doctor(is_repairing=False, check=lambda: None))


def test_tokens_are_counted_with_and_without_a_model(tmp_path: Path) -> None:
    """By the tokenizer, or by an estimate that is never too low for plain words."""
    text = "the file reads a line of memory"
    with open_fabric(tmp_path / "m", TINY) as fabric:
        exact = fabric._legs.count_tokens(text)
    with open_fabric(tmp_path / "n", NO_MODEL) as fabric:
        assert fabric._legs.count_tokens(text) >= exact > 0


def test_a_model_that_waits_for_its_first_text_is_cold_until_then(tmp_path: Path) -> None:
    """With `is_warm_on_start = false` a question makes it ready."""
    config = msgspec.structs.replace(TINY, embed=EmbedConfig(model="tiny", is_warm_on_start=False))
    with open_fabric(tmp_path / "m", config) as fabric:
        assert fabric.stats().model_state == "cold"
        ask(fabric, "memory cache")
        assert fabric.stats().model_state == "ready"


def test_a_model_that_failed_to_warm_is_ready_once_it_works(tmp_path: Path, models: Path) -> None:
    """What the warming said is forgotten then."""
    weights = models / "tiny/source/model.safetensors"
    sound = weights.read_bytes()
    weights.write_bytes(sound[: len(sound) // 2])
    shutil.rmtree(models / "tiny/built", ignore_errors=True)
    with open_fabric(tmp_path / "m", TINY) as fabric:
        for thread in threading.enumerate():
            if thread.name == "cairn-warm":
                thread.join()
        assert fabric.stats().model_state == "failed"
        weights.write_bytes(sound)
        ask(fabric, "memory cache")
        assert fabric.stats().model_state == "ready"
