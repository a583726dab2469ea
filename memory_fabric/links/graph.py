"""The links of one project as a graph of numbers: standing of files and symbols, and shortest ways."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from memory_fabric.links.meanings import ProjectLookup, meanings
from memory_fabric.links.resolve import is_explained
from memory_fabric.store.drafts import Reference
from memory_fabric.store.names import LinkedItem, NameReader

__all__ = ["Edge", "LinkGraph", "build_graph"]

_DAMPING = 0.85
"""Source: Brin & Page 1998, The anatomy of a large-scale hypertextual web search engine, 2.1.1."""

_ROUNDS = 40
_SETTLED = 1e-7
"""Change of all ranks together after which they are taken as they are: .85 to the power of 40 is .0015."""

_PRIVATE = 0.1
"""What a use of a name with an underscore counts: helpers say little of what matters.

Source: aider's repo map weighs such names by a tenth, too.
"""

_COMMIT = "git:"


class Edge(msgspec.Struct, frozen=True):
    """One link of the graph, by the places of its ends."""

    src: int
    dst: int
    relation: str
    line: int
    """Where the source names it."""
    scope: str
    symbol_line: int
    """First line of the definition that is meant; 0 for the whole item."""
    weight: float
    is_sure: bool = True
    """Whether the source says what it means, so that nothing was guessed."""


class LinkGraph:
    """Items of one project and the links between them; never changed.

    Args:
        keys: Of the items, in the order of the graph.
        edges: The links, no item with itself.
        commits: Places of the items that are commits: they link what they touch, and have no standing.
    """

    def __init__(self, keys: Sequence[int], edges: Sequence[Edge], commits: Iterable[int]) -> None:
        self.keys = tuple(keys)
        self.place = {key: place for place, key in enumerate(keys)}
        self.edges = tuple(edges)
        self._is_commit = np.zeros(len(keys), dtype=np.bool_)
        self._is_commit[list(commits)] = True
        counted = [e for e in self.edges if not self._is_commit[e.src]]
        self._counted = counted
        self._src = np.fromiter((e.src for e in counted), np.int64, len(counted))
        self._dst = np.fromiter((e.dst for e in counted), np.int64, len(counted))
        self._weight = np.fromiter((e.weight for e in counted), np.float64, len(counted))

    def ranks(self, focus: Mapping[int, float] | None = None) -> NDArray[np.float64]:
        """Return the personalised PageRank of every item; all together 1, of commits 0.

        Args:
            focus: Weight by key of what the reader is interested in; by default everything alike.
        """
        size = len(self.keys)
        if not size:
            return np.zeros(0)
        start = np.where(self._is_commit, 0.0, 1.0)
        chosen = {self.place[key]: weight for key, weight in (focus or {}).items() if key in self.place}
        if chosen:
            start = np.zeros(size)
            start[list(chosen)] = list(chosen.values())
        if not start.any():
            return np.zeros(size)
        start /= start.sum()
        flow = self._flow()
        ranks = start
        for _ in range(_ROUNDS):
            moved = np.bincount(self._dst, weights=ranks[self._src] * flow, minlength=size)
            # what leads nowhere starts again
            fresh = _DAMPING * moved + (1.0 - _DAMPING * moved.sum()) * start
            change = float(np.abs(fresh - ranks).sum())
            ranks = fresh
            if change < _SETTLED:
                break
        return np.asarray(ranks)

    def _flow(self) -> NDArray[np.float64]:
        out = np.bincount(self._src, weights=self._weight, minlength=len(self.keys))
        return np.asarray(self._weight / np.maximum(out[self._src], 1e-12))

    def symbol_ranks(self, ranks: NDArray[np.float64]) -> dict[tuple[int, int], float]:
        """Return the rank that reaches each definition, by key of its item and first line.

        Args:
            ranks: From `ranks`.
        """
        found: dict[tuple[int, int], float] = {}
        for edge, value in zip(self._counted, (ranks[self._src] * self._flow()).tolist(), strict=True):
            if edge.symbol_line:
                place = (self.keys[edge.dst], edge.symbol_line)
                found[place] = found.get(place, 0.0) + value
        return found

    def standing(self) -> dict[int, float]:
        """Return 0..1 for each item that others link to, 1 for the first: a prior for ranking.

        It is the logarithm of how much more rank an item has than one without links, because ranks follow a power law.
        """
        ranks = self.ranks()
        if not len(ranks) or not self.edges:
            return {}
        least = float(ranks[~self._is_commit].min(initial=1.0)) or 1e-12
        raised = np.log1p(np.maximum(ranks / least - 1.0, 0.0))
        top = float(raised.max())
        if top <= 0:
            return {}
        return {key: value for key, value in zip(self.keys, (raised / top).tolist(), strict=True) if value > 0}

    def way(self, start: int, end: int, *, most_steps: int) -> list[tuple[Edge, bool]] | None:
        """Return a shortest way between two items, or None.

        A way over links that are sure comes before one over guesses, and that before one over commits.

        Args:
            start: Key of an item.
            end: Key of another one.
            most_steps: No longer ones are looked for.

        Returns:
            Each link, and whether it is followed in its own direction.
        """
        if start not in self.place or end not in self.place:
            return None
        first, last = self.place[start], self.place[end]
        for edges in ([e for e in self._counted if e.is_sure], self._counted, self.edges):
            found = _shortest(_beside(edges), first, last, most_steps)
            if found is not None:
                return found
        return None


def _beside(edges: Sequence[Edge]) -> dict[int, list[tuple[Edge, bool]]]:
    found: dict[int, list[tuple[Edge, bool]]] = {}
    for edge in sorted(edges, key=lambda e: -e.weight):
        found.setdefault(edge.src, []).append((edge, True))
        found.setdefault(edge.dst, []).append((edge, False))
    return found


def _shortest(
    beside: Mapping[int, Sequence[tuple[Edge, bool]]], first: int, last: int, most_steps: int
) -> list[tuple[Edge, bool]] | None:
    came: dict[int, tuple[int, Edge, bool] | None] = {first: None}
    waiting = deque([(first, 0)])
    while waiting and last not in came:
        here, steps = waiting.popleft()
        for edge, is_forward in beside.get(here, ()) if steps < most_steps else ():
            there = edge.dst if is_forward else edge.src
            if there not in came:
                came[there] = (here, edge, is_forward)
                waiting.append((there, steps + 1))
    if last not in came:
        return None
    taken: list[tuple[Edge, bool]] = []
    step = came[last]
    while step is not None:
        before, edge, is_forward = step
        taken.append((edge, is_forward))
        step = came[before]
    return taken[::-1]


def build_graph(names: NameReader, project: str) -> LinkGraph:
    """Read one project and resolve every name in it.

    Args:
        names: The store.
        project: Its name.
    """
    items = names.project_items(project)
    by_key = {item.key: item for item in items}
    place = {item.key: number for number, item in enumerate(items)}
    lookup = ProjectLookup(items, names.project_definitions(project))
    edges: dict[tuple[int, int, str, int], Edge] = {}
    for key, use in names.project_uses(project):
        source = by_key.get(key)
        if source is None:
            continue
        for spot, share in meanings(use, source, lookup):
            if spot.item.key != key:
                line = spot.definition.line_start if spot.definition else 0
                is_sure = source.modality != "code" or use.kind != "symbol" or is_explained(use.hint)
                ends = (place[key], place[spot.item.key])
                _add(edges, Edge(*ends, use.relation, use.line, use.scope, line, 0.0, is_sure), use, share)
    links = [Edge(place[a], place[b], r, 0, "", 0, w) for a, b, r, w in names.project_links(project) if b in place]
    links += _containers(items, place)
    commits = [place[item.key] for item in items if item.uri.startswith(_COMMIT)]
    return LinkGraph([item.key for item in items], [*edges.values(), *links], commits)


def _add(edges: dict[tuple[int, int, str, int], Edge], edge: Edge, use: Reference, share: float) -> None:
    # the tenth call of one function says less than the first
    weight = share * math.sqrt(use.count) * (_PRIVATE if use.name.startswith("_") else 1.0)
    key = (edge.src, edge.dst, edge.relation, edge.symbol_line)
    seen = edges.get(key)
    is_sure = edge.is_sure or (seen is not None and seen.is_sure)
    edges[key] = msgspec.structs.replace(seen or edge, weight=weight + (seen.weight if seen else 0.0), is_sure=is_sure)


def _containers(items: Sequence[LinkedItem], place: Mapping[int, int]) -> list[Edge]:
    at = {item.path: place[item.key] for item in items if item.path}
    outer = ((item, at.get(item.path.rpartition("!/")[0])) for item in items if "!/" in item.path)
    return [Edge(place[i.key], there, "derived_from", 0, "", 0, 1.0) for i, there in outer if there is not None]
