"""`up`, `down`, `status`, `doctor`, `config`: the process as its user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.places import find_running, is_held
from tests.cli.commands.home import PATIENCE_S, Home, home_in

pytestmark = pytest.mark.slow


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Home]:
    """A home of one test alone; its daemon, if there is one, is stopped at the end."""
    home = Home(tmp_path)
    yield home
    home.cairn("down")


def test_up_starts_once_and_down_stops(fresh: Home) -> None:
    """The second start names the first process; after `down` the profile is free and the next start works."""
    first = fresh.json("up", "--detach")
    assert first.keys() == {"pid", "socket", "already"}
    assert not first["already"]
    assert f"cairn already runs: process {first['pid']}" in fresh.good("up", "--detach")
    assert fresh.good("down") == "stopped\n"
    assert not is_held(fresh.profile)
    assert fresh.json("up", "--detach")["pid"] != first["pid"]
    assert fresh.json("down") == {"stopped": True}


def _wait_until_serving(daemon: subprocess.Popen[str]) -> None:
    assert daemon.stderr is not None
    assert any("cairn serves on" in line for line in daemon.stderr)


def test_down_does_not_wait_for_who_buries_the_daemon(fresh: Home) -> None:
    """A daemon whose parent has not asked for its end is a zombie: its process id is there, and it has stopped."""
    command = [sys.executable, "-m", "daemon", "--profile", str(fresh.profile)]
    daemon = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=fresh.environment())
    _wait_until_serving(daemon)
    assert fresh.good("down") == "stopped\n"
    os.kill(daemon.pid, 0)
    assert daemon.wait(PATIENCE_S) == 0
    daemon.communicate()


def test_up_in_the_foreground_is_the_daemon(fresh: Home) -> None:
    """The process that was started serves, and Ctrl-C ends it in good order."""
    started = fresh.begin("up")
    _wait_until_serving(started)
    assert fresh.json("status")["pid"] == started.pid
    started.send_signal(signal.SIGINT)
    said = started.communicate(timeout=PATIENCE_S)
    assert started.returncode == 0
    assert "Traceback" not in said[1]


@pytest.mark.parametrize("words", [["up"], ["up", "--detach"]], ids=["foreground", "background"])
@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--set", "daemon.colour=red"], "`daemon.colour`"),
        (["--set", "daemon.drain_s=soon"], "`daemon.drain_s`"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
        (["--set", "daemon.socket=relative.sock"], "`daemon.socket`"),
    ],
    ids=["key", "type", "file", "socket"],
)
def test_a_wrong_configuration_is_a_usage_error(fresh: Home, words: list[str], more: list[str], named: str) -> None:
    """Whether the daemon was to run here or in the background."""
    done = fresh.cairn(*words, *more)
    assert done.returncode == 2
    assert done.stdout == ""
    assert named in done.stderr
    assert not is_held(fresh.profile)


def test_a_socket_in_the_place_of_a_file_is_refused(fresh: Home) -> None:
    """With what to do; the file is not harmed."""
    fresh.work.chmod(0o700)
    file = fresh.write("thesis.txt", "years of work")
    done = fresh.cairn("up", "--detach", "--set", f"daemon.socket={file}")
    assert done.returncode == 1
    assert f"`{file}` is there and is no socket" in done.stderr
    assert "daemon.socket" in done.stderr
    assert file.read_text() == "years of work"


def test_a_preset_is_known_by_its_name(fresh: Home) -> None:
    """As the daemon itself knows it."""
    fresh.good("up", "--detach", "--config", "small")
    assert fresh.json("config")["daemon"]["max_runs"] == 1


@pytest.mark.parametrize("command", ["down", "status", "config"])
def test_without_a_daemon_these_start_none(fresh: Home, command: str) -> None:
    """One line says so, and one what to do, unless it is not wanted."""
    said = fresh.bad(command, status=1)
    assert "no daemon runs on the profile" in said
    assert ("start it with `cairn up --detach`" in said) == (command != "down")
    assert find_running(fresh.profile) is None


def test_doctor_starts_the_daemon_it_needs(fresh: Home) -> None:
    """As every command that needs one does."""
    assert fresh.json("doctor")["ok"]
    assert is_held(fresh.profile)


def test_doctor_reports_a_daemon_that_does_not_start(fresh: Home) -> None:
    """As a finding among others, in text and in JSON."""
    (fresh.profile / "memory" / "store").mkdir(parents=True)
    (fresh.profile / "cairn.sock").mkdir()
    done = fresh.cairn("doctor", "--json")
    assert done.returncode == 1
    (check,) = json.loads(done.stdout)["checks"]
    assert (check["name"], check["ok"]) == ("daemon", False)
    assert fresh.cairn("doctor").stdout.startswith("FAIL daemon: ")


def test_a_profile_that_is_a_file_is_refused(fresh: Home) -> None:
    """Before anything else."""
    path = fresh.write("file", "")
    assert fresh.cairn("--profile", str(path), "status").returncode == 2
    done = fresh.cairn("status", CAIRN_PROFILE=str(path))
    assert done.returncode == 2
    assert "file" in done.stderr


def test_a_daemon_that_was_killed_is_started_again(fresh: Home) -> None:
    """Its note and its socket are still there; nobody answers, and the next command does not mind."""
    first = fresh.json("up", "--detach")
    fresh.keep("acorns")
    os.kill(first["pid"], signal.SIGKILL)
    while is_held(fresh.profile):
        os.sched_yield()
    assert "cairn up" in fresh.bad("status", status=1)
    assert len(fresh.recalled("acorns")) == 1


def test_status_has_the_documented_names(home: Home) -> None:
    """For programs and for people."""
    status = home.json("status")
    assert {
        "pid", "version", "profile", "uptime_s", "serving", "items", "chunks", "indexes", "rss_mb", "engines", "queues",
    } <= status.keys()  # fmt: skip
    assert {"applied_seq", "journal_seq", "points"} <= status["indexes"]["sparse"].keys()
    assert status["profile"] == str(home.profile)
    shown = home.good("status")
    assert f"process {status['pid']}" in shown
    assert "sparse: 0 chunks, ready" in shown


def test_doctor_finds_a_healthy_memory_sound(home: Home) -> None:
    """Every finding has the documented names; repairing what is sound changes nothing."""
    report = home.json("doctor")
    assert report["ok"]
    assert all(check.keys() == {"name", "ok", "detail", "fix"} for check in report["checks"])
    assert home.json("doctor", "--repair")["ok"]
    assert all(line.startswith("ok ") for line in home.good("doctor").splitlines())


def test_config_is_what_the_daemon_runs_with(home: Home) -> None:
    """TOML that can be read again; the same as JSON."""
    text = home.good("config")
    assert tomllib.loads(text) == home.json("config")
    assert tomllib.loads(text)["memory"]["embed"]["model"] == ""


def test_a_home_with_an_odd_name_works(tmp_path: Path) -> None:
    """Blanks, letters of any script, brackets that could be markup, and a path too long for a socket."""
    folder = tmp_path / "дом [/b] #1%20" / ("deep" * 25)
    folder.mkdir(parents=True)
    with home_in(folder) as odd:
        note = odd.write("[red]заметка[/red].md", "here are walnuts")
        odd.good("index", ".")
        assert odd.recalled("walnuts") == [str(note)]
        assert "[red]заметка[/red].md:1" in odd.good("recall", "walnuts")
        assert "[red]заметка[/red].md" in odd.good("list")
        assert "[red]заметка[/red].md" in odd.good("coverage")
        assert str(odd.profile) in odd.good("status")
