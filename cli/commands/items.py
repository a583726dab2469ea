"""`remember`, `forget`, `list`, `get`, `stats`, `compact`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.commands.common import MODALITIES, GivenPath, absolute_path, json_option, linked_path, where_options
from cli.completions import projects
from cli.connect import connect
from cli.errors import RpcError
from cli.progress import follow
from cli.render import show_forgotten, show_items
from cli.screen import out, print_json
from foundation.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from cli.client import CairnClient

__all__ = ["COMMANDS"]


@click.command()
@click.argument("text", nargs=-1)
@click.option("--project", "-p", default="", shell_complete=projects, help="File under this name.")
@click.option("--tag", "-t", "tags", multiple=True, help="Add a tag; repeatable.")
@click.option("--title", default="", help="Give it a title.")
@json_option
@click.pass_obj
def remember(
    profile: Path | None, text: tuple[str, ...], project: str, tags: tuple[str, ...], title: str, is_json: bool
) -> int:
    """Keep a note; without TEXT it is read from standard input."""
    words = " ".join(text) if text else _piped()
    with connect(profile) as client:
        item = client.remember(words, project=project, tags=tags, title=title)
    if is_json:
        print_json(item)
    else:
        out.print(item.id)
    return 0


def _piped() -> str:
    """Return standard input.

    Raises:
        InputError: It is no text.
    """
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise InputError("text", "standard input is not UTF-8") from error


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--path", type=GivenPath(), help="A file, or a folder with everything below it.")
@where_options
@click.option("--session", default="", metavar="ID", help="A conversation; `cairn get` shows its id.")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--audit", "is_audited", is_flag=True, help="Leave nothing in any file, look, and sign a receipt.")
@click.option("--receipt", type=click.Path(dir_okay=False), help="Write the receipt of --audit here, too.")
@json_option
@click.pass_obj
def forget(
    profile: Path | None,
    /,
    ids: tuple[str, ...],
    path: str | None,
    dry_run: bool,
    yes: bool,
    is_audited: bool,
    receipt: str | None,
    is_json: bool,
    **options: Any,
) -> int:
    """Forget items by id, path, project, session or time; every option given must match."""  # noqa: DOC501 (click prints it)
    if receipt and not is_audited:
        raise click.UsageError("--receipt needs --audit")
    if is_json and not (yes or dry_run):
        _refuse_unasked()
    if path:
        options["path"] = absolute_path("path", path)
    with connect(profile) as client:
        _check_known(client, ids)
        if not (yes or dry_run) and not _is_meant(client, ids=ids, **options):
            return 0
        call = client.forget(ids=ids, is_dry_run=dry_run, is_audited=is_audited, **options)
        summary = follow(call, is_json=is_json)
    if receipt and summary.erasure:
        Path(receipt).write_bytes(summary.erasure.receipt.encode())
    if is_json:
        print_json(summary)
    else:
        show_forgotten(summary)
    return 1 if summary.erasure and summary.erasure.state != "erased" else 0


def _check_known(client: CairnClient, ids: tuple[str, ...]) -> None:
    """Look for every id before anything goes: a typing error must not pass for a thing forgotten.

    Raises:
        NotFoundError: Some are unknown; all of these are named.
        RpcError: The daemon cannot say.
    """
    unknown = []
    for item_id in ids:
        try:
            client.get(item_id)
        except RpcError as error:
            # what is no id at all, the request itself refuses by its field
            if error.code not in {"not_found", "invalid_argument"}:
                raise
            unknown += [item_id] if error.code == "not_found" else []
    if unknown:
        names = ", ".join(f"`{item_id}`" for item_id in unknown)
        raise NotFoundError(f"no item {names}; nothing is forgotten", fix="`cairn list` shows the ids")


def _is_meant(client: CairnClient, **selection: Any) -> bool:
    """Show what would go and ask; a no ends the command, and where nothing would go nothing is asked."""
    shown = follow(client.forget(is_dry_run=True, **selection), is_json=False)
    show_forgotten(shown)
    return bool(shown.items) and click.confirm("forget them?", abort=True)


def _refuse_unasked() -> None:
    """A program cannot be asked, and forgetting cannot be undone.

    Raises:
        UsageError: Always.
    """
    raise click.UsageError("--json needs --yes, or --dry-run to see what would go")


@click.command("list")
@where_options
@click.option("--modality", "-m", multiple=True, type=click.Choice(MODALITIES), help="Only this kind; repeatable.")
@click.option("--under", type=GivenPath(), help="Only below this folder.")
@click.option("--limit", "-n", type=click.IntRange(min=1), default=50, show_default=True, help="How many.")
@click.option("--cursor", default="", help="Go on after an earlier page.")
@json_option
@click.pass_obj
def list_command(profile: Path | None, /, under: str | None, is_json: bool, **options: Any) -> int:
    """List items, newest first."""
    options["path_prefix"] = linked_path("under", under) if under else ""
    with connect(profile) as client:
        page = client.list_items(**options)
    if is_json:
        print_json(page)
        return 0
    show_items(page.items)
    if page.next_cursor:
        out.print(f"more: --cursor {page.next_cursor}", style="dim")
    return 0


@click.command()
@click.argument("item_id")
@json_option
@click.pass_obj
def get(profile: Path | None, item_id: str, is_json: bool) -> int:
    """Show one item with its text."""
    with connect(profile) as client:
        item = client.get(item_id)
    if is_json:
        print_json(item)
        return 0
    show_items([item])
    out.print(item.text)
    return 0


@click.command()
@json_option
@click.pass_obj
def stats(profile: Path | None, is_json: bool) -> int:
    """Show how much is remembered, by project, kind and language."""
    with connect(profile) as client:
        found = client.stats()
    groups = {
        "projects": dict(found.projects),
        "modalities": dict(found.modalities),
        "languages": dict(found.languages),
    }
    if is_json:
        sizes = {index.name: index.disk_bytes for index in found.indexes}
        totals = {"items": found.items, "chunks": found.chunks, "store_bytes": found.store_bytes}
        print_json({**totals, "index_bytes": sizes, **groups})
        return 0
    out.print(f"{found.items} items, {found.chunks} chunks, {found.store_bytes / 1e6:.1f} MB of truth")
    for name, counts in groups.items():
        row = ", ".join(f"{key or '(none)'} {count}" for key, count in sorted(counts.items(), key=lambda x: -x[1]))
        out.print(f"  {name}: {row}")
    return 0


@click.command()
@json_option
@click.pass_obj
def compact(profile: Path | None, is_json: bool) -> int:
    """Merge index segments and give deleted space back."""
    with connect(profile) as client:
        follow(client.compact(), is_json=is_json)
    if not is_json:
        out.print("done")
    return 0


COMMANDS = {
    "remember": remember,
    "forget": forget,
    "list": list_command,
    "get": get,
    "stats": stats,
    "compact": compact,
}
