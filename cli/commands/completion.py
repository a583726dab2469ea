"""`cairn completion`: the script that a shell sources."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

__all__ = ["COMMANDS"]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    Use it as `eval "$(cairn completion bash)"`.
    """
    kind = get_completion_class(shell)
    assert kind is not None, "the choice lists only shells that click knows"
    click.echo(kind(ctx.find_root().command, {}, "cairn", "_CAIRN_COMPLETE").source())


COMMANDS = {"completion": completion}
