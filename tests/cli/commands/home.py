"""A temporary home with a real daemon, and the command line as a process, as people meet it."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cli.main import run
from foundation.places import find_running

__all__ = ["PATIENCE_S", "Home", "home_in"]

PATIENCE_S = 60.0
_COMMAND = (sys.executable, "-m", "cli.main")
_CONFIG = '[memory.embed]\nmodel = ""\n'
"""Found by words only: no test here asks for more."""


class Home:
    """A folder to stand in and a profile beside it.

    Args:
        folder: Holds both.
    """

    def __init__(self, folder: Path) -> None:
        self.profile = folder / "profile"
        self.work = folder / "work"
        self.profile.mkdir(mode=0o700)
        self.work.mkdir()
        (self.profile / "config.toml").write_text(_CONFIG)

    def environment(self, **more: str) -> dict[str, str]:
        """Return what the command sees: nothing of the user's own wishes about colours."""
        kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
        return {**kept, "CAIRN_PROFILE": str(self.profile), "TERM": "xterm-256color", **more}

    def cairn(self, *words: str, stdin: str | bytes = b"", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end with its output in pipes; no end of it is a traceback."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [*_COMMAND, *words],
            input=data,
            capture_output=True,
            cwd=self.work,
            env=self.environment(**environment),
            timeout=PATIENCE_S,
            check=False,
        )
        said = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in said.stderr, said.stderr
        return said

    def inside(self, *words: str, stdin: str | bytes = b"") -> subprocess.CompletedProcess[str]:
        """Run a command to its end inside this process, with standard streams of its own: the same, only faster."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        said, erred, given = (TextIOWrapper(BytesIO(text), encoding="utf-8") for text in (b"", b"", data))
        with ExitStack() as stack:
            stack.enter_context(patch.dict(os.environ, self.environment(), clear=True))
            stack.enter_context(chdir(self.work))
            stack.enter_context(patch.object(sys, "stdin", given))
            stack.enter_context(redirect_stdout(said))
            stack.enter_context(redirect_stderr(erred))
            status = run(list(words))
        return subprocess.CompletedProcess(words, status, _text(said), _text(erred))

    def good(self, *words: str, stdin: str | bytes = b"") -> str:
        """Run a command that works, and return what it printed."""
        done = self.inside(*words, stdin=stdin)
        assert done.returncode == 0, (words, done.stderr)
        assert done.stderr == ""
        return done.stdout

    def json(self, *words: str) -> Any:
        """Run a command that works with `--json`, and return its last document."""
        return json.loads(self.good(*words, "--json").splitlines()[-1])

    def bad(self, *words: str, status: int, stdin: str | bytes = b"") -> str:
        """Run a command that is refused, plain and with `--json`; return what it said.

        The exit status is the same and standard output stays empty.
        """
        first, second = (self.inside(*words, *more, stdin=stdin) for more in ((), ("--json",)))
        for done in (first, second):
            assert done.returncode == status, (done.args, done.stdout, done.stderr)
            assert done.stdout == ""
        assert first.stderr == second.stderr
        return first.stderr

    @property
    def shell_command(self) -> str:
        """The command, as a shell reads it."""
        return shlex.join(_COMMAND)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [*_COMMAND, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.work,
            env=self.environment(PYTHONUNBUFFERED="1"),
        )

    def on_terminal(self, *words: str, cells: int = 80, **environment: str) -> tuple[int, str]:
        """Run a command on a real terminal; return its status and all that it wrote there."""
        master, slave = pty.openpty()
        more = {"COLUMNS": str(cells), "LINES": "40", **environment}
        process = subprocess.Popen(
            [*_COMMAND, *words], stdin=slave, stdout=slave, stderr=slave, cwd=self.work, env=self.environment(**more)
        )
        os.close(slave)
        written = b"".join(iter(lambda: _read(master), b""))
        os.close(master)
        return process.wait(PATIENCE_S), written.decode()

    def recalled(self, *words: str) -> list[str]:
        """Return where a question's answers stand, best first."""
        cites = [hit["cite"] for hit in self.json("recall", *words)["items"]]
        return [cite.get("path") or cite["uri"] for cite in cites]

    def keep(self, *words: str) -> str:
        """Remember a note and return its id once it can be found."""
        name = self.good("remember", *words).strip()
        self.settle()
        return name

    def settle(self) -> None:
        """Wait until all that is kept can be found: an import waits for that, a note and a watch do not."""
        self.good("ingest", "-", "--project", "none")

    def forget_all(self) -> None:
        """Begin anew."""
        self.good("forget", "--since", "0001-01-02", "--yes")

    def write(self, name: str, text: str) -> Path:
        """Write a file below the folder one stands in."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


def _text(stream: TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:
        # the other side of the terminal is closed
        return b""


@contextmanager
def home_in(folder: Path) -> Iterator[Home]:
    """A home whose daemon runs, and is stopped at the end."""
    home = Home(folder)
    home.good("up", "--detach")
    try:
        yield home
    finally:
        home.cairn("down")
        if (running := find_running(home.profile)) is not None:
            os.kill(running.pid, signal.SIGKILL)
