"""A daemon process whose states are heard on a real notification socket: nothing is polled."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.places import Running, find_running

__all__ = ["DaemonProcess", "serving"]

PATIENCE_S = 30.0


class DaemonProcess:
    """A running daemon.

    Args:
        process: Its process, with standard error piped.
        states: Receives what it tells the service manager.
        profile: Its folder.
    """

    def __init__(self, process: subprocess.Popen[str], states: socket.socket, profile: Path) -> None:
        self.process = process
        self.profile = profile
        self._states = states

    def hear(self, state: str) -> None:
        """Wait until it has told `state`."""
        while state not in self._states.recv(4096).decode().splitlines():
            assert self.process.poll() is None

    @property
    def running(self) -> Running:
        """What it wrote about itself."""
        running = find_running(self.profile)
        assert running is not None
        return running

    def signal(self, which: int = signal.SIGTERM) -> None:
        """Send a signal."""
        self.process.send_signal(which)

    def ended(self) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(PATIENCE_S)


@contextmanager
def serving(profile: Path, *settings: str, **environment: str) -> Iterator[DaemonProcess]:
    """Start a daemon without a model and wait until it is ready; kill it at the end if it still runs."""
    command = [sys.executable, "-m", "daemon", "--profile", str(profile), "--set", "memory.embed.model="]
    for setting in settings:
        command += ["--set", setting]
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as states:
        address = f"{short}/notify"
        states.bind(address)
        states.settimeout(PATIENCE_S)
        own = {"NOTIFY_SOCKET": address, **environment}
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **own})
        try:
            daemon = DaemonProcess(process, states, profile)
            daemon.hear("READY=1")
            yield daemon
        finally:
            process.kill()
            process.communicate()
