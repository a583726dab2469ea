"""Options that many commands share."""

from __future__ import annotations

from typing import Any

import click

__all__ = ["json_option", "where_options"]

json_option = click.option("--json", "is_json", is_flag=True, help="Print JSON: one document, or one a line.")


def where_options(command: Any) -> Any:
    """Add the options that narrow by project and time."""
    for option in (
        click.option("--until", default="", help="Before this time, e.g. 2026-02-01."),
        click.option("--since", default="", help="From this time on, e.g. 2026-01-01."),
        click.option("--project", "-p", default="", help="Only this project."),
    ):
        command = option(command)
    return command
