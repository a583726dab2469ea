"""What a folder really takes on disk."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

__all__ = ["FileIdentity", "copy_folder", "folder_bytes", "identity_of", "is_plain_folder", "remove_whole"]

FileIdentity = tuple[int, int]
"""Device and inode: what stays when a folder is renamed, and differs when another one takes its place."""

_BLOCK = 1 << 20


def folder_bytes(folder: Path) -> int:
    """Return the bytes of all blocks below `folder`; engines preallocate, so apparent sizes mislead."""
    total = 0
    # engines replace files and folders while we look: `walk` passes over a folder that is gone
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            with suppress(FileNotFoundError):
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
    return total


def identity_of(path: Path) -> FileIdentity:
    """Return what tells a folder from another one at the same place; a link is not followed.

    Raises:
        OSError: Nothing is there.
    """
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def is_plain_folder(path: Path) -> bool:
    """Return whether a folder stands there itself, and not a link to one."""
    return path.is_dir() and not path.is_symlink()


def remove_whole(path: Path) -> None:
    """Remove whatever stands at `path`, or nothing: a file, a folder with all in it, or a link, which is not followed.

    Raises:
        OSError: It cannot be removed.
    """
    if is_plain_folder(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder tree and leave holes holes: a preallocated file must not become a full one.

    Raises:
        OSError: The disk is full, or a file cannot be read; what was copied stays.
    """
    shutil.copytree(source, target, copy_function=_copy_file)


def _copy_file(source: str, target: str) -> None:
    with open(source, "rb") as reader, open(target, "wb") as writer:
        size = os.fstat(reader.fileno()).st_size
        end = 0
        while end < size:
            try:
                start = os.lseek(reader.fileno(), end, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:  # nothing but a hole up to the end
                    break
                raise
            end = os.lseek(reader.fileno(), start, os.SEEK_HOLE)
            reader.seek(start)
            writer.seek(start)
            for block in range(start, end, _BLOCK):
                writer.write(reader.read(min(_BLOCK, end - block)))
        writer.truncate(size)
