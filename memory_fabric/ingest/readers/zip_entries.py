"""Reading entries of a zip file without trusting what it says about itself."""

from __future__ import annotations

import io
import re
import zipfile

from memory_fabric.config import IngestConfig
from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.base import Budget, clean, too_large

__all__ = ["FREE_BYTES", "beginning", "bomb", "entry_name", "open_zip", "read_entry", "refusal"]

FREE_BYTES = 1024 * 1024
"""Unpacked size below which a high ratio does no harm: a page of zeros packs a thousandfold."""

_ENCRYPTED = 0x1
_UTF8 = 0x800
_DRIVE = re.compile(r"[A-Za-z]:")


def bomb(ratio: int) -> str:
    """Return the reason for what unpacks to more than `ratio` times its size."""
    return f"archive bomb (unpacks to more than {ratio} times its size)"


def open_zip(data: bytes, limits: IngestConfig) -> zipfile.ZipFile:
    """Open a zip file after checking how much it would unpack to.

    Raises:
        UnreadableError: The file is broken, a bomb, or unpacks to too much.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:  # damaged directories fail in many ways beside `BadZipFile`
        raise UnreadableError("broken zip") from error
    total = sum(info.file_size for info in archive.infolist())
    if total > FREE_BYTES and total > limits.max_archive_ratio * len(data):
        raise UnreadableError(bomb(limits.max_archive_ratio))
    if total > limits.max_archive_bytes:
        raise UnreadableError(too_large(total, limits.max_archive_bytes))
    return archive


def read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: IngestConfig, budget: Budget) -> bytes:
    """Return the bytes of one entry.

    Raises:
        UnreadableError: The entry is encrypted, too large, a bomb or broken.
    """
    if info.flag_bits & _ENCRYPTED:
        raise UnreadableError("encrypted")
    if info.file_size > limits.max_file_bytes:
        raise UnreadableError(too_large(info.file_size, limits.max_file_bytes))
    if info.file_size > FREE_BYTES and info.file_size > limits.max_archive_ratio * max(info.compress_size, 1):
        raise UnreadableError(bomb(limits.max_archive_ratio))
    budget.take(info.file_size)
    try:
        with archive.open(info) as entry:
            return entry.read(limits.max_file_bytes)
    except Exception as error:  # unknown methods, bad sums, cut streams: every codec has errors of its own
        raise UnreadableError("broken archive member") from error


def beginning(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int) -> bytes:
    """Return up to `size` bytes of an entry; nothing when it cannot be read, which `read_entry` tells."""
    try:
        with archive.open(info) as entry:
            return entry.read(size)
    except Exception:  # see `read_entry`
        return b""


def entry_name(info: zipfile.ZipInfo) -> str:
    """Return the name with `/` between folders, in the encoding that its author most likely used.

    Without its Unicode flag a name is code page 437 by the standard, but UTF-8 or the local page in practice.
    """
    name = info.filename
    if not info.flag_bits & _UTF8 and not name.isascii():
        try:
            raw = name.encode("cp437")
            name = raw.decode("utf-8")
        except UnicodeEncodeError:
            pass
        except UnicodeDecodeError:
            guess = raw.decode("cp866")
            is_russian = sum("а" <= sign.lower() <= "я" for sign in guess) * 2 > sum(not s.isascii() for s in guess)
            name = guess if is_russian else name
    return clean(name).replace("\\", "/")


def refusal(name: str) -> str:
    """Return why a member of this name is not read; empty when it may be."""
    if name.startswith("/") or _DRIVE.match(name):
        return "absolute path in the archive"
    if ".." in name.split("/"):
        return "path leaves the archive"
    if not name or "!/" in name or not name.isprintable():
        return "bad name in the archive"
    return ""
