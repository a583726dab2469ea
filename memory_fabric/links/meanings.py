"""What a reference means in its project: the rules of `resolve.py` over what a lookup knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from memory_fabric.links.resolve import is_explained, leads_to, meant_definitions, meant_files
from memory_fabric.records import Cite
from memory_fabric.store.drafts import Definition, Reference
from memory_fabric.store.names import FILE, LinkedItem, Named, NameReader

__all__ = ["Lookup", "ProjectLookup", "Spot", "StoreLookup", "cite_of", "meanings"]

_MAX_CANDIDATES = 64
"""Definitions of one name that are looked at."""

_MAX_MODULES = 50
"""Files that one import may mean: a package of Go is all files of its folder."""

_GUESS = 0.5
"""What a link counts whose name its source does not explain: `x.close()` may be of a class that is not here."""


class Spot(msgspec.Struct, frozen=True):
    """An item, or one definition in it."""

    item: LinkedItem
    definition: Definition | None = None

    @property
    def symbol(self) -> str:
        """Return the symbol, or nothing for the item as a whole."""
        return self.definition.symbol if self.definition else ""

    def cite(self) -> Cite:
        """Return where it stands."""
        return cite_of(self.item, self.definition)


def cite_of(item: LinkedItem, definition: Definition | None = None) -> Cite:
    """Return where an item, or a definition in it, stands."""
    if definition is None or definition.kind in {FILE, "message"}:
        return Cite(path=item.path, line=1 if item.path else 0, uri=item.uri)
    return Cite(
        path=item.path, line=definition.line_start, line_end=definition.line_end, uri=item.uri, symbol=definition.symbol
    )


class Lookup(Protocol):
    """Who defines a name."""

    def named(self, name: str, project: str) -> Sequence[Named]:
        """Return what a project defines under a name."""

    def files(self, name: str, project: str) -> Sequence[LinkedItem]:
        """Return the files of a project that bear a name."""


class StoreLookup:
    """Asks the store, each name once.

    Args:
        names: The store.
    """

    def __init__(self, names: NameReader) -> None:
        self._names = names
        self._named: dict[tuple[str, str], list[Named]] = {}
        self._files: dict[tuple[str, str], list[LinkedItem]] = {}

    def named(self, name: str, project: str) -> Sequence[Named]:
        """Return what a project defines under a name."""
        key = (name, project)
        if key not in self._named:
            self._named[key] = self._names.named(name, project, limit=_MAX_CANDIDATES)
        return self._named[key]

    def files(self, name: str, project: str) -> Sequence[LinkedItem]:
        """Return the files of a project that bear a name."""
        key = (name, project)
        if key not in self._files:
            self._files[key] = self._names.items_of_file_name(name, project, limit=_MAX_CANDIDATES)
        return self._files[key]


class ProjectLookup:
    """Knows one project whole: for graphs, which ask for every name.

    Args:
        items: Everything in the project.
        definitions: All that it defines, with the key of the item.
    """

    def __init__(self, items: Iterable[LinkedItem], definitions: Iterable[tuple[int, Definition]]) -> None:
        by_key: dict[int, LinkedItem] = {}
        self._files: dict[str, list[LinkedItem]] = {}
        for item in items:
            by_key[item.key] = item
            if item.path:
                self._files.setdefault(item.path.rpartition("/")[2], []).append(item)
        self._named: dict[str, list[Named]] = {}
        for key, definition in definitions:
            if key in by_key:
                self._named.setdefault(definition.name, []).append(Named(by_key[key], definition))

    def named(self, name: str, _: str) -> Sequence[Named]:
        """Return what the project defines under a name; no more than the store would say."""
        return self._named.get(name, [])[:_MAX_CANDIDATES]

    def files(self, name: str, _: str) -> Sequence[LinkedItem]:
        """Return its files that bear a name."""
        return self._files.get(name, [])[:_MAX_CANDIDATES]


def meanings(use: Reference, source: LinkedItem, lookup: Lookup) -> list[tuple[Spot, float]]:
    """Return what a reference means, each with its share of the weight: together 1, or a half where it is a guess.

    Args:
        use: The reference.
        source: The item in which it stands.
        lookup: Who defines what.
    """
    if use.kind == "file":
        return _shared([Spot(i) for i in meant_files(use, source, lookup.files(use.name, source.project))])
    found = lookup.named(use.name, source.project)
    if not found:
        return []
    if use.kind == "message":
        return _shared([Spot(n.item) for n in found if n.definition.kind == "message"][:1])
    if use.kind == "module":
        return _shared(_modules(found, use.hint, source))
    meant = _shared([Spot(n.item, n.definition) for n in meant_definitions(use, source, found)])
    if source.modality == "code" and not is_explained(use.hint):
        return [(spot, share if spot.item.key == source.key else share * _GUESS) for spot, share in meant]
    if not meant and use.relation == "imports":
        # a package gives its modules as it gives names
        return _shared(_modules(found, f"{use.hint.rstrip('/')}/{use.name}", source))
    return meant


def _modules(found: Sequence[Named], module: str, source: LinkedItem) -> list[Spot]:
    meant = [
        Spot(n.item)
        for n in found
        if n.definition.kind == FILE and n.item.key != source.key and leads_to(module, source.path, n.item.path)
    ]
    return meant[:_MAX_MODULES]


def _shared(spots: list[Spot]) -> list[tuple[Spot, float]]:
    share = 1.0 / max(len(spots), 1)
    return [(spot, share) for spot in spots]
