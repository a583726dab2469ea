"""Sealing an index folder when it is closed, so that any later change of its bytes is noticed."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import msgspec

from memory_fabric.index.disk import remove_whole

__all__ = ["FolderSeal"]

_BLOCK = 1 << 20


class _Entry(msgspec.Struct, frozen=True):
    size: int
    crc32: int


class FolderSeal:
    """A list of every file with size and CRC-32, kept beside the folder.

    The seal is written after a clean close and removed before the first write: a folder without a seal was not closed
    cleanly and must be checked by its content.

    Args:
        folder: The sealed folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder.with_suffix(".seal")

    @property
    def is_sealed(self) -> bool:
        """Whether the folder was closed cleanly."""
        return self._path.is_file()

    def seal(self) -> None:
        """Write the list, durably and at once."""
        entries = {name: _Entry(path.stat().st_size, _crc32(path)) for name, path in self._files().items()}
        temporary = self._path.with_suffix(".seal-tmp")
        # opened as it is, a link that stands there would be followed
        remove_whole(temporary)
        with temporary.open("xb") as file:
            file.write(msgspec.json.encode(entries))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)

    def break_seal(self) -> None:
        """Remove the list: from here on the folder changes."""
        remove_whole(self._path)

    def check_quick(self) -> list[str]:
        """Compare names and sizes; returns what differs."""
        return self._compare(is_full=False)

    def check_full(self) -> list[str]:
        """Compare names, sizes and checksums; returns what differs."""
        return self._compare(is_full=True)

    def _compare(self, *, is_full: bool) -> list[str]:
        try:
            sealed = msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Entry])
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return ["the seal cannot be read"]
        files = self._files()
        found = [f"`{name}` is missing" for name in sealed.keys() - files.keys()]
        found += [f"`{name}` is new" for name in files.keys() - sealed.keys()]
        for name in sealed.keys() & files.keys():
            if files[name].stat().st_size != sealed[name].size:
                found.append(f"`{name}` has another size")
            elif is_full and _crc32(files[name]) != sealed[name].crc32:
                found.append(f"`{name}` has another checksum")
        return sorted(found)

    def _files(self) -> dict[str, Path]:
        return {str(path.relative_to(self._folder)): path for path in self._folder.rglob("*") if path.is_file()}


def _crc32(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            value = zlib.crc32(block, value)
    return value
