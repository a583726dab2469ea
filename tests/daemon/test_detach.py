"""Starting in the background."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from foundation.places import find_running, find_socket, is_answering

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-P", "-m", "daemon", "--detach", "--set", "memory.embed.model="]


def detach(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Ask for a daemon in the background."""
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False, cwd=cwd)


def wait_for_the_end(profile: Path) -> None:
    """Wait until no daemon holds the profile: the system gives the lock away when the process is gone."""
    with (profile / "daemon.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


@pytest.fixture
def profile(own_profile: Path) -> Iterator[Path]:
    """A profile whose daemon is ended after the test."""
    yield own_profile
    if find_socket(own_profile) is not None and (running := find_running(own_profile)) is not None:
        os.kill(running.pid, signal.SIGTERM)
        wait_for_the_end(own_profile)


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return what was printed by a start that went well."""
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_starts_that_race_give_one_daemon(profile: Path) -> None:
    """One starts it; the others wait for it and print the same one; so does who comes later."""
    with ThreadPoolExecutor(3) as pool:
        answers = [answer(done) for done in pool.map(lambda _: detach(), range(3))]
    assert len({found["pid"] for found in answers}) == 1
    assert sorted(found["already"] for found in answers) == [False, True, True]
    assert is_answering(answers[0]["socket"])
    later = answer(detach())
    assert later == {"pid": answers[0]["pid"], "socket": answers[0]["socket"], "already": True}
    assert os.getsid(later["pid"]) == later["pid"]
    assert psutil.Process(later["pid"]).cwd() == str(profile)


def test_a_dead_daemons_note_is_not_believed(profile: Path) -> None:
    """Neither when its process id belongs to somebody else now."""
    first = answer(detach())
    os.kill(first["pid"], signal.SIGKILL)
    wait_for_the_end(profile)
    note = json.loads((profile / "daemon.json").read_text())
    (profile / "daemon.json").write_text(json.dumps({**note, "pid": os.getpid()}))
    second = answer(detach())
    assert not second["already"]
    assert second["pid"] not in {first["pid"], os.getpid()}


def test_a_wrong_configuration_is_told_as_the_daemon_told_it(profile: Path) -> None:
    """Every mistake, and exit code two; nothing is left running."""
    done = detach("--set", "daemon.log_level=loud", "--set", "what.ever=1")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: command line: `daemon.log_level=loud`: `daemon.log_level`: invalid enum")
    assert "unknown key `what`" in done.stderr
    assert find_running(profile) is None


def test_a_daemon_that_dies_leaves_its_last_words(profile: Path) -> None:
    """With the file to look into."""
    (profile / "memory" / "store").mkdir(parents=True)
    (profile / "cairn.sock").mkdir()
    done = detach()
    assert done.returncode == 1
    assert done.stderr.startswith("error: the daemon did not start: ")
    assert f"see `{profile / 'logs' / 'start.log'}`" in done.stderr


def test_the_folder_one_stands_in_is_data_and_not_code(profile: Path, tmp_path: Path) -> None:
    """A `daemon` package that a repository carries is not run in our place; files are named from here, though."""
    (tmp_path / "daemon").mkdir()
    (tmp_path / "daemon" / "__init__.py").write_text("")
    (tmp_path / "daemon" / "__main__.py").write_text("raise SystemExit('not ours')")
    (tmp_path / "mine.toml").write_text("[daemon.tcp]\nport = 1\nkey_file = 'mine.toml'\n")
    done = detach("--config", "mine.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "`daemon.tcp.certificate_file`: missing" in done.stderr
    assert "key_file" not in done.stderr
