"""Paths as people write them: `~`, links and all."""

from __future__ import annotations

from pathlib import Path

__all__ = ["expanded_path", "real_path"]


def expanded_path(text: str) -> Path:
    """Return a path with its `~` replaced by a home folder.

    Args:
        text: As a person wrote it.

    Raises:
        ValueError: No such user has a home folder; says so in words for people, without the path.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError("no user of this name has a home folder here") from error


def real_path(text: str) -> Path:
    """Return a path with its `~` replaced and its links followed; nothing need exist there.

    Args:
        text: As a person wrote it.

    Raises:
        ValueError: No such user, links in a circle, or a NUL; says which, without the path.
    """
    path = expanded_path(text)
    try:
        return path.resolve()
    except (RuntimeError, OSError) as error:
        # Python before 3.13 raises the former for links in a circle
        raise ValueError("its links lead in a circle") from error
