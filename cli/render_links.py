"""What people see of links."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from cli.render import place
from cli.screen import one_line, out, visible

__all__ = ["show_blame", "show_map", "show_related", "show_route"]

_ARROWS = {"out": "→", "in": "←"}
_SURE = 0.999


def show_related(found: Any) -> None:
    """Print what was asked for, then one neighbour a line."""
    for cite in found.places:
        out.print(_cited(cite))
    for neighbour in found.neighbours:
        out.print(_line(neighbour))
    if not found.neighbours:
        out.print("no links", style="yellow")
    count = "1 link" if len(found.neighbours) == 1 else f"{len(found.neighbours)} links"
    out.print(Text(f"{count} in {found.took_ms:.1f} ms", style="dim"))


def show_route(route: Any) -> None:
    """Print a way, one step a line."""
    if not route.is_found:
        out.print("no way between them", style="yellow")
        return
    out.print(_cited(route.start))
    for step in route.steps:
        out.print(_line(step))
    count = "1 step" if len(route.steps) == 1 else f"{len(route.steps)} steps"
    out.print(Text(f"{count} in {route.took_ms:.1f} ms", style="dim"))


def show_map(drawn: Any) -> None:
    """Print a map, and how much of the tree it shows."""
    if drawn.text:
        out.print(Text(visible(drawn.text)), soft_wrap=True)
    else:
        out.print("nothing fits the budget", style="yellow")
    shown = f"{drawn.files} of {drawn.of_files} files, {drawn.symbols} symbols"
    out.print(Text(f"{shown}, {drawn.tokens} of {drawn.budget_tokens} tokens, {drawn.took_ms:.0f} ms", style="dim"))


def show_blame(told: Any) -> None:
    """Print the commits behind lines, neighbouring lines of one together."""
    for row in told.commits:
        lines = f"{row.line}" + (f"-{row.line_end}" if row.line_end > row.line else "")
        text = Text(f"{lines}  ", style="dim")
        if row.commit:
            text.append(row.commit[:10], style="bold cyan")
            text.append(f"  {row.timestamp[:10]}  {one_line(row.author)}  ", style="dim")
            text.append(one_line(row.summary))
        else:
            text.append("not committed yet", style="yellow")
        out.print(text)


def _cited(cite: Any) -> Text:
    text = Text(place(cite), style="bold cyan")
    if cite.symbol:
        text.append(f"  {visible(cite.symbol)}", style="magenta")
    return text


def _line(neighbour: Any) -> Text:
    text = Text(f"  {_ARROWS[neighbour.direction]} {neighbour.relation} ", style="dim")
    text.append_text(_cited(neighbour.cite))
    if not neighbour.cite.path and neighbour.title:
        text.append(f"  {visible(neighbour.title)}")
    notes = []
    if neighbour.symbol:
        where = "from" if neighbour.direction == "out" else "to"
        notes.append(f"{where} {visible(neighbour.symbol)}")
    if neighbour.line:
        notes.append(f"line {neighbour.line}")
    if neighbour.count > 1:
        notes.append(f"{neighbour.count} times")
    if neighbour.weight < _SURE:
        notes.append("perhaps")
    if notes:
        text.append(f"  {', '.join(notes)}", style="dim")
    return text
