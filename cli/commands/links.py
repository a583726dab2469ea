"""`related`, `path`, `map`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from cli.commands.common import GivenPath, json_option, linked_path
from cli.completions import projects
from cli.connect import connect
from cli.render_links import show_blame, show_map, show_related, show_route
from cli.screen import print_json

__all__ = ["COMMANDS", "place_of"]

RELATIONS = (
    *("mentions", "defines", "calls", "imports", "replies", "touches"),
    *("same_scene", "derived_from", "contradicts", "supersedes"),
)

_ITEM = re.compile(r"mi_[0-9A-HJKMNP-TV-Z]{26}")
_LINE = re.compile(r"(.+?):(\d{1,9})(?:-(\d{1,9}))?")


def place_of(word: str, project: str = "") -> dict[str, Any]:
    """Return what a word of the command line means: the id of an item, a file with perhaps a line, or a symbol.

    Args:
        word: As typed; a citation with its lines may be pasted.
        project: Where a symbol is looked for.
    """
    if _ITEM.fullmatch(word):
        return {"id": word}
    found = _LINE.fullmatch(word)
    path, line = (found[1], int(found[2])) if found is not None else (word, 0)
    if "/" in path or Path(path).exists():
        file, mark, member = path.partition("!/")
        return {"path": f"{linked_path('place', file)}{mark}{member}", "line": line, "project": project}
    return {"symbol": word, "project": project}


project_option = click.option("--project", "-p", default="", shell_complete=projects, help="Only this project.")


@click.command()
@click.argument("place")
@project_option
@click.option(
    "--relation", "-r", "relations", multiple=True, type=click.Choice(RELATIONS), help="Only this; repeatable."
)
@click.option("--direction", type=click.Choice(("out", "in")), default=None, help="Only links from it, or only to it.")
@click.option("--limit", "-n", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many.")
@json_option
@click.pass_obj
def related(
    profile: Path | None,
    /,
    place: str,
    project: str,
    relations: tuple[str, ...],
    direction: str | None,
    limit: int,
    is_json: bool,
) -> int:
    """Show what PLACE links to, and what links to it.

    PLACE is a file, FILE:LINE for the definition there, a symbol such as `Store.open`, or the id of an item.
    """
    with connect(profile) as client:
        found = client.related(place_of(place, project), relations=relations, direction=direction or "", limit=limit)
    if is_json:
        print_json(found)
    else:
        show_related(found)
    return 0


@click.command()
@click.argument("start")
@click.argument("end")
@project_option
@json_option
@click.pass_obj
def path(profile: Path | None, start: str, end: str, project: str, is_json: bool) -> int:
    """Find a shortest way from START to END: files, FILE:LINE, symbols, or ids of items."""
    with connect(profile) as client:
        route = client.path_between(place_of(start, project), place_of(end, project))
    if is_json:
        print_json(route)
    else:
        show_route(route)
    return 0 if route.is_found else 1


@click.command("map")
@click.argument("path", type=GivenPath(), default=".")
@click.option("--project", "-p", default="", shell_complete=projects, help="Of this project, where PATH is in several.")
@click.option("--budget", type=click.IntRange(1, 1_000_000), default=1024, show_default=True, help="Tokens at most.")
@click.option("--focus", "-f", multiple=True, help="A file or symbol that you work on; repeatable.")
@json_option
@click.pass_obj
def map_command(
    profile: Path | None, /, path: str, project: str, budget: int, focus: tuple[str, ...], is_json: bool
) -> int:
    """Draw the files and symbols below PATH that the rest leans on most."""
    with connect(profile) as client:
        drawn = client.repo_map(
            path=linked_path("path", path),
            project=project,
            focus=[place_of(word, project) for word in focus],
            budget_tokens=budget,
        )
    if is_json:
        print_json(drawn)
    else:
        show_map(drawn)
    return 0


@click.command()
@click.argument("place")
@json_option
@click.pass_obj
def blame(profile: Path | None, place: str, is_json: bool) -> int:
    """Show the git commits behind lines of a file.

    PLACE is FILE, FILE:LINE or FILE:LINE-LINE, as citations are written.
    """
    found = _LINE.fullmatch(place)
    file, first, last = (found[1], int(found[2]), int(found[3] or 0)) if found is not None else (place, 0, 0)
    with connect(profile) as client:
        told = client.blame(linked_path("place", file), line=first, line_end=last)
    if is_json:
        print_json(told)
    else:
        show_blame(told)
    return 0


COMMANDS = {"blame": blame, "related": related, "path": path, "map": map_command}
