"""`eval run`."""

from __future__ import annotations

from pathlib import Path

import click

from cli.commands.common import STRATEGIES, absolute_path, json_option
from cli.completions import GOLDEN_SETS, golden_sets
from cli.connect import connect
from cli.models import EvalReport
from cli.progress import follow
from cli.screen import out, print_json

__all__ = ["COMMANDS"]


@click.group()
def evaluation() -> None:
    """Measure the memory on golden sets."""


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


COMMANDS = {"eval": evaluation}
