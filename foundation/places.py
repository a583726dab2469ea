"""Where a profile lies: one folder by `CAIRN_PROFILE`, or the XDG places."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import msgspec
import platformdirs

from foundation.errors import ConflictError

__all__ = ["Running", "find_running", "profile_folder", "socket_path"]

_SOCKET_BYTES = 100
"""Longest path of a Unix socket that every system takes (Linux: 107 and a NUL)."""


class Running(msgspec.Struct, frozen=True):
    """What the daemon writes into its profile while it serves: `daemon.json`."""

    pid: int
    socket: str
    version: str
    started_at: str


def profile_folder(given: Path | None = None) -> Path:
    """Return the profile's folder, made when missing, open to its owner only.

    Args:
        given: From the command line; else `CAIRN_PROFILE`, else the user's data folder.

    Raises:
        ConflictError: The folder belongs to another user.
    """
    text = os.environ.get("CAIRN_PROFILE", "")
    folder = given or (Path(text) if text else Path(platformdirs.user_data_dir("cairn")))
    folder = folder.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _own(folder)
    return folder


def _own(folder: Path) -> None:
    status = folder.stat()
    if status.st_uid != os.getuid():
        raise ConflictError(f"`{folder}` belongs to another user", fix="choose another profile folder")
    if status.st_mode & 0o077:
        folder.chmod(0o700)


def socket_path(profile: Path) -> Path:
    """Return where the daemon of a profile listens: in the profile, or in a short folder when that is too deep.

    Raises:
        ConflictError: The short folder belongs to another user.
    """
    path = profile / "cairn.sock"
    if len(os.fsencode(path)) <= _SOCKET_BYTES:
        return path
    name = hashlib.blake2b(os.fsencode(profile), digest_size=8).hexdigest()
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    folder = base / f"cairn-{os.getuid()}-{name}"
    folder.mkdir(exist_ok=True, mode=0o700)
    _own(folder)
    return folder / "cairn.sock"


def find_running(profile: Path) -> Running | None:
    """Return what the profile says of its daemon, or None; the daemon may have died since."""
    try:
        return msgspec.json.decode((profile / "daemon.json").read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None
