"""`up`, `down`, `status`, `doctor`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from cli.commands.common import json_option, print_json
from cli.connect import connect, start_daemon
from cli.errors import NoDaemonError
from cli.models import CheckRow
from cli.render import out, show_checks, show_status
from foundation.places import find_running, profile_folder

__all__ = ["COMMANDS"]


@click.command()
@click.option("--detach", is_flag=True, help="Go to the background once serving.")
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False), help="A configuration file below the user's own."
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
    running = find_running(folder)
    with connect(profile, is_starting=False) as client:
        client.drain()
    stopped = running is None or _wait_gone(running.pid, 30.0)
    if is_json:
        print_json({"stopped": stopped})
    else:
        out.print("stopped" if stopped else "still stopping")
    return 0 if stopped else 1


def _wait_gone(pid: int, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


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


COMMANDS = {"up": up, "down": down, "status": status, "doctor": doctor}
