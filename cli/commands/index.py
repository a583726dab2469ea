"""`index`, `watch`, `ingest`, `coverage`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from cli.commands.common import absolute_path, json_option
from cli.completions import projects
from cli.connect import connect
from cli.models import WatchEvent
from cli.progress import follow
from cli.render import show_skipped
from cli.screen import one_line, out, print_json
from foundation.errors import InputError

__all__ = ["COMMANDS"]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option(
    "--project",
    "-p",
    default="",
    shell_complete=projects,
    help="File under this name; the repository's or folder's by default.",
)
@click.option("--force", is_flag=True, help="Read unchanged files again.")
@click.option("--no-wait", is_flag=True, help="Return when everything can be found by its words; meaning follows.")
@json_option
@click.pass_obj
def index(profile: Path | None, paths: tuple[str, ...], project: str, force: bool, no_wait: bool, is_json: bool) -> int:
    """Remember files and folders.

    A run that is stopped goes on where it was; a second run looks only at what has changed.
    """
    absolute = [absolute_path("paths", path) for path in paths]
    began = time.monotonic()
    with connect(profile) as client:
        events = client.index(absolute, project=project, is_forced=force, is_waiting=not no_wait)
        summary = follow(events, is_json=is_json)
    waited_s = time.monotonic() - began
    if is_json:
        print_json(summary)
        return 0
    changes = [f"{summary.items} read", f"{summary.unchanged} unchanged"]
    changes += [f"{count} {name}" for name, count in (("renamed", summary.renamed), ("gone", summary.removed)) if count]
    ready = "" if no_wait else f", all indexes level after {waited_s:.1f} s"
    out.print(
        f"{summary.files} files: {', '.join(changes)}; {summary.chunks} new chunks in {summary.took_s:.1f} s{ready}"
    )
    show_skipped(summary.skipped)
    return 0


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--project", "-p", default="", shell_complete=projects, help="File under this name.")
@json_option
@click.pass_obj
def watch(profile: Path | None, paths: tuple[str, ...], project: str, is_json: bool) -> int:
    """Keep the memory level with folders while they change; stop it with Ctrl-C."""
    absolute = [absolute_path("paths", path) for path in paths]
    with connect(profile) as client:
        events = client.watch(absolute, project=project)
        # the first event says that watching has begun: only a look that comes later misses nothing
        begun = next(events)
        summary = follow(client.index(absolute, project=project), is_json=is_json)
        if is_json:
            print_json(begun)
        else:
            out.print(f"{summary.files} files are level")
            out.print(f"watching {', '.join(paths)}")
        for event in events:
            _show_burst(event, is_json=is_json)
    return 0


def _show_burst(event: WatchEvent, *, is_json: bool) -> None:
    if is_json:
        print_json(event)
        return
    branch = f" (now on {event.branch})" if event.branch else ""
    done = event.summary
    out.print(f"{event.changes} changes{branch}: {done.items} read, {done.renamed} renamed, {done.removed} gone")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--project", "-p", default="", shell_complete=projects, help="File under this name; a record may name its own."
)
@json_option
@click.pass_obj
def ingest(profile: Path | None, file: str, project: str, is_json: bool) -> int:
    """Import records with known ids from a JSON-lines file.

    A line is {"id": …, "text": …, "timestamp"?: …, "title"?: …, "modality"?: …, "meta"?: {…}}; the id comes back as
    jsonl:PROJECT/ID.
    """
    with connect(profile) as client:
        summary = client.ingest(_records(file, project), project=project)
    if is_json:
        print_json(summary)
    else:
        out.print(f"{summary.items} records, {summary.chunks} new chunks in {summary.took_s:.1f} s")
        show_skipped(summary.skipped)
    return 0


_FIELDS = ("id", "text", "timestamp", "project", "title", "modality", "language")


def _records(file: str, project: str) -> Iterator[dict[str, Any]]:
    with click.open_file(file, "rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                record = _record(line, f"{file}:{number}")
                if not (project or record.get("project")):
                    raise InputError("file", f"{file}:{number}: no project is named", fix="add --project NAME")
                yield record


def _record(line: bytes, place: str) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError("file", f"{place}: {error}", fix="each line is one JSON object") from error
    for name in ("id", "text"):
        if name not in row:
            raise InputError("file", f"{place}: the record has no `{name}`")
    record = {name: str(row[name]) for name in _FIELDS if row.get(name) is not None}
    # what is not known by name is kept beside the text
    extra = {name: value for name, value in row.items() if name not in _FIELDS and name != "meta"}
    own = row.get("meta") or {}
    if not isinstance(own, dict):
        raise InputError("file", f"{place}: `meta` is not an object")
    meta = {**own, **extra}
    record_meta = {str(k): v if isinstance(v, str) else msgspec.json.encode(v).decode() for k, v in meta.items()}
    return {**record, "meta": record_meta}


@click.command()
@click.argument("path", default="", type=click.Path())
@json_option
@click.pass_obj
def coverage(profile: Path | None, path: str, is_json: bool) -> int:
    """Show every source below PATH and what became of it."""
    where = absolute_path("path", path) if path else ""
    with connect(profile) as client:
        rows = list(client.coverage(where))
    if is_json:
        print_json({"files": rows})
        return 0
    for row in rows:
        out.print(f"{row.state:8} {row.chunks:5}  {one_line(row.path)}" + (f"  ({row.reason})" if row.reason else ""))
    return 0


COMMANDS = {"index": index, "watch": watch, "ingest": ingest, "coverage": coverage}
