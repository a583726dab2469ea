"""The command tree. Commands live in `cli/commands/`; each module is imported only when one of its commands is used."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from io import TextIOWrapper
from pathlib import Path

import click

from foundation.errors import CairnError

__all__ = ["main", "run"]

_COMMANDS = {
    "up": ("daemon", "Start the daemon."),
    "down": ("daemon", "Stop the daemon; requests in flight are finished first."),
    "status": ("daemon", "Show what the daemon holds and where its indexes stand."),
    "doctor": ("daemon", "Compare the store and its indexes; rebuild what differs with --repair."),
    "index": ("index", "Remember files and folders."),
    "watch": ("index", "Keep the memory level with folders while they change."),
    "ingest": ("index", "Import records with known ids from a JSON-lines file."),
    "coverage": ("index", "Show every source below PATH and what became of it."),
    "recall": ("recall", "Find what answers a question."),
    "pack": ("recall", "Quote evidence for a question under a token budget."),
    "ask": ("recall", "Answer a question in the words of the sources, or say that it is not in memory."),
    "related": ("links", "Show what PLACE links to, and what links to it."),
    "path": ("links", "Find a shortest way from START to END: files, FILE:LINE, symbols, or ids of items."),
    "map": ("links", "Draw the files and symbols below PATH that the rest leans on most."),
    "blame": ("links", "Show the git commits behind lines of a file."),
    "remember": ("items", "Keep a note."),
    "forget": ("items", "Forget items by id, path, project, session or time."),
    "audit": ("audit", "List audited erasures, and check their receipts."),
    "list": ("items", "List items, newest first."),
    "get": ("items", "Show one item with its text."),
    "stats": ("items", "Show how much is remembered, by project, kind and language."),
    "compact": ("items", "Merge index segments and give deleted space back."),
    "eval": ("evaluate", "Measure the memory on golden sets."),
    "config": ("daemon", "Print the configuration that the daemon runs with."),
    "completion": ("completion", "Print the completion script of SHELL."),
}

EXIT_FAILED, EXIT_USAGE, EXIT_DENIED = 1, 2, 3
"""Exit statuses of the contract; 0 is success."""

EXIT_INTERRUPTED = 128 + signal.SIGINT
"""Ctrl-C, as shells write it."""


class _LazyGroup(click.Group):
    """Knows the names and one-line helps; loads the rest on use, so that `cairn --help` is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"cli.commands.{_COMMANDS[cmd_name][0]}")
        command: click.Command = module.COMMANDS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--profile",
    envvar="CAIRN_PROFILE",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that holds everything; the XDG places by default.",
)
@click.version_option(package_name="cairn-daemon", prog_name="cairn")
@click.pass_context
def cairn(ctx: click.Context, profile: Path | None) -> None:
    """Cairn remembers what you work with and answers with citations."""
    ctx.obj = profile


def main(arguments: list[str] | None = None) -> None:
    """Run one command and end the process with its exit status.

    Args:
        arguments: As for `run`.
    """
    # when the reader has left (`cairn list | head`), end as every program of a pipeline does: at once and in silence
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if sys.stdout is None:
        # closed by who started us (`>&-`): the answer is not wanted, the status is
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # what a terminal's encoding lacks is shown as a question mark
            stream.reconfigure(errors="replace")
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command; every error is one line that says what happened, where, and what to do.

    Args:
        arguments: Command line without the program's name; by default the process's own.

    Returns:
        The exit status: 0, 1 failed, 2 usage, 3 denied, 130 interrupted.
    """
    try:
        result = cairn.main(args=arguments, prog_name="cairn", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt) as stop:
        click.echo("stopped", err=True)
        return EXIT_INTERRUPTED if _is_interrupt(stop) else EXIT_FAILED
    except CairnError as error:
        _say(error.message, error.fix)
        return EXIT_DENIED if error.code == "permission_denied" else _status_of(error)
    except OSError as error:
        _say(f"{error.strerror or error}" + (f": `{error.filename}`" if error.filename else ""))
        return EXIT_FAILED


def _is_interrupt(stop: BaseException) -> bool:
    """Whether it was Ctrl-C, which click hides behind its own exception, and not a question answered with no."""
    return isinstance(stop, KeyboardInterrupt) or isinstance(stop.__context__, KeyboardInterrupt)


def _say(message: str, fix: str = "") -> None:
    # late: it brings rich, which `cairn --help` does not need
    from cli.screen import visible

    click.echo(visible(f"error: {message}"), err=True)
    if fix:
        click.echo(visible(f"  {fix}"), err=True)


def _status_of(error: CairnError) -> int:
    return EXIT_USAGE if error.code == "invalid_argument" else EXIT_FAILED


if __name__ == "__main__":
    main()
