"""Starting the daemon in the background and waiting until it answers."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from daemon.exits import Exit
from foundation.config import ConfigError
from foundation.errors import ResourceError
from foundation.places import Running, find_running, is_answering, places_of

__all__ = ["start_detached"]

_PATIENCE_S = 10.0
"""Ten times what a cold start may take."""
_STEP_S = 0.05


class _Started(msgspec.Struct, frozen=True):
    pid: int
    socket: str
    already: bool


def start_detached(profile: Path, config: str, overrides: Sequence[str]) -> int:
    """Start a daemon in a session of its own, print one JSON line when it serves, and return 0.

    A daemon that runs already, or that somebody else is starting at this moment, is printed instead.

    Args:
        profile: Its folder.
        config: As for `--config`; may be empty.
        overrides: As for `--set`.

    Raises:
        ConfigError: The configuration is wrong; the message is the daemon's own.
        ResourceError: It did not come up; the message is what it said last.
    """
    if (running := _serving(profile)) is not None:
        return _print(running, already=True)
    said = places_of(profile).logs / "start.log"
    said.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    process, reader = _spawn(profile, config, overrides, said)
    data = _wait(reader)
    if data:
        return _print(msgspec.json.decode(data, type=Running), already=False)
    code = _end(process)
    if code == Exit.TAKEN and (running := _other(profile)) is not None:
        return _print(running, already=True)
    words = _last_words(said) or "it said nothing"
    if code == Exit.USAGE:
        raise ConfigError([words])
    why = words if code is not None else f"not serving after {_PATIENCE_S:g} s: {words}"
    raise ResourceError(f"the daemon did not start: {why}", fix=f"see `{said}`")


def _spawn(profile: Path, config: str, overrides: Sequence[str], said: Path) -> tuple[subprocess.Popen[bytes], int]:
    # -P: a folder named `daemon` where the user happens to stand must not be run in our place
    command = [sys.executable, "-P", "-m", "daemon", "--profile", str(profile)]
    command += ["--config", config] if config else []
    for setting in overrides:
        command += ["--set", setting]
    reader, writer = os.pipe()
    try:
        with said.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                [*command, "--ready-fd", str(writer)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(writer,),
                start_new_session=True,
            )
    finally:
        os.close(writer)
    return process, reader


def _wait(reader: int) -> bytes:
    """Return what the daemon writes when it serves; nothing when it ends or takes too long."""
    try:
        ready, _, _ = select.select([reader], [], [], _PATIENCE_S)
        return os.read(reader, 65_536) if ready else b""
    finally:
        os.close(reader)


def _end(process: subprocess.Popen[bytes]) -> int | None:
    """Return the exit code of a daemon that died by itself; one that hangs is killed, and None."""
    try:
        return process.wait(1.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def _other(profile: Path) -> Running | None:
    """Wait for the daemon that took the lock before ours could."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        if (running := _serving(profile)) is not None:
            return running
        time.sleep(_STEP_S)
    return None


def _serving(profile: Path) -> Running | None:
    running = find_running(profile)
    return running if running is not None and is_answering(running.socket) else None


def _last_words(said: Path) -> str:
    lines = said.read_text(errors="replace").strip().splitlines()
    start = next((n for n in range(len(lines) - 1, -1, -1) if lines[n].startswith("error: ")), len(lines) - 1)
    return "\n".join(lines[max(start, 0) :]).removeprefix("error: ")


def _print(running: Running, *, already: bool) -> int:
    sys.stdout.write(msgspec.json.encode(_Started(running.pid, running.socket, already)).decode() + "\n")
    return 0
