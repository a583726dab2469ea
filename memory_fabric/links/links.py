"""What people ask of the links: neighbours, ways, maps, standing."""

from __future__ import annotations

import heapq
import posixpath
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from foundation.errors import InputError, NotFoundError
from memory_fabric.asked import known_path
from memory_fabric.config import IngestConfig
from memory_fabric.ingest.blame import blame_lines
from memory_fabric.ingest.history import commit_uri
from memory_fabric.ingest.roots import allowed_roots
from memory_fabric.links.graph import Edge, LinkGraph, build_graph
from memory_fabric.links.meanings import Spot, cite_of
from memory_fabric.links.records import Commit, Neighbour, Place, RepoMap, Route
from memory_fabric.links.related import find_spots, neighbours_of
from memory_fabric.links.repo_map import MAX_ENTRIES, Ranked, draw_map
from memory_fabric.links.resolve import is_test_path
from memory_fabric.operations import Check
from memory_fabric.records import Cite
from memory_fabric.store.drafts import Definition
from memory_fabric.store.names import FILE, NameReader
from memory_fabric.store.store import Store

__all__ = ["Links"]

_KEPT = 2
"""Graphs in memory: one of 100,000 fragments takes tens of megabytes."""

_MOST_STEPS = 12
_REST = 0.25
"""What all of a tree counts beside what was named: what the reader works on comes first, what all use is still seen."""

_BARE = 0.25
"""What the name of a file counts in a map against the symbols in it: a name alone tells little."""

_OF_TESTS = 0.2
"""What a test counts in a map: it leans on the rest, and the rest not on it."""


class Links:
    """Answers from the store; graphs are built when they are asked for and kept until something changes.

    Args:
        store: The truth.
        count_tokens: By the tokenizer of the text model.
        limits: Where and what may be read.
    """

    def __init__(self, store: Store, count_tokens: Callable[[str], int], limits: IngestConfig) -> None:
        self._store = store
        self._count_tokens = count_tokens
        self._limits = limits
        self._graphs: OrderedDict[str, tuple[tuple[int, int], LinkGraph]] = OrderedDict()
        self._lock = threading.Lock()

    # ---- neighbours -------------------------------------------------------------------------------------------

    def related(
        self, place: Place, *, relations: Sequence[str] = (), direction: str = "", limit: int = 50
    ) -> tuple[list[Cite], list[Neighbour]]:
        """Return what a place means, and its neighbours: sure and frequent ones first.

        Args:
            place: An item, a file with perhaps a line, or a symbol.
            relations: Only these; empty is all.
            direction: Only `out` or `in`; empty is both.
            limit: How many.

        Raises:
            NotFoundError: The place is not known.
        """
        with self._store.names() as names:
            spots = find_spots(names, _known(place))
            found = [neighbour for spot in spots for neighbour in neighbours_of(names, spot)]
        chosen = [
            n
            for n in dict.fromkeys(found)
            if (not relations or n.relation in relations) and direction in {"", n.direction}
        ]
        if len(spots) > 1:
            chosen.sort(key=lambda n: (-n.weight, -n.count))
        return [spot.cite() for spot in spots], chosen[:limit]

    # ---- ways -------------------------------------------------------------------------------------------------

    def path_between(self, start: Place, end: Place, *, most_steps: int = _MOST_STEPS, check: Check) -> Route:
        """Return a shortest way between two items of one project, over links that text or a user says.

        A commit that touched both is a way only where there is no other.

        Raises:
            NotFoundError: One of the places is not known.
        """
        start, end = _known(start), _known(end)
        with self._store.names() as names:
            pairs = [(a.item, b.item) for a in find_spots(names, start) for b in find_spots(names, end)]
            pair = next(((a, b) for a, b in pairs if a.project == b.project), pairs[0])
            cite = cite_of(pair[0])
            if pair[0].key == pair[1].key:
                return Route(cite, (), is_found=True)
            if pair[0].project != pair[1].project:
                return Route(cite, (), is_found=False)
            check()
            graph = self._graph(names, pair[0].project)
            steps = min(most_steps, _MOST_STEPS)
            way = graph.way(pair[0].key, pair[1].key, most_steps=steps)
            taken = tuple(_step(names, graph, edge, is_forward=forward) for edge, forward in way or ())
        return Route(cite, taken, is_found=way is not None)

    # ---- maps -------------------------------------------------------------------------------------------------

    def repo_map(
        self, path: str, *, project: str = "", focus: Sequence[Place] = (), budget_tokens: int, check: Check
    ) -> RepoMap:
        """Return the files and symbols below a folder that the rest leans on most, as many as fit the budget.

        Args:
            path: A folder, or a file, which then is what the map is drawn around; empty for all of a project.
            project: Needed where there is no path.
            focus: What the reader works on.
            budget_tokens: Of the text.
            check: Raises to stop.

        Raises:
            InputError: Neither a path nor a project is given.
            NotFoundError: Nothing there is indexed.
        """
        started = time.perf_counter()
        if not (path or project):
            raise InputError("path", "nothing to draw", fix="give a path or a project")
        path = known_path("path", path) if path else ""
        with self._store.names() as names:
            home, root, wanted = _territory(names, path, project)
            check()
            graph = self._graph(names, home)
            check()
            places = [*map(_known, focus), *wanted]
            keys = [s.item.key for place in places for s in find_spots(names, place) if s.item.project == home]
            ranks = graph.ranks(_focused(graph, keys))
            entries, of_files = _entries(names, graph, ranks, home, root, min(budget_tokens, MAX_ENTRIES))
        text, tokens, files, symbols = draw_map(
            entries, root=root, budget_tokens=budget_tokens, count_tokens=self._count_tokens
        )
        took_ms = (time.perf_counter() - started) * 1e3
        return RepoMap(text, tokens, budget_tokens, files, symbols, of_files, took_ms)

    # ---- history ----------------------------------------------------------------------------------------------

    def blame(self, path: str, line: int = 0, line_end: int = 0) -> list[Commit]:
        """Return the commits behind some lines of a file as it is now, in the order of the lines.

        Args:
            path: Of the file.
            line: The first, 1-based; 0 is all of the file.
            line_end: The last, inclusive; 0 is `line`.

        Raises:
            InputError: The path lies outside the allowed folders, or the lines outside the file.
            NotFoundError: The file is not committed, or git cannot be asked.
        """
        (file,) = allowed_roots([path], self._limits)
        repo, commits = blame_lines(str(file), line, line_end, max_bytes=self._limits.max_file_bytes)
        with self._store.names() as names:
            ids = {c.commit: names.item_at_uri(commit_uri(repo, c.commit)) for c in commits if c.commit}
        return [
            msgspec.structs.replace(c, id=item.id) if (item := ids.get(c.commit)) is not None else c for c in commits
        ]

    # ---- standing ---------------------------------------------------------------------------------------------

    def standing(self, project: str) -> dict[int, float]:
        """Return how much the rest of a project leans on each item, 0..1 by its key: a prior for ranking."""
        with self._store.names() as names:
            return self._graph(names, project).standing()

    def _graph(self, names: NameReader, project: str) -> LinkGraph:
        # taken before the graph is read: what is written meanwhile makes it old at once
        stamp = (int(self._store.journal_head()), self._store.drawn_links)
        with self._lock:
            kept = self._graphs.get(project)
            if kept is not None and kept[0] == stamp:
                self._graphs.move_to_end(project)
                return kept[1]
        graph = build_graph(names, project)
        with self._lock:
            self._graphs[project] = (stamp, graph)
            while len(self._graphs) > _KEPT:
                self._graphs.popitem(last=False)
        return graph


def _known(place: Place) -> Place:
    return msgspec.structs.replace(place, path=known_path("path", place.path)) if place.path else place


def _step(names: NameReader, graph: LinkGraph, edge: Edge, *, is_forward: bool) -> Neighbour:
    source, target = (names.item_by_key(graph.keys[place]) for place in (edge.src, edge.dst))
    assert source is not None, "the graph is of this moment"
    assert target is not None, "the graph is of this moment"
    definition = None
    if edge.symbol_line:
        starting = [d for d in names.definitions_of(target.key) if d.line_start == edge.symbol_line and d.symbol]
        definition = starting[0] if starting else None
    used = Cite(path=source.path, line=edge.line, uri=source.uri, symbol=edge.scope)
    if is_forward:
        meant = Spot(target, definition).cite()
        return Neighbour(target.id, edge.relation, "out", meant, target.title, edge.weight, 1, edge.line, edge.scope)
    symbol = definition.symbol if definition else ""
    return Neighbour(source.id, edge.relation, "in", used, source.title, edge.weight, 1, edge.symbol_line, symbol)


def _territory(names: NameReader, path: str, project: str) -> tuple[str, str, list[Place]]:
    """Return the project of a map, the folder it shows, and what it is drawn around.

    Raises:
        NotFoundError: Nothing there is indexed.
    """
    if not path:
        return project, "", []
    files = names.items_at(path)
    if files:
        item = next((file for file in files if project in {"", file.project}), files[0])
        return item.project, item.repo or posixpath.dirname(path), [Place(path=path)]
    homes = names.projects_below(path)
    if not homes:
        raise NotFoundError(f"nothing below `{path}` is indexed", fix=f"run `cairn index {path}`")
    return (project if project in homes else homes[0]), path, []


def _focused(graph: LinkGraph, keys: Sequence[int]) -> dict[int, float] | None:
    if not keys:
        return None
    share = 1.0 / len(keys)
    return {key: _REST / len(graph.keys) for key in graph.keys} | dict.fromkeys(keys, share)


def _entries(
    names: NameReader, graph: LinkGraph, ranks: NDArray[np.float64], project: str, root: str, most: int
) -> tuple[list[Ranked], int]:
    """Return the best that a map may show, and how many files there are.

    Args:
        names: The store.
        graph: Of the project.
        ranks: Of its items.
        project: Its name.
        root: Only what is below; empty is all.
        most: Entries that could fit: one takes a token at least.
    """
    items = {
        item.key: item
        for item in names.project_items(project)
        if not item.uri.startswith("git:") and (not root or item.path.startswith(f"{root.rstrip('/')}/"))
    }
    worth = {key: _OF_TESTS if is_test_path(item.path) else 1.0 for key, item in items.items()}
    found = [(float(ranks[graph.place[key]]) * worth[key] * _BARE, key, 0) for key in items if key in graph.place]
    found += [(rank * worth[key], key, line) for (key, line), rank in graph.symbol_ranks(ranks).items() if key in items]
    entries: list[Ranked] = []
    by_line: dict[int, dict[int, Definition]] = {}
    for rank, key, line in heapq.nlargest(most, found):
        if line and key not in by_line:
            by_line[key] = {d.line_start: d for d in reversed(names.definitions_of(key)) if d.kind != FILE}
        if not line or line in by_line[key]:
            entries.append(Ranked(items[key], rank, by_line[key][line] if line else None))
    return entries, len(items)
