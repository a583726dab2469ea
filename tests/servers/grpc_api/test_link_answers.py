"""`Related`, `PathBetween` and `RepoMap` over a real socket."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import grpc
import pytest

from proto.cairn.v1 import memory_pb2 as wire
from proto.cairn.v1.memory_pb2_grpc import MemoryStub
from tests.servers.grpc_api.serving import Serving, refused, violations

BAD = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
def memory(serving: Serving) -> Any:
    """A stub of the service."""
    return MemoryStub(serving.channel)  # type: ignore[no-untyped-call]  # generated


@pytest.fixture
def chain(memory: Any) -> list[str]:
    """Three notes, each linked to the next."""
    ids = [memory.Remember(wire.RememberRequest(text=f"note {n}", title=f"n{n}", uri=f"u{n}")).id for n in range(3)]
    for src, dst in pairwise(ids):
        memory.Link(wire.LinkRequest(src=src, dst=dst, relation="replies", weight=0.5))
    return ids


def test_neighbours_come_with_their_citations(memory: Any, chain: list[str]) -> None:
    """By direction and relation; what was asked for comes first."""
    reply = memory.Related(wire.RelatedRequest(place=wire.Place(id=chain[1])))
    assert [cite.uri for cite in reply.places] == ["u1"]
    assert [(n.direction, n.relation, n.cite.uri, n.title, n.weight) for n in reply.neighbours] == [
        ("in", "replies", "u0", "n0", 0.5),
        ("out", "replies", "u2", "n2", 0.5),
    ]
    only = memory.Related(wire.RelatedRequest(place=wire.Place(symbol="n1"), direction="out", relations=["replies"]))
    assert [n.id for n in only.neighbours] == [chain[2]]


def test_a_way_has_steps(memory: Any, chain: list[str]) -> None:
    """And is bounded."""
    ends = {"start": wire.Place(id=chain[0]), "end": wire.Place(id=chain[2])}
    reply = memory.PathBetween(wire.PathBetweenRequest(**ends))
    assert (reply.is_found, [n.id for n in reply.steps]) == (True, chain[1:])
    assert not memory.PathBetween(wire.PathBetweenRequest(**ends, most_steps=1)).is_found


def test_a_map_has_a_budget(memory: Any, tmp_path: Path) -> None:
    """What is in focus comes first."""
    for name in "abc":
        (tmp_path / f"{name}.md").write_text(name)
    list(memory.Index(wire.IndexRequest(paths=[str(tmp_path)])))
    focus = [wire.Place(path=str(tmp_path / "c.md"))]
    reply = memory.RepoMap(wire.RepoMapRequest(path=str(tmp_path), focus=focus, budget_tokens=1))
    assert (reply.text, reply.tokens, reply.of_files) == (str(tmp_path / "c.md"), 1, 3)


@pytest.mark.parametrize(
    ("method", "request_", "fields"),
    [
        ("Related", wire.RelatedRequest(), ["place"]),
        ("Related", wire.RelatedRequest(place=wire.Place(id="x", symbol="y"), direction="up"), ["place", "direction"]),
        (
            "Related",
            wire.RelatedRequest(place=wire.Place(path="a.py", line=-1), limit=9999),
            ["place.path", "place.line", "limit"],
        ),
        ("PathBetween", wire.PathBetweenRequest(start=wire.Place(id="x"), most_steps=99), ["end", "most_steps"]),
        ("RepoMap", wire.RepoMapRequest(budget_tokens=-1), ["path", "budget_tokens"]),
        ("RepoMap", wire.RepoMapRequest(project="p", focus=[wire.Place()]), ["focus[0]"]),
    ],
)
def test_every_mistake_is_told(memory: Any, method: str, request_: Any, fields: list[str]) -> None:
    """By the name of its field."""
    with refused(BAD) as held:
        getattr(memory, method)(request_)
    assert set(violations(held[0])) == set(fields)


def test_an_unknown_place_is_not_found(memory: Any) -> None:
    """As everywhere."""
    with refused(grpc.StatusCode.NOT_FOUND):
        memory.Related(wire.RelatedRequest(place=wire.Place(symbol="none")))


def test_commits_behind_lines(memory: Any, tmp_path: Path) -> None:
    """With their lines and times; bad lines are refused."""
    (tmp_path / "a.md").write_text("one\ntwo\n")
    list(memory.Index(wire.IndexRequest(paths=[str(tmp_path)])))
    (row,) = memory.Blame(wire.BlameRequest(path=str(tmp_path / "a.md"))).commits
    assert (row.line, row.line_end, row.summary, row.timestamp) == (1, 2, "all of it", "1970-01-01T00:16:40.000Z")
    with refused(BAD) as held:
        memory.Blame(wire.BlameRequest(path="a.md", line=3, line_end=2))
    assert violations(held[0]) == ["path", "line_end"]
