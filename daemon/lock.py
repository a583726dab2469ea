"""One daemon a profile: a lock that the system releases however the process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.errors import ConflictError, ResourceError

__all__ = ["ProfileLockedError", "locked_profile"]


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
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise ProfileLockedError(
            f"a daemon already runs on the profile `{profile}`: process {holder}",
            fix="use it, stop it with `cairn down`, or choose another `--profile`",
            fields={"pid": holder},
        ) from None
