"""Where models lie on this machine.

A model cache is a folder with one folder a model: `NAME/source/` holds the files that its manifest lists and
`NAME/built/` the graph made of them; beside them lies `NAME.toml`, where a manifest is the user's own. Caches are
searched in this order, and the first that has the model wins:

1. the folder in the environment variable `CAIRN_MODELS`;
2. `models/` in the profile folder;
3. `cairn/models` in the user's data folder (`$XDG_DATA_HOME`, by default `~/.local/share`).
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from foundation.paths import expanded_path
from memory_fabric.errors import ModelError

__all__ = ["default_place", "model_places"]

_VARIABLE = "CAIRN_MODELS"


def default_place() -> Path:
    """Return the cache that set-up fills: the one of the environment, or the user's.

    Raises:
        ModelError: The one of the environment lies with a user who has no home folder.
    """
    return _named_place() or _user_place()


def model_places(profile: Path | None = None) -> tuple[Path, ...]:
    """Return the caches to search, best first; they need not exist.

    Args:
        profile: The profile folder, when there is one.

    Raises:
        ModelError: As for `default_place`.
    """
    candidates = (_named_place(), profile / "models" if profile else None, _user_place())
    # a profile at its default place has its models where the user's are
    return tuple(dict.fromkeys(place for place in candidates if place is not None))


def _named_place() -> Path | None:
    named = os.environ.get(_VARIABLE, "")
    try:
        return expanded_path(named) if named else None
    except ValueError as error:
        raise ModelError(f"`{_VARIABLE}`: `{named}`: {error}", fix="name a folder, or none") from error


def _user_place() -> Path:
    return platformdirs.user_data_path("cairn", appauthor=False) / "models"
