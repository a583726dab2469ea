"""Asking a disk without waiting for one that hangs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

__all__ = ["Device", "local_devices"]

_MOUNTS = "/proc/self/mountinfo"

_LOCAL = frozenset("bcachefs btrfs exfat ext2 ext3 ext4 f2fs jfs ntfs3 overlay reiserfs tmpfs vfat xfs zfs".split())
"""File systems whose marks come from the kernel's memory or a disk in this machine; not those that ask another one
(nfs, cifs, 9p, fuse)."""


class Device:
    """Looks at one device, for everybody; where that may hang, on a thread of its own.

    Args:
        number: As `stat` gives it; one that is not known to be local may hang.
        patience_s: A job that takes longer hangs, and no other is begun before it ends.
    """

    def __init__(self, number: int, patience_s: float) -> None:
        self._is_local = number in local_devices()
        self._patience_s = patience_s
        self._jobs: SimpleQueue[tuple[Callable[[], None], threading.Event] | None] = SimpleQueue()
        self._since: float | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, job: Callable[[], None], *, is_quick: bool) -> threading.Event | None:
        """Begin a job; returns what is set when it is done, or None when it is done already or cannot be begun.

        Args:
            job: Raises nothing.
            is_quick: Whether it reads marks only. On a local disk it is done at once then: that takes microseconds, and
                waking a thread takes milliseconds where all processors are busy.
        """
        if is_quick and self._is_local:
            job()
            return None
        since = self._since
        if since is not None and time.monotonic() - since > self._patience_s:
            return None
        self._start()
        done = threading.Event()
        self._jobs.put((job, done))
        return done

    def close(self) -> None:
        """End the thread when it is free; one that hangs is left behind, and keeps nobody from ending."""
        self._jobs.put(None)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="cairn-freshness", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (task := self._jobs.get()) is not None:
            job, done = task
            self._since = time.monotonic()
            try:
                job()
            finally:
                self._since = None
                done.set()


def local_devices() -> frozenset[int]:
    """Return the devices that are known to be local; none where the system does not tell.

    Source: proc(5), `/proc/pid/mountinfo`: device in the third field, kind of file system after the separator.
    """
    found: dict[int, bool] = {}
    try:
        with open(_MOUNTS, encoding="utf-8", errors="replace") as mounts:
            for line in mounts:
                place, _, kind = line.partition(" - ")
                major, _, minor = place.split(" ")[2].partition(":")
                found[os.makedev(int(major), int(minor))] = kind.split(" ")[0] in _LOCAL
    except (OSError, ValueError, IndexError):
        return frozenset()
    return frozenset(device for device, is_local in found.items() if is_local)
