"""Starting the daemon in the background and waiting until it answers."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from foundation.errors import ConflictError
from foundation.places import Running, find_running

__all__ = ["start_detached"]

_PATIENCE_S = 20.0
"""A cold disk may need more than the usual second."""


class _Started(msgspec.Struct, frozen=True):
    pid: int
    socket: str
    already: bool


def start_detached(profile: Path, config: Path | None, overrides: Sequence[str]) -> int:
    """Start a daemon in a session of its own, print one JSON line when it serves, and return 0.

    A daemon that runs already is printed instead.

    Raises:
        ConflictError: It did not come up; the message is what it said last.
    """
    if (running := _alive(profile)) is not None:
        return _print(running, already=True)
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "daemon", "--profile", str(profile), "--ready-fd", str(writer)]
    command += ["--config", str(config)] if config else []
    for setting in overrides:
        command += ["--set", setting]
    errors = profile / "logs" / "start.log"
    errors.parent.mkdir(exist_ok=True, mode=0o700)
    with errors.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(writer,),
            start_new_session=True,
            cwd=Path.cwd(),
        )
    os.close(writer)
    data = _wait(reader)
    if data:
        return _print(msgspec.json.decode(data, type=Running), already=False)
    process.terminate()
    said = errors.read_text(errors="replace").strip().splitlines()
    raise ConflictError(f"the daemon did not start: {said[-1] if said else 'it said nothing'}", fix=f"see `{errors}`")


def _wait(reader: int) -> bytes:
    """Return what the daemon writes when it serves; nothing when it ends or takes too long."""
    try:
        ready, _, _ = select.select([reader], [], [], _PATIENCE_S)
        return os.read(reader, 65_536) if ready else b""
    finally:
        os.close(reader)


def _alive(profile: Path) -> Running | None:
    running = find_running(profile)
    if running is None or not Path(running.socket).exists():
        return None
    try:
        os.kill(running.pid, 0)
    except OSError:
        return None
    return running


def _print(running: Running, *, already: bool) -> int:
    sys.stdout.write(msgspec.json.encode(_Started(running.pid, running.socket, already)).decode() + "\n")
    return 0
