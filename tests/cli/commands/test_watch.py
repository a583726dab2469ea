"""`watch`: the memory stays level with a folder while it changes."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands.home import PATIENCE_S, Home

pytestmark = pytest.mark.slow


class Watching:
    """A running `cairn watch --json`, whose bursts are heard and not polled for.

    Args:
        home: Where it runs.
        process: With its output in pipes.
    """

    def __init__(self, home: Home, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._home = home
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, is_last: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Return the first document for which `is_last` is true, once what it tells can be found."""
        while True:
            document: dict[str, Any] = json.loads(self._lines.get(timeout=PATIENCE_S))
            if is_last(document):
                self._home.settle()
                return document

    def end(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit status and what was said."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said.strip()


@contextmanager
def watching(home: Home, *words: str) -> Iterator[Watching]:
    """Watch from the moment that this returns."""
    found = Watching(home, home.begin("watch", "--json", *words))
    try:
        found.until(lambda document: document.get("changes") == 0)
        yield found
    finally:
        found.process.kill()
        found.process.communicate()


@pytest.fixture
def folder(home: Home, request: pytest.FixtureRequest) -> Path:
    """A folder of the test's own with one file."""
    return home.write(f"{request.node.name}/first.md", "the first heron\n").parent


def _did(name: str, count: int = 1) -> Callable[[dict[str, Any]], bool]:
    return lambda document: document.get("summary", {}).get(name, 0) >= count


def _id_of(home: Home, path: Path) -> str:
    (hit,) = [hit for hit in home.json("recall", "heron", "-k", "100")["items"] if hit["cite"]["path"] == str(path)]
    return str(hit["id"])


def test_a_file_is_followed_through_its_life(home: Home, folder: Path) -> None:
    """What was there is found; created, changed, renamed (its id stays), and gone when it is deleted."""
    with watching(home, folder.name) as bursts:
        first, second, third = folder / "first.md", folder / "second.md", folder / "deep" / "third.md"
        assert home.recalled("first heron", "--under", folder.name) == [str(first)]
        second.write_text("a second heron\n")
        assert bursts.until(_did("items"))["changes"] >= 1
        assert home.recalled("second heron", "--under", folder.name)[0] == str(second)
        second.write_text("a second heron eats a newt\n")
        bursts.until(_did("items"))
        assert home.recalled("newt") == [str(second)]
        name = _id_of(home, second)
        third.parent.mkdir()
        second.rename(third)
        bursts.until(_did("renamed"))
        assert _id_of(home, third) == name
        assert home.recalled("newt") == [str(third)]
        third.unlink()
        bursts.until(_did("removed"))
        assert home.recalled("newt") == []
        assert bursts.end() == (130, "stopped")
    assert home.json("doctor")["ok"]


def test_ignored_files_are_not_followed(home: Home, folder: Path) -> None:
    """By `.gitignore`; what comes after them is seen."""
    (folder / ".gitignore").write_text("*.log\n")
    with watching(home, folder.name) as bursts:
        (folder / "noise.log").write_text("the bittern booms\n")
        (folder / "signal.md").write_text("the bittern is heard\n")
        bursts.until(_did("items"))
        assert home.recalled("bittern") == [str(folder / "signal.md")]


def test_nothing_is_missed_between_the_look_and_the_watch(home: Home, folder: Path) -> None:
    """Files that appear from the start of the command on are all found."""
    running = home.begin("watch", "--json", folder.name)
    found = Watching(home, running)
    for number in range(200):
        (folder / f"{number}.md").write_text(f"egret number{number}\n")
    # a burst is over when nothing more comes: the last file is in the look or in one of the bursts
    (folder / "last.md").write_text("the egret of the end\n")
    found.until(lambda document: document.get("changes") == 0)
    while not home.recalled("egret of the end", "-k", "1")[0].endswith("last.md"):
        found.until(_did("items"))
    assert found.end()[0] == 130
    assert len(home.json("list", "--under", folder.name, "-n", "1000")["items"]) == 202


def test_people_read_what_happens(home: Home, folder: Path) -> None:
    """How many files are level, what is watched, and each burst."""
    running = home.begin("watch", folder.name)
    assert running.stdout is not None
    assert running.stdout.readline() == "1 files are level\n"
    assert running.stdout.readline() == f"watching {folder.name}\n"
    os.truncate(folder / "first.md", 0)
    (folder / "first.md").write_text("another heron\n")
    assert " changes: " in running.stdout.readline()
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 130


def test_a_kept_folder_is_followed_by_the_daemon_itself(home: Home, folder: Path) -> None:
    """Nobody is connected; a change is found, after a restart too, until it is stopped."""
    assert home.good("watch", folder.name, "--keep", "-p", "kept").startswith("1 files are level, and kept so")
    assert home.good("watch", "--list") == f"{folder}  (kept)\n"
    (folder / "second.md").write_text("the second heron, a sudden sandpiper\n")
    _until_found(home, "sandpiper")
    home.good("down")
    (folder / "third.md").write_text("a third heron, with a whimbrel\n")
    home.good("up", "--detach")
    _until_found(home, "whimbrel")
    assert home.json("watch", folder.name, "--stop") == {"folders": []}
    assert "no folder is followed" in home.good("watch", "--list")
    assert "is not followed" in home.bad("watch", folder.name, "--stop", status=1)
    assert "--list takes no paths" in home.bad("watch", folder.name, "--list", status=2)


def _until_found(home: Home, word: str) -> None:
    """Ask until it is answered: nobody tells when the daemon has followed by itself."""
    deadline = time.monotonic() + PATIENCE_S
    while not home.recalled(word):
        assert time.monotonic() < deadline


def test_what_cannot_be_watched_is_refused(home: Home) -> None:
    """A path that is not there, one that is not allowed, and none."""
    assert "does not exist" in home.bad("watch", "nowhere", status=2)
    assert "`paths" in home.bad("watch", "/proc", status=2)
    assert "Usage: cairn watch" in home.bad("watch", status=2)


def test_a_watch_ends_with_its_daemon(home: Home, folder: Path) -> None:
    """It says that the daemon is stopping, and fails."""
    with watching(home, folder.name) as bursts:
        home.good("down")
        _, said = bursts.process.communicate(timeout=PATIENCE_S)
        assert bursts.process.returncode == 1
        assert said.startswith("error: the daemon is stopping\n")
    home.good("up", "--detach")
