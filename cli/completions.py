"""What a shell offers for the value of an option; asked at every press of Tab, so it is quick or offers nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from foundation.errors import CairnError
from foundation.paths import expanded_path

__all__ = ["GOLDEN_SETS", "golden_sets", "languages", "presets", "projects"]

GOLDEN_SETS = ("cairn", "python-library", "russian")
"""Those that ship with Cairn; a test compares."""

_PATIENCE_S = 0.3
"""How long the daemon has to answer."""

_PLAIN = re.compile(r"[\w@+.][\w@+./-]*")
"""Names come from folders that others may have named, and a shell takes what it is offered as if it were typed."""


def golden_sets(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the shipped sets, and files."""
    return _or_file(GOLDEN_SETS, incomplete)


def presets(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the configurations that ship with Cairn, and files."""
    folder = Path(__file__).resolve().parent.parent / "configs"
    return _or_file(sorted(path.stem for path in folder.glob("*.toml")), incomplete)


def projects(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the projects that the running daemon holds."""
    return _beginning(_held(ctx, "projects"), incomplete)


def languages(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the languages of what the running daemon holds."""
    return _beginning(_held(ctx, "languages"), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _or_file(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    # first: bash forgets what came before it
    return [CompletionItem(incomplete, type="file"), *_beginning(names, incomplete)]


def _held(ctx: click.Context, kind: str) -> list[str]:
    """Return names of one kind, sorted; none when no daemon runs or it does not answer at once."""
    from cli.connect import connect

    profile: Path | None = ctx.find_root().params.get("profile")
    try:
        if profile is not None:
            profile = expanded_path(str(profile))
            if not profile.is_dir():
                # to connect would make it
                return []
        with connect(profile, is_starting=False, timeout_s=_PATIENCE_S) as client:
            counts: dict[str, int] = getattr(client.stats(), kind)
    except (CairnError, ValueError, OSError):
        return []
    return sorted(name for name in counts if _PLAIN.fullmatch(name))
