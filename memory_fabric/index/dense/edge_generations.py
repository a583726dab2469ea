"""Folders of a shard that replace one another whole: `current.json` names the one in use."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import msgspec

from memory_fabric.errors import DimensionError, IndexCorruptError

__all__ = ["Generations"]


class _Current(msgspec.Struct, frozen=True):
    generation: str
    dimension: int
    is_tidy: bool


class Generations:
    """The numbered generations of an index below one folder.

    INVARIANT: `current.json` is moved only to a generation that was flushed, in one atomic step; whatever else lies
    in the folder is left over by a crash and may be removed.

    Args:
        root: Folder of the whole index; created when missing.
        dimension: Length of a vector.
    """

    def __init__(self, root: Path, dimension: int) -> None:
        self._root = root
        self._dimension = dimension
        self._path = root / "current.json"
        root.mkdir(parents=True, exist_ok=True)

    def current(self) -> tuple[Path, bool] | None:
        """Return the folder in use and whether it is as `optimize` left it; None when there is none yet.

        Raises:
            IndexCorruptError: `current.json` or the folder it names is missing or damaged.
            DimensionError: The index was made for vectors of another length.
        """
        if not any(self._root.iterdir()):
            return None
        try:
            current = msgspec.json.decode(self._path.read_bytes(), type=_Current)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise IndexCorruptError(f"`{self._path}` cannot be read: {error}") from error
        folder = self._root / current.generation
        if not re.fullmatch(r"g\d+", current.generation) or not folder.is_dir():
            raise IndexCorruptError(f"`{self._path}` names no folder of the index")
        if current.dimension != self._dimension:
            raise DimensionError(
                f"the index holds vectors of length {current.dimension}, the model gives {self._dimension}"
            )
        return folder, current.is_tidy

    def following(self) -> Path:
        """Return the path of the next generation, which does not exist yet."""
        numbers = [int(path.name[1:]) for path in self._root.glob("g*") if path.name[1:].isdigit()]
        return self._root / f"g{max(numbers, default=0) + 1}"

    def adopt(self, folder: Path, *, is_tidy: bool) -> None:
        """Make a flushed generation the one in use, durably.

        Args:
            folder: One that `following` named.
            is_tidy: Whether nothing was written since it was optimised.
        """
        temporary = self._path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            file.write(msgspec.json.encode(_Current(folder.name, self._dimension, is_tidy)))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        _sync_folder(self._root)

    def sweep(self, keep: Path) -> None:
        """Remove every generation but `keep`."""
        for path in self._root.glob("g*"):
            if path != keep:
                shutil.rmtree(path, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
