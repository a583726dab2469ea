"""The neighbours of an item or symbol: what it names, and what names it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from foundation.errors import NotFoundError
from memory_fabric.links.meanings import Spot, StoreLookup, cite_of, meanings
from memory_fabric.links.records import Neighbour, Place
from memory_fabric.links.resolve import MOST, family_of, is_explained, may_mean
from memory_fabric.records import Cite
from memory_fabric.store.names import FILE, LinkedItem, NameReader, Use, names_under

__all__ = ["find_spots", "neighbours_of"]

_MAX_USES = 600
"""References of one item that are followed."""

_MAX_USERS = 120
"""Places that use one name which are looked at, newest first."""

_MAX_ALL_USERS = 400
"""Of all names of one item together: what hundreds lean on is not read to its end."""

_MAX_OWN_NAMES = 300
_MAX_INSIDE = 50
_MAX_LINKS = 500
_DUNDER = "__"


# ---- what is meant --------------------------------------------------------------------------------------------


def find_spots(names: NameReader, place: Place, *, limit: int = 20) -> list[Spot]:
    """Return what a place means; a symbol, or a path in several projects, may mean several things.

    Raises:
        NotFoundError: Nothing.
    """
    if place.id:
        item = names.item(place.id)
        found = [Spot(item)] if item else []
        missing = f"no item `{place.id}`"
    elif place.path:
        found = [_at_line(names, item, place.line) for item in names.items_at(place.path, limit=limit)]
        found = [spot for spot in found if place.project in {"", spot.item.project}]
        missing = f"`{place.path}` is not indexed"
    else:
        found = _of_symbol(names, place)[:limit]
        missing = f"nothing defines `{place.symbol}`"
    if not found:
        raise NotFoundError(missing, fix="see `cairn list`, or `cairn index` its folder first")
    return found


def _at_line(names: NameReader, item: LinkedItem, line: int) -> Spot:
    around = [d for d in names.definitions_of(item.key) if d.line_start <= line <= d.line_end and d.symbol]
    return Spot(item, min(around, key=lambda d: d.line_end - d.line_start) if around and line else None)


def _of_symbol(names: NameReader, place: Place) -> list[Spot]:
    dotted = place.symbol.removesuffix("()").replace("::", ".").replace("#", ".")
    name = dotted.rpartition(".")[2]
    found = [named for named in names.named(name, place.project, limit=500) if named.definition.symbol]
    exact = [n for n in found if n.definition.symbol == dotted]
    chosen = exact or [n for n in found if n.definition.symbol.endswith(f".{dotted}")]
    return [Spot(n.item, n.definition) for n in chosen]


# ---- its neighbours -------------------------------------------------------------------------------------------


def neighbours_of(names: NameReader, spot: Spot) -> list[Neighbour]:
    """Return the links of an item or symbol, each once: sure ones first, then by how often they are used."""
    found = [*_outgoing(names, spot), *_incoming(names, spot)]
    if spot.definition is None:
        found += [*_drawn(names, spot.item), *_containers(names, spot.item)]
    else:
        whole = Cite(path=spot.item.path, line=1, uri=spot.item.uri)
        found.append(
            Neighbour(spot.item.id, "defines", "in", whole, spot.item.title, 1.0, 1, spot.definition.line_start)
        )
    merged: dict[tuple[str, str, str, str, int], Neighbour] = {}
    for one in found:
        # inwards every place counts, outwards every definition
        key = (one.id, one.relation, one.direction, one.cite.symbol, 0 if one.cite.symbol else one.cite.line)
        seen = merged.get(key)
        merged[key] = one if seen is None else _merged(seen, one)
    return sorted(merged.values(), key=lambda n: (-n.weight, -n.count, n.cite.path, n.cite.line, n.relation))


def _merged(seen: Neighbour, other: Neighbour) -> Neighbour:
    first = min(seen, other, key=lambda n: n.line or seen.line)
    return msgspec.structs.replace(first, count=seen.count + other.count, weight=max(seen.weight, other.weight))


def _outgoing(names: NameReader, spot: Spot) -> Iterator[Neighbour]:
    item, symbol = spot.item, spot.symbol
    lookup = StoreLookup(names)
    for use in names.uses_of(item.key, limit=_MAX_USES):
        if symbol and use.scope != symbol and not use.scope.startswith(f"{symbol}."):
            continue
        for target, weight in meanings(use, item, lookup):
            if target.item.key == item.key and (not symbol or target.definition is None):
                # inside one file only a symbol has neighbours
                continue
            if symbol and target.item.key == item.key and target.symbol == symbol:
                continue
            yield Neighbour(
                target.item.id,
                use.relation,
                "out",
                target.cite(),
                target.item.title,
                weight,
                use.count,
                use.line,
                use.scope,
            )


def _incoming(names: NameReader, spot: Spot) -> Iterator[Neighbour]:
    item = spot.item
    lookup = StoreLookup(names)
    meant: dict[tuple[int, str, str, str, str], list[tuple[Spot, float]]] = {}
    for use, own in _users(names, spot, lookup):
        if use.item.key == item.key and not spot.symbol:
            continue
        reference = use.reference
        if use.item.modality == "code" and is_explained(reference.hint) and not may_mean(reference.hint, item.path):
            continue
        if spot.symbol and use.item.key == item.key and _is_within(reference.scope, spot.symbol):
            continue
        said = (use.item.key, reference.relation, reference.kind, reference.name, reference.hint)
        if said not in meant:
            meant[said] = meanings(reference, use.item, lookup)
        for target, weight in meant[said]:
            if target.item.key != item.key or (spot.symbol and target.symbol != own):
                continue
            cite = Cite(path=use.item.path, line=reference.line, uri=use.item.uri, symbol=reference.scope)
            line = target.definition.line_start if target.definition else 0
            yield Neighbour(
                use.item.id,
                reference.relation,
                "in",
                cite,
                use.item.title,
                weight,
                reference.count,
                line,
                target.symbol,
            )


def _is_within(scope: str, symbol: str) -> bool:
    return scope == symbol or scope.startswith(f"{symbol}.")


def _users(names: NameReader, spot: Spot, lookup: StoreLookup) -> Iterator[tuple[Use, str]]:
    """Yield what may refer to an item, each with the symbol that it may mean."""
    item = spot.item
    family = family_of(item.path)
    own = names_under(names.definitions_of(item.key), spot.symbol)
    seen: set[tuple[str, str]] = set()
    left = _MAX_ALL_USERS
    for definition in own[:_MAX_OWN_NAMES]:
        kinds = {"message": ("message",), FILE: ("module", "symbol")}.get(definition.kind, ("symbol",))
        if definition.name.startswith(_DUNDER) or (definition.name, kinds[0]) in seen or left <= 0:
            continue
        seen.add((definition.name, kinds[0]))
        named = lookup.named(definition.name, item.project)
        # what has many meanings is meant only where its source says which
        is_common = sum(family_of(n.item.path) == family for n in named) > MOST
        for use in names.uses(
            definition.name,
            item.project,
            kinds,
            is_explained=is_common and kinds == ("symbol",),
            limit=min(_MAX_USERS, left),
        ):
            left -= 1
            yield use, definition.symbol
    if not spot.symbol and item.path:
        for use in names.uses(item.path.rpartition("/")[2], item.project, ("file",), limit=_MAX_USERS):
            yield use, ""


# ---- links that no text says ----------------------------------------------------------------------------------


def _drawn(names: NameReader, item: LinkedItem) -> Iterator[Neighbour]:
    for src, dst, relation, weight in names.links_of(item.id, limit=_MAX_LINKS):
        is_out = src == item.id
        other = names.item(dst if is_out else src)
        if other is not None:
            yield Neighbour(other.id, relation, "out" if is_out else "in", cite_of(other), other.title, weight)


def _containers(names: NameReader, item: LinkedItem) -> Iterator[Neighbour]:
    if not item.path:
        return
    container = item.path.rpartition("!/")[0]
    for outer in names.items_at(container) if container else ():
        if outer.project == item.project:
            yield Neighbour(outer.id, "derived_from", "out", cite_of(outer), outer.title, 1.0)
    for inner in names.items_inside(item.path, limit=_MAX_INSIDE):
        if inner.project == item.project:
            yield Neighbour(inner.id, "derived_from", "in", cite_of(inner), inner.title, 1.0)
