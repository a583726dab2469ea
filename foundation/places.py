"""Where a profile lies: one folder by `CAIRN_PROFILE`, or the XDG places; and where its daemon listens."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import socket
import stat
import tempfile
from pathlib import Path

import msgspec
import platformdirs

from foundation.errors import ConflictError, ResourceError

__all__ = [
    "SOCKET_BYTES",
    "Places",
    "Running",
    "find_running",
    "find_socket",
    "is_answering",
    "is_held",
    "places_of",
    "profile_folder",
    "socket_path",
]

SOCKET_BYTES = 103
"""Longest path of a Unix socket that every system takes. Source: sys/un.h of macOS; unix(7) of Linux has 107."""

_SAFE = re.compile(r"[A-Za-z0-9/._@+~-]+")
"""gRPC reads the address of a socket as a URI: other characters would have to be escaped by every client."""


class Running(msgspec.Struct, frozen=True):
    """What the daemon writes into its profile while it serves: `daemon.json`."""

    pid: int
    socket: str
    version: str
    started_at: str


class Places(msgspec.Struct, frozen=True):
    """The folders and files of one profile."""

    profile: Path
    """Store, indexes, lock, socket and `daemon.json`."""
    config: Path
    """The user's configuration file; need not exist."""
    logs: Path
    cache: Path
    """What can be made again: the memories of golden sets."""


def profile_folder(given: Path | None = None) -> Path:
    """Return the profile's folder, made when missing, open to its owner only.

    Args:
        given: From the command line; else `CAIRN_PROFILE`, else the user's data folder.

    Raises:
        ConflictError: The folder belongs to another user, or is a file.
        ResourceError: The folder cannot be made, or not be closed to others.
    """
    text = os.environ.get("CAIRN_PROFILE", "")
    folder = given or (Path(text) if text else _default_profile())
    try:
        folder = folder.expanduser().resolve()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except FileExistsError as error:
        raise ConflictError(f"`{folder}` is not a folder", fix="choose another profile folder") from error
    except (OSError, RuntimeError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise ResourceError(f"cannot make `{folder}`: {said}", fix="choose another profile folder") from error
    _own(folder)
    return folder


def _default_profile() -> Path:
    return Path(platformdirs.user_data_dir("cairn"))


def places_of(profile: Path) -> Places:
    """Return where things of a profile lie: all inside it, but for the default profile, which follows XDG.

    Args:
        profile: As `profile_folder` returned it.
    """
    if os.environ.get("CAIRN_PROFILE") or profile != _default_profile().resolve():
        return Places(profile, profile / "config.toml", profile / "logs", profile / "cache")
    return Places(
        profile,
        Path(platformdirs.user_config_dir("cairn")) / "config.toml",
        Path(platformdirs.user_log_dir("cairn")),
        Path(platformdirs.user_cache_dir("cairn")),
    )


def _own(folder: Path) -> None:
    # not through a link: in a folder that all may write to, it could lead anywhere
    status = folder.lstat()
    if status.st_uid != os.getuid() or not stat.S_ISDIR(status.st_mode):
        raise ConflictError(f"`{folder}` belongs to another user", fix="choose another profile folder")
    if status.st_mode & 0o077:
        try:
            folder.chmod(0o700)
        except OSError as error:
            raise ResourceError(
                f"cannot close `{folder}` to other users: {error.strerror}", fix="choose another profile folder"
            ) from error


def socket_path(profile: Path) -> Path:
    """Return where the daemon of a profile listens.

    That is in the profile, or in a short folder when the profile's path is too long or too odd for a socket.

    Raises:
        ConflictError: The short folder belongs to another user.
        ResourceError: The short folder cannot be closed to others.
    """
    path = profile / "cairn.sock"
    if _is_fit(path):
        return path
    name = f"cairn-{os.getuid()}-{hashlib.blake2b(os.fsencode(profile), digest_size=8).hexdigest()}"
    bases = [os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir()]
    short = [Path(base) / name / "cairn.sock" for base in bases if base and Path(base).is_dir()]
    # the last resort where even the temporary folder is deep
    path = next((path for path in short if _is_fit(path)), Path("/tmp") / name / "cairn.sock")  # noqa: S108 (owned below)
    path.parent.mkdir(exist_ok=True, mode=0o700)
    _own(path.parent)
    return path


def _is_fit(path: Path) -> bool:
    return len(os.fsencode(path)) <= SOCKET_BYTES and _SAFE.fullmatch(str(path)) is not None


def find_running(profile: Path) -> Running | None:
    """Return what the profile says of its daemon, or None; the daemon may have died since."""
    try:
        return msgspec.json.decode((profile / "daemon.json").read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def find_socket(profile: Path) -> Path | None:
    """Return the socket of the profile's daemon, or None when none answers."""
    running = find_running(profile)
    return Path(running.socket) if running is not None and is_answering(running.socket) else None


def is_held(profile: Path) -> bool:
    """Return whether a daemon holds the profile: from before it serves until its last file is closed.

    A process id would not tell: a dead process keeps it until somebody asks for its exit code.
    """
    try:
        descriptor = os.open(profile / "daemon.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def is_answering(path: str) -> bool:
    """Return whether somebody accepts connections there: a socket file may outlive its daemon."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except (OSError, ValueError):
            # not there, or no path at all: it is read from a file that may be damaged
            return False
    return True
