"""What every reader takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from memory_fabric.config import IngestConfig
from memory_fabric.errors import UnreadableError
from memory_fabric.records import Document, SkippedFile

__all__ = [
    "MAX_DEPTH",
    "MAX_MEMBERS",
    "MAX_TEXT_CHARS",
    "TOO_LONG",
    "Budget",
    "Reader",
    "Result",
    "Source",
    "clean",
    "too_large",
    "within",
]

MAX_DEPTH = 3
"""Containers inside one another that are opened."""

MAX_MEMBERS = 50_000
"""Members read out of one file, those of inner containers included."""

MAX_TEXT_CHARS = 32 * 1024 * 1024
"""Characters that one source may become: some formats let a few bytes stand for a long text."""

TOO_LONG = "only the beginning is read (the text is too long)"

Result = Document | SkippedFile
"""A reader gives documents, and names the members of a container that cannot be read."""


class Budget(msgspec.Struct):
    """What one file may still unpack to, shared with every container inside it."""

    bytes_left: int
    members_left: int = MAX_MEMBERS
    chars_left: int = 512 * 1024 * 1024
    rules_left: int = 20_000_000
    """Patterns of ignore files that may still be tried on paths: a few seconds of the worst ones."""

    def take(self, size: int) -> None:
        """Account for one member.

        Args:
            size: Unpacked bytes.

        Raises:
            UnreadableError: Nothing more may be unpacked.
        """
        self.members_left -= 1
        self.bytes_left -= size
        if self.members_left < 0:
            raise UnreadableError(f"too many members (> {MAX_MEMBERS})")
        if self.bytes_left < 0:
            raise UnreadableError("archive unpacks to too much")

    def take_text(self, chars: int) -> None:
        """Account for the text of a document.

        Args:
            chars: Its length.

        Raises:
            UnreadableError: The file gives too much text.
        """
        self.chars_left -= chars
        if self.chars_left < 0:
            raise UnreadableError("archive holds too much text")

    def take_rules(self, work: int) -> None:
        """Account for the work of ignore files.

        Args:
            work: Patterns times paths.

        Raises:
            UnreadableError: The ignore files ask for too much.
        """
        self.rules_left -= work
        if self.rules_left < 0:
            raise UnreadableError("too many ignore rules in the archive")

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be unpacked."""
        return min(self.members_left, self.bytes_left, self.chars_left, self.rules_left) < 0


class Source(msgspec.Struct, frozen=True):
    """One thing to read: a file, or a member of a container."""

    path: str
    """Path or inner name; tells kinds of text apart."""
    data: bytes
    mime: str
    limits: IngestConfig
    budget: Budget
    read_member: Callable[[str, bytes], Iterator[Result]]
    """Reads a member of this container, given its name and bytes; never raises, a failure is a `SkippedFile`."""


class Reader(Protocol):
    """Turns one format into documents; the modules beside this one satisfy it by their `read`."""

    def read(self, source: Source) -> Iterator[Result]:
        """Yield what the source holds; nothing when it is empty.

        Inner paths in the results are relative to the source; empty stands for the source itself.

        Raises:
            UnreadableError: The source cannot be read; carries the reason.
            ValueError: A text is malformed and is to be read as plain text instead.
        """


def within(name: str, result: Result) -> Result:
    """Return a member's result as its container sees it: `a.txt` of `b.zip` becomes `b.zip!/a.txt`."""
    if isinstance(result, SkippedFile):
        return SkippedFile(f"{name}!/{result.path}" if result.path else name, result.reason)
    inner = f"{name}!/{result.inner_path}" if result.inner_path else name
    folders = inner.replace("!/", "/").rpartition("/")[0]
    meta = {**result.meta, "folders": folders} if folders else result.meta
    return msgspec.structs.replace(result, inner_path=inner, meta=meta)


def too_large(size: int, limit: int) -> str:
    """Return the reason for a source of `size` bytes above `limit` bytes, e.g. `too large (80 MB > 32 MB)`."""
    if limit < 1024 * 1024:
        return f"too large ({size} B > {limit} B)"
    return f"too large ({size / (1024 * 1024):.0f} MB > {limit / (1024 * 1024):.0f} MB)"


def clean(text: str) -> str:
    """Return `text` as it may be stored: without NUL and lone surrogates, with a line feed as the only line end."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # pairs written as two escapes come together in UTF-16; what stays alone is replaced
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
