"""One daemon a profile: a lock that the system releases however the process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.errors import ConflictError

__all__ = ["locked_profile"]


@contextmanager
def locked_profile(profile: Path) -> Iterator[None]:
    """Hold the profile's lock.

    Raises:
        ConflictError: Another daemon holds it; the message names its process.
    """
    descriptor = os.open(profile / "daemon.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise ConflictError(
                f"a daemon already runs on the profile `{profile}`: process {holder}",
                fix="use it, stop it with `cairn down`, or choose another `--profile`",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
