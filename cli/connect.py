"""Finding the daemon of a profile, and starting it when a command needs one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cli.errors import NoDaemonError
from foundation.config import ConfigError
from foundation.places import find_socket, profile_folder

if TYPE_CHECKING:
    from cli.client import CairnClient

__all__ = ["connect", "start_daemon"]

_USAGE = 2
"""The daemon's exit code for a wrong configuration."""


def connect(
    profile: Path | None,
    *,
    is_starting: bool = True,
    timeout_s: float = 30.0,
    advice: str = "start it with `cairn up --detach`",
) -> CairnClient:
    """Return a client of the profile's daemon.

    Args:
        profile: As given on the command line.
        is_starting: Whether a daemon that does not run is started.
        timeout_s: Deadline of quick calls.
        advice: What to do when none runs and none is to be started.

    Raises:
        ConfigError: One is to be started, and its configuration is wrong.
        NoDaemonError: None runs and none is to be started, or it does not start.
    """
    # gRPC takes a tenth of a second to import: only commands that talk pay for it
    from cli.client import CairnClient

    folder = profile_folder(profile)
    socket = find_socket(folder)
    if socket is None:
        if not is_starting:
            raise NoDaemonError(f"no daemon runs on the profile `{folder}`", fix=advice)
        socket = Path(start_daemon(folder, ())["socket"])
    return CairnClient(f"unix:{socket}", timeout_s=timeout_s)


def start_daemon(profile: Path, arguments: Sequence[str]) -> dict[str, Any]:
    """Start a daemon in the background and return its process id and socket.

    Raises:
        ConfigError: The configuration is wrong; the message is the daemon's own.
        NoDaemonError: It did not start; the message is its own.
    """
    command = [sys.executable, "-P", "-m", "daemon", "--detach", "--profile", str(profile), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own module)
    words = done.stderr.strip().removeprefix("error: ") or "the daemon did not start"
    if done.returncode == _USAGE:
        raise ConfigError([words])
    if done.returncode:
        raise NoDaemonError(words)
    answer: dict[str, Any] = msgspec.json.decode(done.stdout)
    return answer
