"""A real daemon process on a profile of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from cli.client import CairnClient
from cli.models import IndexSummary
from foundation.places import find_running
from tests.memory_fabric.embed.tiny_model import MANIFEST, write_model

NO_MODEL = "memory.embed.model="
PATIENCE_S = 30.0


def with_tiny_model(profile: Path) -> str:
    """Give a profile a small text model of its own; returns the setting that chooses it."""
    places = profile / "models"
    write_model(places / "tiny")
    (places / "tiny.toml").write_text(MANIFEST)
    return "memory.embed.model=tiny"


def write_notes(folder: Path, numbers: Iterable[int]) -> None:
    """Write a file a number, each with a word of its own."""
    for number in numbers:
        (folder / f"note{number}.md").write_text(f"# Note {number}\n\nThe word here is marker{number}.\n")


def summary_of(events: Iterable[object]) -> IndexSummary:
    """Return the end of an index stream."""
    *_, last = events
    assert isinstance(last, IndexSummary)
    return last


class Daemon:
    """Starts, kills and starts again.

    Args:
        profile: Its folder.
        settings: `key=value` words.
    """

    def __init__(self, profile: Path, settings: Sequence[str] = (NO_MODEL,)) -> None:
        self.profile = profile
        self._settings = settings
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Start and wait until it serves."""
        (self.profile / "daemon.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "daemon", "--profile", str(self.profile)]
        for setting in self._settings:
            command += ["--set", setting]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **environment}
        )
        deadline = time.monotonic() + PATIENCE_S
        while find_running(self.profile) is None:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, "the daemon did not serve in time"
            time.sleep(0.02)

    def said(self) -> str:
        """Return what an ended daemon wrote to standard error."""
        assert self.process is not None
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def client(self, timeout_s: float = 30.0) -> CairnClient:
        """Return a client of it."""
        running = find_running(self.profile)
        assert running is not None
        return CairnClient(f"unix:{running.socket}", timeout_s=timeout_s)

    def end(self, how: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        assert self.process is not None
        self.process.send_signal(how)
        status = self.process.wait(PATIENCE_S)
        if self.process.stderr is not None:
            self.process.stderr.close()
        return status
