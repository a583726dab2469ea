"""What people see: answers with the match marked, tables, bars. Nothing here decides anything."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.screen import cut, one_line, out, visible
from foundation.paths import expanded_path

__all__ = [
    "place",
    "show_answer",
    "show_checks",
    "show_erasure",
    "show_forgotten",
    "show_items",
    "show_result",
    "show_skipped",
    "show_status",
]

_SHOWN_SKIPS = 10
_INDENT = "   "

_STAGES = {name: rank for rank, name in enumerate(("embed", "dense", "sparse", "fuse", "rerank", "fresh"))}

_AGES = {"stale": "not dim bold yellow", "gone": "not dim bold red", "unknown": "dim yellow"}
"""Freshness that is worth a word, and its colour."""

_TABLE_CELLS = 72
"""Columns that a table of items needs beside its ids."""


def place(cite: Any) -> str:
    """Return a citation as people write it, relative to the working folder when that is shorter."""
    if not cite.path:
        return one_line(str(cite.uri))
    path = _short(cite.path)
    if cite.page:
        return f"{path} page {cite.page}"
    return f"{path}:{cite.line}" + (f"-{cite.line_end}" if cite.line_end > cite.line else "")


def _short(path: str) -> str:
    # a member's name is no path on this disk: `a.zip!/../b` must not become `b`
    file, mark, member = path.partition("!/")
    return one_line(f"{_relative(file)}{mark}{member}")


def _relative(path: str) -> str:
    try:
        relative = os.path.relpath(path)
    except FileNotFoundError:
        # the folder one stands in is gone
        return path
    if not relative.startswith(".."):
        return relative
    try:
        home = str(expanded_path("~"))
    except ValueError:
        # a user of a container may have none
        return path
    return path.replace(home, "~", 1) if path.startswith(f"{home}/") else path


def show_result(result: Any, *, is_explained: bool) -> None:
    """Print ranked answers: place, score, the fragment with its matches marked."""
    for number, hit in enumerate(result.items, 1):
        head = Text(f"{number}. ", style="dim")
        head.append(place(hit.cite), style="bold cyan")
        if hit.cite.symbol:
            head.append(f"  {one_line(hit.cite.symbol)}", style="magenta")
        if hit.cite.timestamp:
            head.append(f"  {hit.cite.timestamp[:16].replace('T', ' ')}", style="green")
        head.append(f"  {hit.score:.3f}", style="dim")
        if hit.freshness in _AGES:
            head.append(f"  {hit.freshness}", style=_AGES[hit.freshness])
        if hit.more:
            head.append(f"  +{hit.more} more like this", style="dim")
        out.print(head)
        if is_explained:
            out.print(Text(f"{_INDENT}{_parts(hit.parts)}", style="dim"))
        out.print(_marked(hit.snippet, hit.highlights))
        out.print()
    if not result.items:
        out.print("nothing found", style="yellow")
    # the legs run side by side and end in any order
    ranked = sorted(result.stages.items(), key=lambda stage: (_STAGES.get(stage[0], len(_STAGES)), stage[0]))
    stages = ", ".join(f"{name} {ms:.1f}" for name, ms in ranked)
    count = "1 answer" if len(result.items) == 1 else f"{len(result.items)} answers"
    out.print(Text(f"{count} in {result.took_ms:.1f} ms" + (f" ({stages})" if stages else ""), "dim"))
    for reason in result.degraded:
        out.print(Text(f"degraded: {reason}", style="yellow"))


def show_answer(answer: Any) -> None:
    """Print the sentences that answer, numbered, and then where each stands."""
    if answer.is_answered:
        for sentence in answer.sentences:
            out.print(Text(visible(sentence.text)).append(f" [{sentence.number}]", style="bold cyan"), soft_wrap=True)
        out.print()
        for sentence in answer.sentences:
            _show_source(f"[{sentence.number}] ", sentence.cite, sentence.freshness)
    else:
        out.print("not in memory", style="yellow")
        if answer.nearest:
            out.print(Text("nearest:", style="dim"))
        for cite in answer.nearest:
            _show_source(_INDENT, cite)
    out.print(Text(f"confidence {answer.confidence:.2f}, {answer.took_ms:.1f} ms", "dim"))
    for reason in answer.degraded:
        out.print(Text(f"degraded: {reason}", style="yellow"))


def _show_source(mark: str, cite: Any, freshness: str = "fresh") -> None:
    line = Text(mark, style="dim").append(place(cite), style="bold cyan")
    if cite.symbol:
        line.append(f"  {visible(one_line(cite.symbol))}", style="magenta")
    if freshness in _AGES:
        line.append(f"  {freshness}", style=_AGES[freshness])
    out.print(line)


def _parts(parts: Any) -> str:
    names = ("dense", "sparse", "recency", "quality", "proof", "share", "boost", "rerank")
    values = ((name, getattr(parts, name, None)) for name in names)
    return "  ".join(f"{name} {value:.3f}" for name, value in values if value is not None)


def _marked(snippet: str, ranges: Iterable[Sequence[int]]) -> Text:
    # made visible first: rich would drop control characters, and the ranges would slip
    text = Text(visible(snippet))
    for start, end in ranges:
        text.stylize("bold yellow", start, end)
    lines = text.split("\n")
    return Text("\n").join([Text(_INDENT) + cut(line, out.width - len(_INDENT)) for line in lines])


def show_skipped(skipped: Sequence[Any]) -> None:
    """Print what was not indexed and why: a few, and how many more."""
    for skip in skipped[:_SHOWN_SKIPS]:
        out.print(Text(f"  skipped {_short(skip.path)}: {skip.reason}", style="yellow"))
    if len(skipped) > _SHOWN_SKIPS:
        out.print(Text(f"  … and {len(skipped) - _SHOWN_SKIPS} more; see `cairn coverage`", style="yellow"))


def show_items(items: Iterable[Any]) -> None:
    """Print items: a table, or on a narrow terminal two lines each, so that an id stays in one piece.

    What the scan found, and what a source said of an item where it is known, follow; lists do not have the latter.
    """
    items = list(items)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("id", "kind", "project", "chunks", "where"):
        table.add_column(name, overflow="fold", no_wrap=name == "id")
    for item in items:
        where = _short(item.source.path) if item.source.path else one_line(item.source.uri)
        cells = [visible(cell) for cell in (item.id, item.modality, item.meta.project, str(item.chunks), where)]
        table.add_row(*cells)
        if out.width < _TABLE_CELLS:
            out.print(f"{cells[0]}\n{_INDENT}{'  '.join(cells[1:])}")
    if out.width >= _TABLE_CELLS:
        out.print(table)
    for item in items:
        if item.meta.secrets_redacted:
            out.print(Text(f"{_INDENT}secrets cut out: {item.meta.secrets_redacted}", "dim"))
        if item.meta.pii:
            out.print(Text(f"{_INDENT}holds personal data", "dim"))
        for name, value in item.meta.fields.items():
            line = visible(" ".join(f"{name}: {value}".split()))
            out.print(Text(f"{_INDENT}{line}", "dim"))


def show_forgotten(summary: Any) -> None:
    """Print what was, or would be, forgotten."""
    if not summary.items:
        out.print("nothing matches", style="yellow")
        return
    verb = "would forget" if summary.is_dry_run else "forgot"
    out.print(f"{verb} {summary.items} items ({summary.chunks} chunks)")
    if summary.erasure:
        show_erasure(summary.erasure)
    if summary.is_dry_run and summary.examples:
        show_items(summary.examples)


def show_erasure(erasure: Any) -> None:
    """Print how far an audited erasure came and what could not be proved."""
    is_done = erasure.state == "erased"
    line = f"{erasure.id}  {erasure.started_at}  {erasure.state}: {erasure.items} items, {erasure.found} traces found"
    out.print(line, style="green" if is_done else "bold red")
    for limit in erasure.limits[:_SHOWN_SKIPS]:
        out.print(f"  {limit}", style="yellow")
    if len(erasure.limits) > _SHOWN_SKIPS:
        out.print(f"  and {len(erasure.limits) - _SHOWN_SKIPS} more, in the receipt", style="yellow")


def show_checks(checks: Iterable[Any]) -> None:
    """Print the findings of the doctor."""
    for check in checks:
        mark = Text("ok   ", style="green") if check.ok else Text("FAIL ", style="bold red")
        out.print(mark + Text(f"{check.name}: {check.detail}"))
        if not check.ok and check.fix:
            out.print(Text(f"     {check.fix}", style="yellow"))


def show_status(status: dict[str, Any]) -> None:
    """Print the daemon's state."""
    out.print(f"cairn {status['version']}, process {status['pid']}, up {status['uptime_s']:.0f} s, {status['profile']}")
    out.print(f"{status['items']} items, {status['chunks']} chunks, {status['rss_mb']:.0f} MB of memory")
    for name, index in status["indexes"].items():
        behind = index["journal_seq"] - index["applied_seq"]
        state = index.get("status", "ready")
        note = f", {behind} journal entries behind" if behind else ""
        detail = f": {index['detail']}" if index.get("detail") else ""
        out.print(f"  {name}: {index['points']} chunks, {state}{note}{detail}")
    for name, state in status["engines"].items():
        out.print(f"  {name}: {state}")
