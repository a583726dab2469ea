"""Archives of folders: zip, and tar plain or packed; a single packed file too."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.ignore import IGNORED_DIRECTORIES, MAX_RULES_BYTES, is_always_ignored
from memory_fabric.ingest.readers.base import MAX_MEMBERS, Result, Source, clean, too_large
from memory_fabric.ingest.readers.member_rules import MemberRules
from memory_fabric.ingest.readers.zip_entries import (
    FREE_BYTES,
    beginning,
    bomb,
    entry_name,
    open_zip,
    read_entry,
    refusal,
)
from memory_fabric.records import SkippedFile

__all__ = ["read"]

_LINK_MODE = 0o120000
_TYPE_MASK = 0o170000
_PACKED_ENDINGS = (".gz", ".bz2", ".xz")
_TAR_ENDINGS = (".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")
_LZMA_MEMORY_BYTES = 128 * 1024 * 1024


_DAMAGE = (OSError, EOFError, ValueError, RecursionError, lzma.LZMAError, zlib.error)
"""What unpacking raises on damaged bytes."""


class _Stream(Protocol):
    """As much of a file as is needed to unpack it."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; nothing at the end."""


def read(source: Source) -> Iterator[Result]:
    """Yield the documents of every member, and a `SkippedFile` for each that is refused.

    Raises:
        UnreadableError: The archive as a whole is broken or a bomb.
    """
    match source.mime:
        case "application/gzip" | "application/x-bzip2" | "application/x-xz":
            yield from _packed(source)
        case "application/x-tar":
            yield from _tar(source, lambda source: io.BytesIO(source.data))
        case _:
            yield from _zip(source)


def _zip(source: Source) -> Iterator[Result]:
    with open_zip(source.data, source.limits) as archive:
        seen: set[str] = set()
        rules = _zip_rules(source, archive)
        for info in archive.infolist():
            name = entry_name(info)
            if info.is_dir() or _is_ignored(name, rules):
                continue
            if reason := _refusal(name, seen, is_link=_is_link(info)):
                yield SkippedFile(name, reason)
                continue
            try:
                data = read_entry(archive, info, source.limits, source.budget)
            except UnreadableError as error:
                yield SkippedFile(name, error.reason)
                if source.budget.is_spent:
                    return
                continue
            yield from source.read_member(name, data)


def _is_link(info: zipfile.ZipInfo) -> bool:
    return (info.external_attr >> 16) & _TYPE_MASK == _LINK_MODE


def _zip_rules(source: Source, archive: zipfile.ZipFile) -> MemberRules:
    """Return what the archive's own ignore files say, wherever they stand in it."""
    rules = MemberRules(source.budget, is_following_gitignore=source.limits.is_following_gitignore)
    for info in archive.infolist():
        name = entry_name(info)
        if rules.is_wanted(name) and not info.is_dir() and not _is_link(info):
            rules.add(name, beginning(archive, info, MAX_RULES_BYTES))
    return rules


def _is_ignored(name: str, rules: MemberRules) -> bool:
    *folders, last = name.split("/")
    return (
        any(folder in IGNORED_DIRECTORIES or folder == "__MACOSX" for folder in folders)
        or is_always_ignored(last, is_directory=False)
        or (not refusal(name) and rules.leaves_out(name))
    )  # fmt: skip


def _refusal(name: str, seen: set[str], *, is_link: bool = False) -> str:
    if reason := refusal(name):
        return reason
    if is_link:
        return "link in the archive"
    if name in seen:
        return "second member of this name"
    seen.add(name)
    return ""


def _packed(source: Source) -> Iterator[Result]:
    stream = _unpacked(source)
    try:
        head = stream.peek(512)
    except _DAMAGE as error:
        raise UnreadableError("broken archive") from error
    path = source.path.lower()
    if head[257:262] == b"ustar" or path.endswith(_TAR_ENDINGS):
        yield from _tar(source, _unpacked)
        return
    try:
        data = stream.read(source.limits.max_file_bytes + 1)
    except _DAMAGE as error:
        raise UnreadableError("broken archive") from error
    if len(data) > source.limits.max_file_bytes:
        raise UnreadableError(too_large(len(data), source.limits.max_file_bytes))
    source.budget.take(len(data))
    name = source.path.replace("!/", "/").rpartition("/")[2]
    stem = name[: name.rindex(".")] if path.endswith(_PACKED_ENDINGS) and name.count(".") else f"{name}.content"
    yield from source.read_member(stem, data)


def _unpacked(source: Source) -> io.BufferedReader:
    return io.BufferedReader(_Capped(_unpacker(source), source))


def _unpacker(source: Source) -> _Stream:
    packed = io.BytesIO(source.data)
    match source.mime:
        case "application/gzip":
            return gzip.GzipFile(fileobj=packed)
        case "application/x-bzip2":
            return bz2.BZ2File(packed)
        case _:
            return _XzFile(packed)


class _XzFile:
    """Unpacks xz with a limit on the memory that its header may ask for, which the standard file object lacks."""

    def __init__(self, packed: io.BytesIO) -> None:
        self._packed = packed
        self._decoder = lzma.LZMADecompressor(memlimit=_LZMA_MEMORY_BYTES)

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; nothing at the end.

        Raises:
            EOFError: The stream is cut.
        """
        while not self._decoder.eof:
            chunk = self._packed.read(64 * 1024) if self._decoder.needs_input else b""
            if self._decoder.needs_input and not chunk:
                raise EOFError("cut xz stream")
            if data := self._decoder.decompress(chunk, size):
                return data
        return b""


class _Capped(io.RawIOBase):
    """Stops a stream that unpacks to more than is allowed."""

    def __init__(self, stream: _Stream, source: Source) -> None:
        super().__init__()
        self._stream = stream
        self._total = 0
        self._packed_bytes = len(source.data)
        self._limits = source.limits

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the stub's Buffer has no length
        """Fill `buffer` with unpacked bytes.

        Raises:
            UnreadableError: The stream is a bomb or unpacks to too much.
        """
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._total += len(data)
        ratio = self._limits.max_archive_ratio
        if self._total > FREE_BYTES and self._total > ratio * self._packed_bytes:
            raise UnreadableError(bomb(ratio))
        if self._total > self._limits.max_archive_bytes:
            raise UnreadableError(too_large(self._total, self._limits.max_archive_bytes))
        return len(data)


def _tar(source: Source, open_stream: Callable[[Source], io.BufferedIOBase]) -> Iterator[Result]:
    """Read members in the order of the stream, so that only one is in memory at a time.

    Raises:
        UnreadableError: Not even the first member can be read, or the ignore files ask for too much.
    """
    rules = _tar_rules(source, open_stream(source))
    count = 0
    try:
        with tarfile.open(fileobj=open_stream(source), mode="r|", errors="surrogateescape") as archive:
            seen: set[str] = set()
            for member in archive:
                yield from _tar_member(source, archive, member, seen, rules)
                count += 1
                if source.budget.is_spent:
                    return
    except UnreadableError as error:
        if not count:
            raise
        yield SkippedFile("", error.reason)
    except (tarfile.TarError, *_DAMAGE) as error:
        if not count:
            raise UnreadableError("broken archive") from error
        # what came before the damage has been given
        yield SkippedFile("", "broken archive")


def _tar_rules(source: Source, stream: io.BufferedIOBase) -> MemberRules:
    """Return what the archive's own ignore files say: one pass before the other, as they may stand behind the rest."""
    rules = MemberRules(source.budget, is_following_gitignore=source.limits.is_following_gitignore)
    try:
        with tarfile.open(fileobj=stream, mode="r|", errors="surrogateescape") as archive:
            for member in islice(archive, MAX_MEMBERS):
                name = _name_of(member)
                if member.isreg() and rules.is_wanted(name) and (content := archive.extractfile(member)) is not None:
                    rules.add(name, content.read(MAX_RULES_BYTES))
    except (UnreadableError, tarfile.TarError, *_DAMAGE):
        # told when the members are read: what is spent stays spent
        return rules
    return rules


def _name_of(member: tarfile.TarInfo) -> str:
    return clean(member.name).removeprefix("./")


def _tar_member(
    source: Source, archive: tarfile.TarFile, member: tarfile.TarInfo, seen: set[str], rules: MemberRules
) -> Iterator[Result]:
    name = _name_of(member)
    if member.isdir() or _is_ignored(name, rules):
        return
    reason = _refusal(name, seen, is_link=member.issym() or member.islnk())
    if not reason and not member.isreg():
        reason = "not a regular file"
    if not reason and member.size > source.limits.max_file_bytes:
        reason = too_large(member.size, source.limits.max_file_bytes)
    if reason:
        yield SkippedFile(name, reason)
        return
    try:
        source.budget.take(member.size)
    except UnreadableError as error:
        yield SkippedFile(name, error.reason)
        return
    content = archive.extractfile(member)
    if content is not None:
        yield from source.read_member(name, content.read())
