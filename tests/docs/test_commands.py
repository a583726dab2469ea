"""The guide's table of commands says what the commands are and do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest

from cli import connect as connecting
from cli.errors import NoDaemonError
from cli.main import cairn, run
from foundation.receipts import open_key, signed

_GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "guide.md").read_text()
_ROWS = {
    name: (set(re.findall(r"`(--[a-z-]+)`", options)), alone.strip())
    for name, options, alone in re.findall(r"^\| `([a-z -]+)` \|([^|]*)\|([^|]*)\|$", _GUIDE, re.MULTILINE)
}
_ARGUMENTS = {
    "index": ["."],
    "watch": ["."],
    "ingest": ["-"],
    "recall": ["x"],
    "pack": ["x"],
    "ask": ["x"],
    "remember": ["x"],
}
_ARGUMENTS |= {"eval bench": ["beir", "."], "forget": ["x", "--yes"], "get": ["x"], "completion": ["bash"]}
_ARGUMENTS |= {"related": ["x"], "path": ["x", "y"], "blame": ["x"]}


def _commands(group: click.Group, before: str = "") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        inner = _commands(command, f"{name} ") if isinstance(command, click.Group) else {f"{before}{name}": command}
        found.update(inner)
    return found


def test_every_command_and_every_option_is_in_the_guide() -> None:
    """And nothing else; `--json` is told of once for all."""
    real = {
        name: {word for param in command.params if isinstance(param, click.Option) for word in param.opts}
        for name, command in _commands(cairn).items()
    }
    told = {name: {word for word in words if word.startswith("--")} - {"--json"} for name, words in real.items()}
    assert {name: options for name, (options, _) in _ROWS.items()} == told


def _receipt(profile: Path) -> list[str]:
    place = {"files": 1, "bytes": 1, "found": 0}
    names = dict.fromkeys(("id", "verdict", "items", "chunks", "finished_at", "tool", "store_id", "found"), "x")
    document = {**names, "places": {"store": place}, "limits": [], "out_of_scope": []}
    (profile / "receipt.json").write_bytes(signed(document, open_key(profile)))
    return [str(profile / "receipt.json")]


@pytest.mark.parametrize("name", [name for name in _ROWS if name != "up"])
def test_which_commands_start_a_daemon(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a profile without one; here it is only noted that one would be started."""
    started: list[Path] = []
    # commands are imported when they are asked for: one imported below would keep the replacement for ever
    _commands(cairn)

    def start(profile: Path, _: Any) -> dict[str, Any]:
        started.append(profile)
        raise NoDaemonError("started by hand only")

    monkeypatch.setattr(connecting, "start_daemon", start)
    arguments = _receipt(tmp_path) if name == "audit verify-receipt" else _ARGUMENTS.get(name, [])
    status = run(["--profile", str(tmp_path), *name.split(), *arguments])
    capsys.readouterr()
    real = "starts one" if started else ("says so and fails" if status else "needs none")
    assert _ROWS[name][1] == real
