"""`eval run`, `eval bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table

from cli.commands.common import STRATEGIES, GivenPath, absolute_path, json_option
from cli.completions import GOLDEN_SETS, golden_sets
from cli.connect import connect
from cli.models import BenchReport, EvalReport
from cli.progress import follow
from cli.screen import out, print_json, visible

__all__ = ["BENCHMARKS", "COMMANDS"]

BENCHMARKS = ("longmemeval", "locomo", "beir", "jsonl")
"""Formats that the daemon reads; a test compares."""

_METRICS = ("any", "fraction", "ndcg", "mrr")


@click.group()
def evaluation() -> None:
    """Measure the memory on golden sets and public benchmarks."""


@evaluation.command("run")
@click.option(
    "--set",
    "name",
    default="cairn",
    show_default=True,
    shell_complete=golden_sets,
    help=f"{', '.join(GOLDEN_SETS)}, or a file.",
)
@click.option("--strategy", type=click.Choice(STRATEGIES), default="adaptive", show_default=True)
@json_option
@click.pass_obj
def run(profile: Path | None, name: str, strategy: str, is_json: bool) -> int:
    """Ask every question of a set and compare with the passages that answer it."""
    if name.endswith(".jsonl"):
        name = absolute_path("set", name)
    with connect(profile) as client:
        report = follow(client.run_eval(name, strategy), is_json=is_json)
    if is_json:
        print_json(report)
    else:
        _show(report, strategy)
    return 1 if report.regressed else 0


def _show(report: EvalReport, strategy: str) -> None:
    out.print(f"{report.set}: {report.queries} questions, strategy {strategy}")
    out.print(f"  recall@5 {report.recall_5:.3f}  @10 {report.recall_10:.3f}  @20 {report.recall_20:.3f}")
    out.print(f"  nDCG@10 {report.ndcg_10:.3f}  MRR@10 {report.mrr_10:.3f}")
    out.print(f"  p50 {report.p50_ms:.1f} ms  p95 {report.p95_ms:.1f} ms  p99 {report.p99_ms:.1f} ms")
    if report.regressed:
        out.print("  worse than the best run before", style="bold red")
    for reason in report.degraded:
        out.print(f"  degraded: {reason}", style="yellow", markup=False)


@evaluation.command("bench")
@click.argument("name", metavar="FORMAT", type=click.Choice(BENCHMARKS))
@click.argument("paths", nargs=-1, required=True, type=GivenPath(), metavar="PATH…")
@click.option("--strategy", type=click.Choice(STRATEGIES), default="adaptive", show_default=True)
@click.option("--keys", multiple=True, type=GivenPath(), help="Corrected keys of LoCoMo, a JSON file; repeatable.")
@click.option("--split", default="", help="Judgements of BEIR: qrels/SPLIT.tsv; test when not given.")
@click.option("--limit", type=click.IntRange(min=0), default=0, help="Only the first pools.")
@json_option
@click.pass_obj
def bench(
    profile: Path | None, /, name: str, paths: tuple[str, ...], keys: tuple[str, ...], is_json: bool, **options: Any
) -> int:
    """Measure retrieval on a public benchmark whose files you have; nothing is downloaded.

    FORMAT is longmemeval or locomo (JSON files), beir (folders with corpus.jsonl, queries.jsonl and qrels/), or jsonl
    (folders with docs.jsonl, queries.jsonl and qrels.json). A memory of its own is filled, asked, and thrown away.
    """
    files = {
        "paths": [absolute_path("paths", path) for path in paths],
        "keys": [absolute_path("keys", path) for path in keys],
    }
    with connect(profile) as client:
        report = follow(client.run_bench(name, **files, **options), is_json=is_json)
    if is_json:
        print_json(_flat(report))
    else:
        _show_bench(report)
    return 0


def _flat(report: BenchReport) -> dict[str, Any]:
    rows = [
        {"part": row.part, "granularity": row.granularity, "pool": row.pool, "n": row.n, **_ordered(row.figures)}
        for row in report.rows
    ]
    fields = {name: getattr(report, name) for name in report.__struct_fields__}
    return {**fields, "rows": rows}


def _ordered(figures: dict[str, float]) -> dict[str, float]:
    """Return figures in the order of their names and cuts, whatever the wire made of it."""
    return dict(sorted(figures.items(), key=lambda figure: _rank(figure[0])))


def _rank(name: str) -> tuple[int, int]:
    metric, _, cut = name.partition("@")
    return (_METRICS.index(metric) if metric in _METRICS else len(_METRICS), int(cut) if cut.isdecimal() else 0)


def _show_bench(report: BenchReport) -> None:
    out.print(
        f"{report.bench}: {report.questions} questions, {report.documents} documents in {report.pools} pools,"
        f" strategy {report.strategy}, the first {report.depth} fragments"
    )
    table = Table(box=None, header_style="bold", pad_edge=False)
    names = list(_ordered(report.rows[0].figures)) if report.rows else []
    for name in ("part", "granularity", "pool", "n", *names):
        table.add_column(name, overflow="fold", justify="right" if name in {"n", *names} else "left")
    for row in report.rows:
        figures = [f"{row.figures[name]:.3f}" for name in names]
        table.add_row(visible(row.part), row.granularity, row.pool, str(row.n), *figures)
    out.print(table)
    out.print("any: share of questions with at least one answer among the first k; fraction: mean share of the answers")
    for reason, count in sorted(report.counted.items()):
        out.print(f"  {count} {reason}")
    for note in report.notes:
        out.print(f"  {note}", style="dim", markup=False)
    out.print(f"  p50 {report.p50_ms:.1f} ms  p95 {report.p95_ms:.1f} ms")
    for reason in report.degraded:
        out.print(f"  degraded: {reason}", style="yellow", markup=False)


COMMANDS = {"eval": evaluation}
