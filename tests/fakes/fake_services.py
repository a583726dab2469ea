"""The process and the evaluation, as small as their protocols allow."""

from __future__ import annotations

import threading

from memory_eval.bench.records import BenchReport, BenchRow
from memory_fabric.operations import Check, Progress, Report
from orchestrator.ports import BenchRequest, EvalReport, Info

__all__ = ["FakeEvaluation", "FakeSystem"]


class FakeSystem:
    """Answers as `SystemService` does; `drained` tells whether somebody asked for the end."""

    def __init__(self) -> None:
        self.drained = threading.Event()

    def info(self) -> Info:
        """Return who is running."""
        return Info(7, "1.2.3", "/profile", 2.5, True, 40.0, "2026-01-01T00:00:00.000Z")

    def config(self) -> str:
        """Return a configuration."""
        return "[daemon]\nmax_runs = 4\n"

    def metrics(self) -> str:
        """Return a figure."""
        return "cairn_items 3\n"

    def drain(self) -> None:
        """Note it."""
        self.drained.set()


class FakeEvaluation:
    """Answers as `EvalService` does: three questions, all of them right."""

    def run(self, set_name: str, *, strategy: str, report: Report, check: Check) -> EvalReport:
        """Report each question, then the figures."""
        for number in range(1, 4):
            check()
            report(Progress(number, 3, "questions", 1.0, 0.0, "eval"))
        return EvalReport(set_name, 3, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0, strategy == "rrf")

    def bench(self, request: BenchRequest, *, report: Report, check: Check) -> BenchReport:
        """Report each question, then a row that repeats what was asked."""
        for number in range(1, 4):
            check()
            report(Progress(number, 3, "questions", 1.0, 0.0, "eval"))
        row = BenchRow("all", "turn", ", ".join(request.paths), 3, {"any@5": 1.0, "mrr@10": 0.5})
        counted = {"abstention: left out": request.limit}
        return BenchReport(request.format, request.strategy, 1, 9, 3, counted, (row,), 100, 2.0, 3.0, ("a note",))
