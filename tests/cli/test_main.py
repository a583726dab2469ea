"""The command tree: help that starts nothing, and one exit status for each kind of end."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli import main as tree
from cli.errors import NoDaemonError, RpcError
from foundation.config import ConfigError
from foundation.errors import BusyError, DeniedError, InputError, NotFoundError, ResourceError


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cli.main", *words], capture_output=True, text=True, check=False)


def test_help_names_every_command_and_starts_nothing(own_profile: Path) -> None:
    """Its lines are the first lines of the commands' own helps; neither gRPC nor rich is loaded for it."""
    code = "import sys; from cli.main import run; run(['--help']); print(sorted({'grpc', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *lines, loaded = done.stdout.splitlines()
    assert loaded == "[]"
    for name in tree._COMMANDS:
        assert any(line.split()[:1] == [name] for line in lines)
    assert not own_profile.exists()


@pytest.mark.parametrize("name", tree._COMMANDS)
def test_each_command_is_where_the_tree_says(name: str) -> None:
    """Its own help begins with what the tree shows."""
    module, text = tree._COMMANDS[name]
    command = importlib.import_module(f"cli.commands.{module}").COMMANDS[name]
    assert isinstance(command, click.Command)
    assert (command.help or "").startswith(text.removesuffix("."))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("k", "is 0"), 2),
        (ConfigError(["unknown key `x`"]), 2),
        (RpcError("invalid_argument", "INVALID_ARGUMENT", "bad"), 2),
        (click.UsageError("no"), 2),
        (DeniedError("not that"), 3),
        (RpcError("permission_denied", "PERMISSION_DENIED", "no"), 3),
        (NoDaemonError("nobody answers"), 1),
        (NotFoundError("no item"), 1),
        (ResourceError("disk full"), 1),
        (BusyError("too many"), 1),
        (RpcError("internal", "INTERNAL", "an internal error"), 1),
        (FileNotFoundError(2, "No such file or directory", "/x"), 1),
        (click.Abort(), 1),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: getattr(type(value), "__name__", value),
)
def test_each_end_has_its_status(
    error: BaseException, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said on standard error, in one line and perhaps one of advice; standard output stays clean."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(tree._LazyGroup, "get_command", lambda *_: click.Command("fail", callback=fail))
    assert tree.run(["fail"]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.strip()


def test_an_error_cannot_drive_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may quote the name of a file."""

    def fail() -> None:
        raise ResourceError("cannot read `\x1b[2J`", fix="rename \x07")

    monkeypatch.setattr(tree._LazyGroup, "get_command", lambda *_: click.Command("fail", callback=fail))
    tree.run(["fail"])
    assert capsys.readouterr().err == "error: cannot read `␛[2J`\n  rename ␇\n"


def test_a_callback_may_choose_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `doctor` does; without a choice it is 0."""
    for chosen, status in ((None, 0), (0, 0), (1, 1)):
        command = click.Command("end", callback=lambda chosen=chosen: chosen)
        monkeypatch.setattr(tree._LazyGroup, "get_command", lambda *_, command=command: command)
        assert tree.run(["end"]) == status


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "status"),
    [(["--version"], 0), (["recall", "--help"], 0), ([], 2), (["recal"], 2), (["--loud"], 2)],
    ids=str,
)
def test_words_that_need_no_daemon(own_profile: Path, words: list[str], status: int) -> None:
    """Versions, helps and mistakes."""
    assert _run(*words).returncode == status
    assert not own_profile.exists()


@pytest.mark.slow
def test_a_disk_that_is_full_is_told() -> None:
    """`/dev/full` stands for it."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", "completion", "zsh"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"error: No space left on device\n"
