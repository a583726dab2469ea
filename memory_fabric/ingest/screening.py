"""Everything that is to be stored passes here first: secrets are cut out, personal data is cut out or noted.

Whole documents are looked at, before they are cut into chunks: a key may lie across a cut. What stays goes on to the
chunker, so that chunks, symbols, headings, vectors and indexes never see the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

import msgspec

from foundation.errors import InputError
from memory_fabric.config import IngestConfig
from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.opening import read_regular
from memory_fabric.ingest.readers.factory import read_bytes_with_skips
from memory_fabric.ingest.states import digest_of
from memory_fabric.operations import IngestRecord
from memory_fabric.records import Document, SkippedFile
from memory_fabric.scan.scanner import Scanner
from memory_fabric.store.store import ItemDraft

__all__ = [
    "SECRET_TAG",
    "Screen",
    "ScreenedFile",
    "digests_of",
    "marked",
    "named",
    "refuse_names",
    "screen_file",
    "screen_record",
]

SECRET_TAG = "secret"  # noqa: S105 (the name of a tag)
"""Given to items that keep a secret because its kind is only tagged."""


class Screen:
    """Passes the texts of one item through a scanner and adds up what was found.

    Args:
        scanner: Knows the policy.
    """

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self.redacted = 0
        self.is_personal = False
        self.is_secret = False
        self.refused = ""

    def text(self, text: str) -> str:
        """Return `text` as it may be stored."""
        scan = self._scanner.scan(text)
        self.redacted += scan.redacted
        self.is_personal |= scan.is_personal
        self.is_secret |= scan.is_secret
        self.refused = self.refused or scan.refused
        return scan.text

    def fields(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Return fields as they may be stored; the name of a field may say that its value is a secret."""
        kept = {}
        for name, value in fields.items():
            head = f"{self.text(name)}: "
            kept[head[:-2]] = self.text(f"{head}{value}")[len(head) :]
        return kept

    def document(self, document: Document) -> Document:
        """Return a document as it may be stored; lines keep their numbers."""
        return msgspec.structs.replace(
            document,
            text=self.text(document.text),
            title=self.text(document.title),
            meta=self.fields(document.meta),
            turns=tuple(msgspec.structs.replace(turn, speaker=self.text(turn.speaker)) for turn in document.turns),
            links=self._links(document.links),
        )

    def _links(self, links: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
        """Return those that may be stored: one that was cut leads nowhere any more."""
        if not links:
            return ()
        # one scan for all: a mark never takes a line away
        shown = self.text("\n".join(target for target, _ in links)).split("\n")
        return tuple(link for link, left in zip(links, shown, strict=True) if link[0] == left)


class ScreenedFile(msgspec.Struct, frozen=True):
    """A file's documents as they may be stored."""

    documents: tuple[tuple[Document, Screen], ...]
    skipped: tuple[SkippedFile, ...]
    """Members that could not be read or must not be stored, and why."""
    reason: str
    """Why nothing of the file may be stored; empty when something may."""
    digest: bytes
    """Of the file, as it may be stored: of one that holds what was cut out, the digest of what is left. From that of
    the whole a short secret could be guessed by trying."""


def screen_file(
    path: str, documents: Iterable[Document], digest: bytes, scanner: Scanner, *, skipped: Iterable[SkippedFile] = ()
) -> ScreenedFile:
    """Return what may be stored of a file.

    Args:
        path: Of the file.
        documents: What its reader gave.
        digest: Of its bytes.
        scanner: Knows the policy.
        skipped: Members that could not be read.
    """
    kept: list[tuple[Document, Screen]] = []
    unread = [SkippedFile(named(skip.path, scanner)[0], skip.reason) for skip in skipped]
    refused: list[SkippedFile] = []
    reason = ""
    for document in documents:
        place = f"{path}!/{document.inner_path}" if document.inner_path else path
        screen = Screen(scanner)
        shown, why = named(f"{place}#{document.part}" if document.part else place, scanner)
        clean = document if why else screen.document(document)
        why = why or screen.refused
        if not why:
            # a document without a title is called by its name
            if not document.title:
                screen.text(PurePath(document.inner_path or path).name)
            kept.append((clean, screen))
        elif document.inner_path or document.part:
            refused.append(SkippedFile(shown, why))
        else:
            reason = why
    if reason or refused or any(screen.redacted for _, screen in kept):
        digest = _digest_of(document for document, _ in kept)
    return ScreenedFile(tuple(kept), (*unread, *refused), reason, digest)


def digests_of(path: str, limits: IngestConfig, scanner: Scanner) -> Iterator[bytes]:
    """Yield what a file may be known by: a digest of its bytes, then one of what may be stored; none if unreadable.

    Args:
        path: Of the file.
        limits: What it may take to read it.
        scanner: Knows the policy.
    """
    try:
        data = read_regular(path, limits.max_file_bytes)
        digest = digest_of(data)
        yield digest
        documents, _ = read_bytes_with_skips(path, data, limits)
        yield screen_file(path, documents, digest, scanner).digest
    except UnreadableError:
        return


def refuse_names(names: Iterable[str], scanner: Scanner) -> None:
    """Let no name of a root or a project pass that holds a secret: it would be remembered.

    Raises:
        InputError: One of them does.
    """
    for name in names:
        shown, why = named(name, scanner)
        if why:
            raise InputError("paths", f"`{shown}`: {why}", fix="give it another name")


def _digest_of(documents: Iterable[Document]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for document in documents:
        digest.update(msgspec.msgpack.encode(document))
    return digest.digest()


def named(place: str, scanner: Scanner) -> tuple[str, str]:
    """Return a path as it may be shown, and why what is there may not be stored; the reason is empty when it may.

    A name cannot be cut: it is how its owner finds the file.
    """
    scan = scanner.scan(place)
    if scan.refused:
        return "[redacted]", f"its name {scan.refused}"
    return scan.text, "its name holds a secret or a personal number" if scan.redacted else ""


def screen_record(
    record: IngestRecord, scanner: Scanner, *, tags: Sequence[str] = (), uri: str = ""
) -> tuple[IngestRecord, tuple[str, ...], str, Screen]:
    """Return a record as it may be stored, its tags and its address; the screen says what was found.

    Raises:
        InputError: The name of the project holds a secret: it could neither be kept nor cut.
    """
    screen = Screen(scanner)
    if named(record.project, scanner)[1]:
        raise InputError("project", "the name holds a secret or a personal number", fix="choose another name")
    clean = msgspec.structs.replace(
        record,
        text=screen.text(record.text),
        title=screen.text(record.title),
        language=screen.text(record.language),
        meta=screen.fields(record.meta),
    )
    words = tuple(screen.text(tag) for tag in tags)
    address = screen.text(uri)
    if named(record.id, scanner)[1]:
        screen.refused = screen.refused or "its id holds a secret or a personal number"
    return clean, words, address, screen


def marked(draft: ItemDraft, screen: Screen) -> ItemDraft:
    """Return a draft that says what was found in it."""
    tags = (*draft.tags, SECRET_TAG) if screen.is_secret and SECRET_TAG not in draft.tags else draft.tags
    return msgspec.structs.replace(draft, redacted=screen.redacted, is_personal=screen.is_personal, tags=tags)
