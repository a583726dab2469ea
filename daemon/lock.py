"""One daemon a profile: a lock that the system releases however the process ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.errors import ConflictError, ResourceError

__all__ = ["ProfileLockedError", "locked_profile"]

_LOOK_S = 0.2
"""Who only looks whether the lock is held (`foundation.places.is_held`) holds it for a moment: that is no daemon."""
_STEP_S = 0.01


class ProfileLockedError(ConflictError):
    """Another daemon holds the profile; `fields` has its `pid`."""


@contextmanager
def locked_profile(profile: Path) -> Iterator[None]:
    """Hold the profile's lock.

    Raises:
        ProfileLockedError: Another daemon holds it; the message names its process.
        ResourceError: The lock file cannot be made.
    """
    try:
        descriptor = os.open(profile / "daemon.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ResourceError(f"cannot lock `{profile}`: {error.strerror}", fix="choose another `--profile`") from error
    try:
        _take(descriptor, profile)
        # padded, then cut: who reads in between sees a whole number
        said = f"{os.getpid()}\n".encode()
        os.pwrite(descriptor, said.ljust(32), 0)
        os.ftruncate(descriptor, len(said))
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, profile: Path) -> None:
    until = time.monotonic() + _LOOK_S
    while not _has_taken(descriptor):
        if time.monotonic() < until:
            time.sleep(_STEP_S)
            continue
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise ProfileLockedError(
            f"a daemon already runs on the profile `{profile}`: process {holder}",
            fix="use it, stop it with `cairn down`, or choose another `--profile`",
            fields={"pid": holder},
        )


def _has_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
