"""Options that many commands share."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Any

import click

from cli.completions import projects
from foundation.errors import InputError
from foundation.paths import expanded_path, real_path

__all__ = [
    "MODALITIES",
    "STRATEGIES",
    "GivenPath",
    "absolute_path",
    "json_lines",
    "json_option",
    "linked_path",
    "where_options",
]

MODALITIES = ("text", "code", "image", "audio", "video", "conversation")
STRATEGIES = ("adaptive", "weighted", "rrf", "dense", "sparse")


class GivenPath(click.Path):
    """A path that is not empty: `"$UNSET"` in a script must not mean the folder one stands in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; an empty one is a usage error that names the argument."""
        if value == "":
            self.fail("a path must not be empty", param, ctx)
        return super().convert(value, param, ctx)


json_option = click.option("--json", "is_json", is_flag=True, help="Print JSON: one document, or one a line.")


def where_options(command: Any) -> Any:
    """Add the options that narrow by project and time."""
    for option in (
        click.option("--until", default="", help="Before this time, e.g. 2026-02-01."),
        click.option("--since", default="", help="From this time on, e.g. 2026-01-01."),
        click.option("--project", "-p", default="", shell_complete=projects, help="Only this project."),
    ):
        command = option(command)
    return command


def json_lines(file: str) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a JSON-lines file that hold something, numbered from 1.

    Args:
        file: Its path; `-` is standard input. A byte order mark, which Windows writes, is no part of the first line.
    """
    with click.open_file(file, "rb") as lines:
        for number, line in enumerate(lines, 1):
            row = line.removeprefix(BOM_UTF8) if number == 1 else line
            if row.strip():
                yield number, row


def absolute_path(field: str, text: str) -> str:
    """Return a path from the root on, `~` replaced; links stay, for what is gone has none.

    Raises:
        InputError: It names a user without a home folder.
    """
    try:
        return str(expanded_path(text).absolute())
    except ValueError as error:
        raise InputError(field, f"`{text}`: {error}") from error


def linked_path(field: str, text: str) -> str:
    """Return a path as the memory knows it: from the root on, `~` replaced and links followed.

    Raises:
        InputError: It names a user without a home folder, or its links lead in a circle.
    """
    try:
        return str(real_path(text))
    except ValueError as error:
        raise InputError(field, f"`{text}`: {error}") from error
