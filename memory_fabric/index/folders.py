"""Folders above a path: how both kinds of index filter by place."""

from __future__ import annotations

from pathlib import PurePath

__all__ = ["ancestors"]


def ancestors(path: str) -> list[str]:
    """Return a path and every folder above it; an archive counts as a folder."""
    if not path:
        return []
    file, mark, inner = path.partition("!/")
    found = [path]
    if mark:
        found += [f"{file}!/{parent}" for parent in PurePath(inner).parents if str(parent) != "."]
        found.append(file)
    found += [str(parent) for parent in PurePath(file).parents]
    return found
