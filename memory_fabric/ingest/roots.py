"""Which files and folders may be indexed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from foundation.errors import InputError
from foundation.paths import real_path
from memory_fabric.config import IngestConfig

__all__ = ["allowed_roots", "resolved"]


def allowed_roots(paths: Sequence[str], limits: IngestConfig) -> list[Path]:
    """Return `paths` resolved, each inside one of the folders that the user allowed.

    Raises:
        InputError: A path is empty, leads nowhere, does not exist, or lies outside what is allowed.
    """
    if not paths:
        raise InputError("paths", "no path given", fix="name a file or a folder")
    allowed, denied = resolved(limits.roots), resolved(limits.denied)
    roots = []
    for text in paths:
        if not text.strip() or "\x00" in text:
            raise InputError("paths", f"`{text!r}` is not a path")
        try:
            root = real_path(text)
            is_there = root.exists()
        except (ValueError, OSError) as error:
            said = error.strerror if isinstance(error, OSError) else error
            raise InputError("paths", f"`{text}` leads nowhere: {said}") from error
        if not is_there:
            raise InputError("paths", f"`{text}` does not exist")
        if not _is_below(root, allowed):
            raise InputError(
                "paths", f"`{text}` is outside the allowed folders", fix="add its folder to `memory.ingest.roots`"
            )
        if _is_below(root, denied):
            raise InputError("paths", f"`{text}` lies in a folder that is never indexed: `memory.ingest.denied`")
        roots.append(root)
    return roots


def resolved(texts: Sequence[str]) -> list[Path]:
    """Return folders as the walk knows them: absolute, links followed."""
    return [real_path(text) for text in texts]


def _is_below(path: Path, folders: Sequence[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)
