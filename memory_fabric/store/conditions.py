"""Filters and selectors as SQL conditions on `items i`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from foundation.errors import InputError
from memory_fabric.operations import ForgetSelector
from memory_fabric.records import Filters

__all__ = ["below", "item_filter", "selector_filter"]


def below(column: str, folders: Sequence[str]) -> tuple[str, list[str]]:
    """Return an SQL condition for paths at or below `folders`, and its values; an index on the column serves it."""
    parts, values = [], []
    for folder in folders:
        base = folder.rstrip("/")
        # `0` is the character after `/`; an archive's members follow its path and `!/`
        parts.append(f"({column} = ? OR ({column} >= ? AND {column} < ?) OR ({column} >= ? AND {column} < ?))")
        values += [base or "/", f"{base}/", f"{base}0", f"{base}!/", f"{base}!0"]
    return f"({' OR '.join(parts) or '0'})", values


def item_filter(filters: Filters) -> tuple[list[str], list[Any]]:
    """Return the conditions of a search filter; none when everything passes."""
    where, values = _times(filters.since_s, filters.until_s)
    for column, wanted in (
        ("i.project", filters.projects),
        ("i.modality", filters.modalities),
        ("i.layer", filters.layers),
    ):
        if wanted:
            where.append(f"{column} IN ({','.join('?' * len(wanted))})")
            values += wanted
    if filters.path_prefix:
        condition, paths = below("i.path", [filters.path_prefix])
        where.append(condition)
        values += paths
    if filters.languages:
        marks = ",".join("?" * len(filters.languages))
        where.append(f"EXISTS (SELECT 1 FROM chunks c WHERE c.item_key = i.key AND c.language IN ({marks}))")  # noqa: S608 (marks only)
        values += filters.languages
    return where, values


def selector_filter(selector: ForgetSelector) -> tuple[list[str], list[Any]]:
    """Return the conditions of a selector.

    Raises:
        InputError: Nothing is set: that would select everything.
    """
    where, values = _times(selector.since_s, selector.until_s)
    if selector.ids:
        where.append("i.id IN (SELECT value FROM json_each(?))")
        values.append(msgspec.json.encode(selector.ids).decode())
    if selector.path:
        condition, paths = below("i.path", [selector.path])
        # a commit has no path: it goes with the folder of its repository
        history, repos = below("i.repo", [selector.path])
        where.append(f"({condition} OR (i.path = '' AND {history}))")
        values += paths + repos
    if selector.project:
        where.append("i.project = ?")
        values.append(selector.project)
    if selector.session:
        where.append("json_extract(i.meta, '$.session') = ?")
        values.append(selector.session)
    if not where:
        raise InputError("selector", "is empty", fix="set at least one field")
    return where, values


def _times(since_s: float | None, until_s: float | None) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    values: list[Any] = []
    if since_s is not None:
        where.append("i.timestamp_s >= ?")
        values.append(since_s)
    if until_s is not None:
        where.append("i.timestamp_s < ?")
        values.append(until_s)
    return where, values
