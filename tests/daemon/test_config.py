"""Where the layers of the daemon's configuration lie."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
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


@pytest.mark.parametrize("key", ["daemon.watch", "memory.ingest.roots", "memory.ingest.denied"])
def test_folders_are_somewhere(key: str, places: Places) -> None:
    """A list of them is checked whole, before anything is opened; a relative one would deny or allow by chance."""
    with pytest.raises(ConfigError) as caught:
        load_config(
            places, overrides=[f"{key}=['~nouser-of-this-name', '/ok', 'a/b', '', '/a\\u0000b']".replace("'", '"')]
        )
    nobody, relative, empty, nul = caught.value.mistakes
    assert nobody == f"`{key}`: `~nouser-of-this-name`: no user of this name has a home folder here"
    assert relative == f"`{key}`: `a/b` is not an absolute path"
    assert empty == f"`{key}`: `` is not an absolute path"
    assert nul.endswith("holds a NUL character")


@pytest.mark.parametrize("key", ["socket", "tcp.certificate_file", "tcp.key_file", "tcp.token_file"])
def test_a_file_in_the_home_of_nobody_is_a_mistake(key: str, places: Places) -> None:
    """With the key, not with a traceback."""
    with pytest.raises(ConfigError, match=f"`daemon.{key}`: `~nouser-of-this-name/x`: no user"):
        load_config(places, overrides=[f"daemon.{key}=~nouser-of-this-name/x"])


def test_a_qdrant_server_has_an_address(places: Places) -> None:
    """Without one the client would choose for itself."""
    backend = "memory.dense.backend=qdrant_server"
    with pytest.raises(ConfigError, match=r"`memory.dense.url`: missing"):
        load_config(places, overrides=[backend])
    url = "http://127.0.0.1:6333"
    assert load_config(places, overrides=[backend, f"memory.dense.url={url}"]).memory.dense.url == url


@pytest.mark.parametrize("preset", ["~nouser-of-this-name/x", "a" * 300, "/" + "a" * 300])
def test_a_preset_that_leads_nowhere_is_a_mistake(preset: str, places: Places) -> None:
    """And named."""
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load_config(places, preset=preset)
    assert caught.value.mistakes[0].startswith(preset)


def test_a_projects_file_that_is_a_pipe_is_a_mistake(places: Places) -> None:
    """It came with the project, and nobody will ever write into it."""
    os.mkfifo(".cairn.toml")
    with pytest.raises(ConfigError, match=r"\.cairn\.toml: not a regular file"):
        load_config(places)


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


def _numbers(config: msgspec.Struct, path: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(config):
        value = getattr(config, field.name)
        if isinstance(value, msgspec.Struct):
            yield from _numbers(value, f"{path}{field.name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield path + field.name


@pytest.mark.parametrize("value", ["-1", "1e308", "9999999999999", "nan", "inf"])
@pytest.mark.parametrize("key", list(_numbers(CairnConfig())))
def test_every_number_has_both_bounds(key: str, value: str, places: Places) -> None:
    """A slip of the finger is told before it takes all memory."""
    with pytest.raises(ConfigError, match=f"`{key}`"):
        load_config(places, overrides=[f"{key}={value}"])


@pytest.mark.parametrize(
    "setting",
    [
        "memory.ingest.readers=1000000",
        "memory.ingest.max_file_bytes=0",
        "memory.embed.threads=100000",
        "memory.dense.hnsw_m=1000000",
        "memory.dense.hnsw_ef_construct=3",
        "memory.sparse.heap_bytes=1",
        "memory.recall.candidates=1000000000",
        "memory.recall.weights.dense=1e308",
    ],
)
def test_absurd_numbers_are_refused(setting: str, places: Places) -> None:
    """With the key and the bound."""
    with pytest.raises(ConfigError, match=f"`{setting.partition('=')[0]}`: expected .* [<>]= "):
        load_config(places, overrides=[setting])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("ingest]\nchunk_chars = 0", "memory.ingest.chunk_chars"),
        ("ingest]\nchunk_chars = 5000", "larger than `max_chunk_chars`"),
        ("ingest]\nreaders = 0", "memory.ingest.readers"),
        ("recall]\nrecency_half_life_days = -1", "memory.recall.recency_half_life_days"),
        ("recall.weights]\ndense = -3.0", "memory.recall.weights.dense"),
        ("recall.weights]\ndense = 0.0\nsparse = 0.0", "are both 0"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(said: str, reason: str, places: Places) -> None:
    """Before anything is opened, with the key."""
    Path("extra.toml").write_text(f"[memory.{said}\n")
    with pytest.raises(ConfigError, match=reason):
        load_config(places, preset="extra.toml")


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ("memory.dense.backend", "`qdrant_edge`, `qdrant_server`, `exact`"),
        ("memory.dense.quantization", "`none`, `scalar`"),
        ("memory.sparse.backend", "`tantivy`, `fts5`"),
        ("daemon.log_level", "`debug`, `info`, `warning`, `error`"),
    ],
)
def test_an_enumerated_key_says_what_it_may_be(places: Places, key: str, allowed: str) -> None:
    """With the key, and before anything is opened."""
    with pytest.raises(ConfigError, match=rf"`{key}`: .*nonsense'; one of {allowed}$"):
        load_config(places, overrides=[f"{key}=nonsense"])
