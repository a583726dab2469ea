"""The folder of one index with its mark and seal: whether it can be trusted, and what became of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from foundation.ids import JournalSeq
from memory_fabric.index.disk import FileIdentity, identity_of, is_plain_folder, remove_whole
from memory_fabric.index.integrity import FolderSeal
from memory_fabric.index.watermark import Watermark, load_watermark, save_watermark
from memory_fabric.store.store import Store

__all__ = ["IndexPlace"]


class IndexPlace:
    """Where an index lives: `folder`, the watermark `<folder>.json` beside it, and the seal of a clean close.

    Args:
        store: The truth that the index must belong to.
        folder: Of the engine alone.
        fingerprint: Backend, layout and model; a change means a rebuild.
        verify_files: Checks the files of an index that was not closed cleanly; returns problems.
        discard_remote: Throws away what the index keeps outside `folder`, for one that lives on a server.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        fingerprint: str,
        verify_files: Callable[[Path], list[str]],
        discard_remote: Callable[[], None] | None,
    ) -> None:
        self._store = store
        self._folder = folder
        self._mark_path = folder.with_suffix(".json")
        self._fingerprint = fingerprint
        self._verify_files = verify_files
        self._discard_remote = discard_remote
        self._seal = FolderSeal(folder)
        self._identity: FileIdentity | None = None

    @property
    def is_remote(self) -> bool:
        """Whether a server keeps the index: then the folder vouches for little."""
        return self._discard_remote is not None

    def mark(self) -> Watermark | None:
        """Return how far the index has come, or None where no mark can be believed."""
        return load_watermark(self._mark_path)

    def set_mark(self, applied: JournalSeq, points: int) -> None:
        """Say durably how far the flushed index has come.

        Raises:
            OSError: The disk is full, or the mark cannot be written.
        """
        save_watermark(self._mark_path, Watermark(self._store.store_id, self._fingerprint, applied, points))

    def distrust(self, mark: Watermark | None) -> str:
        """Return why the folder must not be opened, or an empty string."""
        if os.path.lexists(self._folder) and not is_plain_folder(self._folder):
            return "something else stands in the place of its folder"
        if not self._folder.exists() or not any(self._folder.iterdir()):
            return "the folder is missing" if mark and mark.points else ""
        if mark is None:
            return "no watermark"
        if mark.store_id != self._store.store_id:
            return "it belongs to another store"
        if mark.fingerprint != self._fingerprint:
            return "the model or layout has changed"
        if mark.applied_seq > self._store.journal_head():
            return "it is ahead of the journal"
        if 0 < mark.applied_seq < self._store.journal_floor():
            return "the journal was compacted beyond it"
        problems = self._seal.check_full() if self._seal.is_sealed else self._verify_files(self._folder)
        return problems[0] if problems else ""

    def enter(self) -> None:
        """Remember which folder it is that an index was opened in.

        Raises:
            OSError: It is not there.
        """
        self._identity = identity_of(self._folder)

    def lost(self, *, is_written: bool) -> str:
        """Return what became of the folder since `enter`; empty when it is where it was. Costs microseconds.

        An engine goes on with what it has mapped: it answers from files that no start will ever find again.

        Args:
            is_written: Whether the index was flushed: before that, a backend may not have written anything.
        """
        if self._identity is None:
            return ""
        try:
            if identity_of(self._folder) != self._identity:
                return "another folder stands in the place of its own"
            return "its files are gone" if is_written and not os.listdir(self._folder) else ""
        except OSError:
            return "its folder is gone"

    def break_seal(self) -> bool:
        """Begin to change the files; returns whether they were as a clean close had left them."""
        was_sealed = self._seal.is_sealed
        self._seal.break_seal()
        return was_sealed

    def seal(self) -> None:
        """Vouch for every file of an index that was closed."""
        self._seal.seal()

    def discard(self) -> None:
        """Throw away index, mark and seal, and what a server keeps.

        Raises:
            OSError: Something cannot be removed.
        """
        remove_whole(self._mark_path)
        self._seal.break_seal()
        remove_whole(self._folder)
        if self._discard_remote is not None:
            self._discard_remote()
