"""Where the layers of the daemon's configuration lie."""

from __future__ import annotations

import json
import tomllib
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from daemon.config import PROJECT_KEYS, CairnConfig, load_config, preset_folder
from foundation.config import ConfigError
from foundation.places import Places, places_of, profile_folder


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """A profile, and a project to stand in."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return places_of(profile_folder())


def test_the_documented_defaults_are_the_defaults() -> None:
    """`configs/default.toml` names every key, and no other, with exactly its default."""
    documented = tomllib.loads((preset_folder() / "default.toml").read_text())
    assert documented == json.loads(msgspec.json.encode(CairnConfig()))


def test_every_documented_key_has_a_reason() -> None:
    """A comment stands above each key, or above the keys it explains together."""
    lines = (preset_folder() / "default.toml").read_text().splitlines()
    together = {"key_file", "hnsw_ef", "sparse", "recency", "quality", "dense"}
    for above, line in pairwise(lines):
        key = line.partition(" = ")[0]
        if " = " in line and not line.startswith("#") and key not in together:
            assert above.startswith("#"), key


@pytest.mark.parametrize("preset", sorted(path.stem for path in preset_folder().glob("*.toml")))
def test_every_preset_loads_by_name(preset: str, places: Places) -> None:
    """And by its path."""
    config = load_config(places, preset=preset)
    assert config == load_config(places, preset=str(preset_folder() / f"{preset}.toml"))
    assert (config == CairnConfig()) == (preset == "default")


def test_each_layer_is_stronger_than_the_one_before(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Default, preset, user, project, environment, command line."""
    key = "memory.recall.candidates"

    def candidates(**words: list[str]) -> int:
        return load_config(places, preset="extra.toml", **words).memory.recall.candidates

    Path("extra.toml").write_text("[memory.recall]\n")
    assert candidates() == 100
    Path("extra.toml").write_text("[memory.recall]\ncandidates = 11\n")
    assert candidates() == 11
    places.config.write_text("[memory.recall]\ncandidates = 12\n")
    assert candidates() == 12
    Path(".cairn.toml").write_text("[memory.recall]\ncandidates = 13\n")
    assert candidates() == 13
    monkeypatch.setenv("CAIRN__MEMORY__RECALL__CANDIDATES", "14")
    assert candidates() == 14
    assert candidates(overrides=[f"{key}=15"]) == 15


@pytest.mark.parametrize(
    "said",
    [
        "[daemon.tcp]\nport = 50051",
        "[daemon]\nsocket = '/tmp/evil'",
        "[memory.dense]\nurl = 'http://example.org'",
        "[memory.ingest]\nroots = ['/']",
        "[memory.ingest]\ndenied = []",
        "[memory.ingest]\nmax_archive_ratio = 1000000",
        "[memory.embed]\nmodel = 'theirs'",
    ],
)
def test_a_project_opens_no_door(said: str, places: Places) -> None:
    """What comes with a repository may tune, but not listen, send away or widen what is read."""
    Path(".cairn.toml").write_text(said + "\n")
    with pytest.raises(ConfigError, match=r"\.cairn\.toml:2: .* may not be set here"):
        load_config(places)


def test_what_a_project_may_set_exists() -> None:
    """Each name leads to a key or a table of the configuration."""
    for name in PROJECT_KEYS:
        place = msgspec.to_builtins(CairnConfig())
        for part in name.split("."):
            place = place[part]


def test_followed_folders_are_absolute(places: Places) -> None:
    """The daemon outlives the folder that it was started in."""
    assert load_config(places, overrides=["daemon.watch=['~/a', '/b']"]).daemon.watch == ("~/a", "/b")
    with pytest.raises(ConfigError, match=r"`daemon.watch`: `a/b` is not an absolute path"):
        load_config(places, overrides=["daemon.watch=['a/b', '/c']"])


def test_a_preset_that_does_not_exist_is_a_mistake(places: Places) -> None:
    """It was named, so it was meant."""
    with pytest.raises(ConfigError, match="nowhere: cannot be read"):
        load_config(places, preset="nowhere")


def test_a_deleted_working_folder_has_no_project(places: Places) -> None:
    """The daemon starts all the same."""
    Path.cwd().rmdir()
    assert load_config(places) == CairnConfig()


@pytest.mark.parametrize("setting", ["daemon.drain_s=-1", "daemon.max_runs=0", "daemon.tcp.port=70000"])
def test_numbers_have_ranges(setting: str, places: Places) -> None:
    """What no daemon could work with is refused by name."""
    with pytest.raises(ConfigError, match=setting.partition("=")[0]):
        load_config(places, overrides=[setting])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("ingest]\nchunk_chars = 0", "memory.ingest.chunk_chars"),
        ("ingest]\nchunk_chars = 5000", "larger than `max_chunk_chars`"),
        ("ingest]\nreaders = 0", "memory.ingest.readers"),
        ("recall]\nrecency_half_life_days = -1", "memory.recall.recency_half_life_days"),
        ("recall.weights]\ndense = -3.0", "memory.recall.weights.dense"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(said: str, reason: str, places: Places) -> None:
    """Before anything is opened, with the key."""
    Path("extra.toml").write_text(f"[memory.{said}\n")
    with pytest.raises(ConfigError, match=reason):
        load_config(places, preset="extra.toml")
