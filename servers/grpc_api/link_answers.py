"""From what the links answer to wire messages."""

from __future__ import annotations

from foundation.clock import format_rfc3339
from memory_fabric.links.records import Commit, Neighbour, RepoMap, Route
from memory_fabric.records import Cite
from proto.cairn.v1 import memory_pb2
from servers.grpc_api.answers import wire_cite
from servers.grpc_api.wire_text import sendable

__all__ = ["wire_blame", "wire_map", "wire_related", "wire_route"]


def wire_related(places: list[Cite], neighbours: list[Neighbour], took_ms: float) -> memory_pb2.RelatedReply:
    """Return neighbours as sent."""
    return memory_pb2.RelatedReply(
        places=[wire_cite(place) for place in places],
        neighbours=[_wire_neighbour(neighbour) for neighbour in neighbours],
        took_ms=took_ms,
    )


def _wire_neighbour(neighbour: Neighbour) -> memory_pb2.Neighbour:
    return memory_pb2.Neighbour(
        id=neighbour.id,
        relation=neighbour.relation,
        direction=neighbour.direction,
        cite=wire_cite(neighbour.cite),
        title=sendable(neighbour.title),
        weight=neighbour.weight,
        count=neighbour.count,
        line=neighbour.line,
        symbol=sendable(neighbour.symbol),
    )


def wire_route(route: Route, took_ms: float) -> memory_pb2.PathBetweenReply:
    """Return a way as sent."""
    return memory_pb2.PathBetweenReply(
        start=wire_cite(route.start),
        steps=[_wire_neighbour(step) for step in route.steps],
        is_found=route.is_found,
        took_ms=took_ms,
    )


def wire_blame(commits: list[Commit]) -> memory_pb2.BlameReply:
    """Return the commits behind lines as sent."""
    return memory_pb2.BlameReply(
        commits=[
            memory_pb2.Blamed(
                commit=c.commit,
                author=sendable(c.author),
                timestamp=format_rfc3339(c.timestamp_s) if c.commit else "",
                summary=sendable(c.summary),
                line=c.line,
                line_end=c.line_end,
                id=c.id,
            )
            for c in commits
        ]
    )


def wire_map(drawn: RepoMap) -> memory_pb2.RepoMapReply:
    """Return a map as sent."""
    return memory_pb2.RepoMapReply(
        text=sendable(drawn.text),
        tokens=drawn.tokens,
        budget_tokens=drawn.budget_tokens,
        files=drawn.files,
        symbols=drawn.symbols,
        of_files=drawn.of_files,
        took_ms=drawn.took_ms,
    )
