"""Progress of a long run: a bar for people, lines for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from cli.screen import out, print_json

__all__ = ["follow"]

_NAMES = {"scan": "looking", "index": "reading", "embed": "embedding", "replay": "rebuilding", "forget": "forgetting"}


def follow(events: Iterable[Any], *, is_json: bool) -> Any:
    """Show the progress events of a stream and return its last message.

    Args:
        events: Progress messages, then one result.
        is_json: Whether progress is printed as JSON lines instead of a bar.
    """
    if is_json:
        return _as_lines(events)
    if not out.is_terminal:
        return _last(events)
    return _as_bar(events)


def _is_progress(message: Any) -> bool:
    return hasattr(message, "eta_s")


def _last(events: Iterable[Any]) -> Any:
    result = None
    for message in events:
        if not _is_progress(message):
            result = message
    return result


def _as_lines(events: Iterable[Any]) -> Any:
    result = last = None
    for message in events:
        if _is_progress(message):
            # the daemon tells again where it stands while it waits: a line that says the same says nothing
            if message != last:
                print_json({"progress": message})
            last = message
        else:
            result = message
    return result


def _as_bar(events: Iterable[Any]) -> Any:
    columns = (
        TextColumn("{task.description:<11}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[unit]}"),
        # the daemon's own figures: rich would take what was done before for what was done just now
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
    )
    result = None
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=out, transient=True) as bar:
        for message in events:
            if not _is_progress(message):
                result = message
                continue
            name = _NAMES.get(message.phase, message.phase)
            # a total that is not known yet grows with what is done
            state = {"total": message.total or message.done, "unit": message.unit, **_pace(message)}
            if name not in tasks:
                tasks[name] = bar.add_task(name, **state)
            bar.update(tasks[name], completed=message.done, **state)
    return result


def _pace(message: Any) -> dict[str, str]:
    """Return rate and time to go as shown; empty while the daemon does not know them."""
    rate = f"{message.rate:.{0 if message.rate >= 10 else 1}f}/s" if message.rate else ""
    minutes, seconds = divmod(round(message.eta_s), 60)
    left = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}" if message.eta_s else ""
    return {"rate": rate, "left": left}
