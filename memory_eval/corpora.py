"""Where the corpora of the shipped golden sets lie on any machine that runs Cairn.

`repository` is this project's own folder; `python-library` is the standard library of the running interpreter, which
every installation carries as source with its docstrings.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

from foundation.paths import expanded_path
from memory_eval.errors import GoldenSetError

__all__ = ["corpus_folder", "is_shipped_corpus"]

_SHIPPED = ("repository", "python-library", "russian")


def corpus_folder(name: str) -> Path:
    """Return the folder of a corpus by name, or the named folder itself.

    Raises:
        GoldenSetError: There is no such corpus on this machine.
    """
    match name:
        case "repository":
            folder = Path(__file__).resolve().parent.parent
        case "python-library":
            folder = Path(sysconfig.get_paths()["stdlib"])
        case "russian":
            folder = Path(__file__).resolve().parent / "golden" / "russian"
        case _:
            folder = _own_folder(name)
    if not folder.is_dir():
        raise GoldenSetError("set", f"corpus `{name}` is not on this machine: `{folder}`")
    return folder


def _own_folder(name: str) -> Path:
    try:
        return expanded_path(name)
    except ValueError as error:
        raise GoldenSetError("set", f"corpus `{name}` is not on this machine: {error}") from error


def is_shipped_corpus(name: str) -> bool:
    """Return whether a corpus came with Cairn or its interpreter; any other name is a folder of the user's."""
    return name in _SHIPPED
