"""`up`, `down`, `status`, `doctor`, `config`."""

from __future__ import annotations

import os
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import click

from cli.commands.common import json_option
from cli.completions import presets
from cli.connect import connect, start_daemon
from cli.errors import NoDaemonError
from cli.models import CheckRow
from cli.render import show_checks, show_status
from cli.screen import out, print_json
from foundation.places import is_held, profile_folder

__all__ = ["COMMANDS"]


@click.command()
@click.option("--detach", is_flag=True, help="Go to the background once serving.")
@click.option(
    "--config",
    metavar="FILE",
    shell_complete=presets,
    help="A file below the user's own, or the name of a preset, e.g. small.",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override one setting.")
@json_option
@click.pass_obj
def up(profile: Path | None, detach: bool, config: str | None, settings: tuple[str, ...], is_json: bool) -> int:
    """Start the daemon."""
    folder = profile_folder(profile)
    arguments = ["--config", config] if config else []
    for setting in settings:
        arguments += ["--set", setting]
    if not detach:
        command = [sys.executable, "-P", "-m", "daemon", "--profile", str(folder), *arguments]
        # this process becomes the daemon: a parent would end it in the middle of a drain on Ctrl-C
        os.execv(sys.executable, command)  # noqa: S606 (our own interpreter and module)
    answer = start_daemon(folder, arguments)
    if is_json:
        print_json(answer)
    else:
        verb = "already runs" if answer["already"] else "runs"
        out.print(f"cairn {verb}: process {answer['pid']}, profile {folder}")
    return 0


@click.command()
@json_option
@click.pass_obj
def down(profile: Path | None, is_json: bool) -> int:
    """Stop the daemon; requests in flight are finished first."""
    folder = profile_folder(profile)
    with connect(profile, is_starting=False, advice="") as client:
        client.drain()
    stopped = _wait_gone(folder, 30.0)
    if is_json:
        print_json({"stopped": stopped})
    else:
        out.print("stopped" if stopped else "still stopping")
    return 0 if stopped else 1


def _wait_gone(folder: Path, patience_s: float) -> bool:
    """Wait until the profile's lock is free: a process id would not tell, since a dead process may keep it."""
    deadline = time.monotonic() + patience_s
    while is_held(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@click.command()
@json_option
@click.pass_obj
def status(profile: Path | None, is_json: bool) -> int:
    """Show what the daemon holds and where its indexes stand."""
    with connect(profile, is_starting=False) as client:
        info, stats = client.info(), client.stats()
    report: dict[str, Any] = {
        "pid": info.pid,
        "version": info.version,
        "profile": info.profile,
        "uptime_s": round(info.uptime_s, 3),
        "serving": info.serving,
        "items": stats.items,
        "chunks": stats.chunks,
        "indexes": {
            index.name: {
                "applied_seq": index.applied_seq,
                "journal_seq": index.journal_seq,
                "points": index.points,
                "backend": index.backend,
                "status": index.status,
                "disk_bytes": index.disk_bytes,
                "detail": index.detail,
            }
            for index in stats.indexes
        },
        "rss_mb": round(info.rss_mb, 1),
        "engines": {"text model": f"{stats.model or 'none'} ({stats.model_state})"},
        "queues": dict(stats.queues),
    }
    if is_json:
        print_json(report)
    else:
        show_status(report)
    return 0


@click.command()
@click.option("--repair", is_flag=True, help="Rebuild what differs.")
@json_option
@click.pass_obj
def doctor(profile: Path | None, repair: bool, is_json: bool) -> int:
    """Compare the store and its indexes; rebuild what differs with --repair."""
    try:
        with connect(profile) as client:
            checks = list(client.doctor(is_repairing=repair))
    except NoDaemonError as error:
        checks = [CheckRow("daemon", False, error.message, error.fix)]
    is_ok = all(check.ok for check in checks)
    if is_json:
        print_json({"ok": is_ok, "checks": checks})
    else:
        show_checks(checks)
    return 0 if is_ok else 1


@click.command()
@json_option
@click.pass_obj
def config(profile: Path | None, is_json: bool) -> int:
    """Print the configuration that the daemon runs with."""
    with connect(profile, is_starting=False) as client:
        text = client.config()
    if is_json:
        print_json(tomllib.loads(text))
    else:
        out.print(text.rstrip())
    return 0


COMMANDS = {"up": up, "down": down, "status": status, "doctor": doctor, "config": config}
