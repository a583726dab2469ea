"""A memory whose vectors live on a Qdrant server: kept over starts, repaired, and not missed when it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import models
from structlog.testing import capture_logs

from memory_fabric.config import DenseConfig, EmbedConfig, MemoryConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.index.dense import qdrant_server
from memory_fabric.index.dense.qdrant_server import QdrantServerIndex, collection_of
from memory_fabric.index.targets import DenseTarget
from tests.memory_fabric.embed.tiny_model import MANIFEST, write_model
from tests.memory_fabric.fabric_parts import ask, go_on, ignore, index, open_fabric
from tests.memory_fabric.index.dense.qdrant_parts import WARNINGS, LocalServer, refusing_server
from tests.memory_fabric.index.follower_parts import Patience

pytestmark = [pytest.mark.slow, *WARNINGS]


def config(url: str = "http://127.0.0.1:1") -> MemoryConfig:
    """Return a configuration with the tiny model and a server."""
    return MemoryConfig(embed=EmbedConfig(model="tiny"), dense=DenseConfig(backend="qdrant_server", url=url))


@pytest.fixture(autouse=True)
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place with the tiny model."""
    write_model(tmp_path / "models/tiny")
    (tmp_path / "models/tiny.toml").write_text(MANIFEST)
    monkeypatch.setenv("CAIRN_MODELS", str(tmp_path / "models"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three documents."""
    folder = tmp_path / "work"
    folder.mkdir()
    for name, text in {"a": "the file reads a line", "b": "memory and cache", "c": "a tree by the river"}.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> LocalServer:
    """A server that outlives connections."""
    return LocalServer().serve(monkeypatch)


def collection(fabric: MemoryFabric) -> str:
    """Return the name of the memory's collection."""
    return collection_of(fabric._store.store_id)


def rebuilds(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return why indexes were built again."""
    return [event["reason"] for event in events if event["event"] == "index_rebuild"]


def wrong(fabric: MemoryFabric, *, is_repairing: bool = False) -> list[str]:
    """Return what doctor finds."""
    checks = fabric.doctor(is_repairing=is_repairing, check=Patience())
    return [check.detail for check in checks if not check.ok]


def test_a_start_builds_nothing_again(tmp_path: Path, tree: Path, server: LocalServer) -> None:
    """What the server holds is level with the mark; nothing has to be sent twice."""
    with open_fabric(tmp_path / "m", config()) as fabric:
        index(fabric, tree)
    with capture_logs() as events, open_fabric(tmp_path / "m", config()) as fabric:
        fabric.wait_until_searchable(is_dense=True, report=ignore, check=Patience())
        assert ask(fabric, "memory cache").degraded == ()
        assert wrong(fabric) == []
    assert rebuilds(events) == []


@pytest.mark.parametrize("is_gone", [True, False])
def test_what_the_server_lost_meanwhile_is_sent_again(
    tmp_path: Path, tree: Path, server: LocalServer, is_gone: bool
) -> None:
    """The whole collection, or some of it."""
    with open_fabric(tmp_path / "m", config()) as fabric:
        index(fabric, tree)
        name = collection(fabric)
    if is_gone:
        server.client.delete_collection(name)
    else:
        server.client.delete(name, points_selector=models.PointIdsList(points=[1]))
    with capture_logs() as events, open_fabric(tmp_path / "m", config()) as fabric:
        fabric.wait_until_searchable(is_dense=True, report=ignore, check=Patience())
        assert wrong(fabric) == []
    assert rebuilds(events) == [f"the server holds {0 if is_gone else 2} points and not 3"]


def test_doctor_repairs_what_a_server_holds(tmp_path: Path, tree: Path, server: LocalServer) -> None:
    """Points too few and too many: the collection is thrown away and not only the folder."""
    with open_fabric(tmp_path / "m", config()) as fabric:
        index(fabric, tree)
        name = collection(fabric)
        server.client.delete(name, points_selector=models.PointIdsList(points=[1]))
        stranger = models.PointStruct(id=77, vector={"text": [1.0] + [0.0] * 63}, payload={})
        server.client.upsert(name, [stranger])
        assert len(wrong(fabric)) == 1
        assert wrong(fabric, is_repairing=True) == []
        assert wrong(fabric) == []
        assert server.client.count(name).count == 3


def test_two_memories_share_a_server(tmp_path: Path, tree: Path, server: LocalServer) -> None:
    """One that is built again does not touch the other."""
    with open_fabric(tmp_path / "m", config()) as one, open_fabric(tmp_path / "n", config()) as other:
        index(one, tree)
        index(other, tree / "a.txt")
        one.replay(names=["dense"], report=ignore, check=Patience())
        assert (wrong(one), wrong(other)) == ([], [])
        assert (server.client.count(collection(one)).count, server.client.count(collection(other)).count) == (3, 1)


def test_a_server_that_refuses_leaves_the_other_leg(tmp_path: Path, tree: Path) -> None:
    """From the start on: terms answer, the state and the answer say why, and nothing is raised."""
    with refusing_server() as url, open_fabric(tmp_path / "m", config(url)) as fabric:
        index(fabric, tree)
        result = ask(fabric, "memory cache")
        assert result.items[0].cite.path.endswith("b.txt")
        [reason] = result.degraded
        assert reason.startswith(f"no vector search: dense index failed: the Qdrant server `{url}` failed: ")
        assert {state.name: state.status for state in fabric.stats().indexes} == {"sparse": "ready", "dense": "failed"}


def test_a_server_that_fails_later_leaves_the_other_leg(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two questions: the answer comes from terms, and states can still be asked for."""
    connect = qdrant_server.connect
    server = LocalServer().serve(monkeypatch)
    with open_fabric(tmp_path / "m", config()) as fabric, refusing_server() as url:
        index(fabric, tree)
        target = fabric._legs.appliers[1].target()
        assert isinstance(target, DenseTarget)
        assert isinstance(target.index, QdrantServerIndex)
        target.index._connection = connect(config(url).dense)
        result = ask(fabric, "memory cache")
        assert result.items[0].cite.path.endswith("b.txt")
        [reason] = result.degraded
        assert reason.startswith("dense search failed: the Qdrant server ")
        state = next(state for state in fabric.stats().indexes if state.name == "dense")
        assert (state.points, "failed" in state.detail) == (0, True)
        target.index._connection.close()
        target.index._connection = server
        assert ask(fabric, "memory cache").degraded == ()
        assert fabric.doctor(is_repairing=False, check=go_on) != []
