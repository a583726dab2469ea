"""`index`, `watch`, `ingest`, `coverage`."""

from __future__ import annotations

import re
import time
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.text import Text

from cli.commands.common import GivenPath, absolute_path, json_lines, json_option
from cli.completions import projects
from cli.connect import connect
from cli.errors import RpcError
from cli.models import IndexState, IndexSummary, WatchEvent
from cli.progress import follow
from cli.render import show_skipped
from cli.screen import one_line, out, print_json
from foundation.errors import CairnError, InputError

if TYPE_CHECKING:
    from cli.client import CairnClient

__all__ = ["COMMANDS"]

_UNUSABLE = {"absent", "failed"}

_STATES = {"indexed": "green", "pending": "yellow", "skipped": "dim", "failed": "bold red"}
"""What became of a source, and its colour."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=GivenPath())
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
        ready = "" if no_wait else f", {_level(client.stats().indexes)} after {waited_s:.1f} s"
    out.print(f"{_counts(summary)}; {summary.chunks} new chunks in {summary.took_s:.1f} s{ready}")
    show_skipped(summary.skipped)
    return 0


def _level(indexes: Sequence[IndexState]) -> str:
    """Say which indexes answer for everything: one without a model or out of order is not waited for."""
    missing = [index.name for index in indexes if index.status in _UNUSABLE]
    return f"{' and '.join(missing)} index missing, the rest level" if missing else "all indexes level"


def _counts(summary: IndexSummary) -> str:
    """Return what became of the files: each was read, unchanged or skipped; a renamed one is one of these, too."""
    # a member of an archive is no file
    skipped = sum("!/" not in skip.path for skip in summary.skipped)
    counts = [f"{summary.files - summary.unchanged - skipped} read", f"{summary.unchanged} unchanged"]
    more = (
        ("skipped", skipped),
        ("renamed", summary.renamed),
        ("gone", summary.removed),
        ("secrets cut out", summary.redacted),
    )
    counts += [f"{count} {name}" for name, count in more if count]
    return f"{summary.files} files: {', '.join(counts)}"


@click.command()
@click.argument("paths", nargs=-1, type=GivenPath())
@click.option("--project", "-p", default="", shell_complete=projects, help="File under this name.")
@click.option("--keep", "what", flag_value="keep", help="Let the daemon go on by itself, after a restart too.")
@click.option("--stop", "what", flag_value="stop", help="End what --keep began.")
@click.option("--list", "what", flag_value="list", help="Show the folders that --keep follows.")
@json_option
@click.pass_obj
def watch(profile: Path | None, paths: tuple[str, ...], project: str, what: str | None, is_json: bool) -> int:
    """Keep the memory level with folders while they change; stop it with Ctrl-C."""
    if bool(paths) == (what == "list"):
        _refuse_paths(is_given=bool(paths))
    absolute = [absolute_path("paths", path) for path in paths]
    with connect(profile) as client:
        if what:
            return _keep(client, absolute, project, what, is_json=is_json)
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


def _refuse_paths(*, is_given: bool) -> None:
    """A list has no paths, and everything else needs some.

    Raises:
        UsageError: Always.
    """
    raise click.UsageError("--list takes no paths" if is_given else "name a folder, or ask for --list")


def _keep(client: CairnClient, paths: list[str], project: str, what: str, *, is_json: bool) -> int:
    """Change or show what the daemon follows by itself."""
    followed = client.follow(paths, project=project, is_ended=what == "stop")
    if what == "keep":
        # the daemon looks at them by itself; this waits for that, and shows how far it is
        summary = follow(client.index(paths, project=project), is_json=is_json)
        if not is_json:
            out.print(f"{summary.files} files are level, and kept so until `cairn watch --stop`")
            return 0
    if is_json:
        print_json(followed)
        return 0
    for folder in followed.folders:
        out.print(one_line(folder.path) + (f"  ({one_line(folder.project)})" if folder.project else ""))
    if not followed.folders:
        out.print("no folder is followed by the daemon itself", style="yellow")
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
    records = _Records(file, project)
    with connect(profile) as client:
        try:
            summary = client.ingest(records, project=project)
        except RpcError as error:
            raise records.placed(error) from error
    records.close(summary.files)
    if is_json:
        print_json(summary)
    else:
        out.print(f"{summary.items} records, {summary.chunks} new chunks in {summary.took_s:.1f} s")
        show_skipped(summary.skipped)
    return 0


_FIELDS = ("id", "text", "timestamp", "project", "title", "modality", "language")


class _Records:
    """The records of a file, each known by its line.

    The first line that is wrong ends them, so that what stands before it is stored and can be counted.

    Args:
        file: Its path; `-` is standard input.
        project: Of records that name none.
    """

    def __init__(self, file: str, project: str) -> None:
        self._file = file
        self._project = project
        self._lines = array("L")
        self._mistake = ""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for number, line in json_lines(self._file):
            try:
                record = _record(line, self._project)
            except ValueError as error:
                self._mistake = f"{self._file}:{number}: {error}"
                return
            self._lines.append(number)
            yield record

    def close(self, stored: int) -> None:
        """Tell of the line that ended the records.

        Args:
            stored: How many the daemon has taken.

        Raises:
            InputError: There is one.
        """
        if self._mistake:
            fix = f"{stored} records before it are stored; correct it and run this again"
            raise InputError("file", self._mistake, fix=fix)

    def placed(self, error: RpcError) -> CairnError:
        """Return the refusal of a record by file and line; any other error as it is."""
        found = re.match(r"records\[(\d+)\]\.", error.field)
        if found is None or int(found[1]) >= len(self._lines):
            return error
        place = f"{self._file}:{self._lines[int(found[1])]}"
        return InputError("file", f"{place}: {error.message.replace(f'`{found[0]}', '`')}", fix=error.fix)


def _record(line: bytes, project: str) -> dict[str, Any]:
    """Return the fields of an `IngestRecord`.

    Raises:
        ValueError: It is none; the message says why.
    """
    try:
        row = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"each line is one JSON object: {error}") from error
    for name in ("id", "text"):
        if name not in row:
            raise ValueError(f"the record has no `{name}`")
    record = {name: str(row[name]) for name in _FIELDS if row.get(name) is not None}
    if not (project or record.get("project")):
        raise ValueError("no project is named: add --project NAME")
    # what is not known by name is kept beside the text
    extra = {name: value for name, value in row.items() if name not in _FIELDS and name != "meta"}
    own = row.get("meta") or {}
    if not isinstance(own, dict):
        raise ValueError("`meta` is not an object")
    meta = {**own, **extra}
    record_meta = {str(k): v if isinstance(v, str) else msgspec.json.encode(v).decode() for k, v in meta.items()}
    return {**record, "meta": record_meta}


@click.command()
@click.argument("path", required=False, type=GivenPath())
@json_option
@click.pass_obj
def coverage(profile: Path | None, path: str | None, is_json: bool) -> int:
    """Show every source below PATH and what became of it."""
    where = absolute_path("path", path) if path else ""
    counts: Counter[str] = Counter()
    with connect(profile) as client:
        if is_json:
            print_json({"files": list(client.coverage(where))})
            return 0
        for row in client.coverage(where):
            counts[row.state] += 1
            reason = f"  ({row.reason})" if row.reason else ""
            out.print(
                Text(f"{row.state:8}", _STATES.get(row.state, "")) + f" {row.chunks:5}  {one_line(row.path)}{reason}"
            )
    if counts:
        out.print(Text(", ".join(f"{count} {state}" for state, count in sorted(counts.items())), "dim"))
    else:
        out.print(f"nothing is known below {path}" if path else "nothing is indexed yet", style="yellow")
    return 0


COMMANDS = {"index": index, "watch": watch, "ingest": ingest, "coverage": coverage}
