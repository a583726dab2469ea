"""`Eval.Run` and `Eval.Bench` over a real socket."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from proto.cairn.v1 import eval_pb2 as wire
from proto.cairn.v1.eval_pb2_grpc import EvalStub
from tests.servers.grpc_api.serving import Serving, refused, violations


@pytest.fixture
def evaluation(serving: Serving) -> Any:
    """A stub of the service."""
    return EvalStub(serving.channel)  # type: ignore[no-untyped-call]  # generated


def test_run_streams_progress_and_one_report(evaluation: Any) -> None:
    """The report is last and whole."""
    events = list(evaluation.Run(wire.EvalRequest(set="cairn", strategy="rrf")))
    assert {event.WhichOneof("event") for event in events[:-1]} == {"progress"}
    report = events[-1].report
    assert (report.set, report.queries, report.mrr_10, report.p99_ms, report.regressed) == ("cairn", 3, 1.0, 4.0, True)


def test_bad_requests_name_every_field(evaluation: Any) -> None:
    """Both mistakes are told."""
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as held:
        list(evaluation.Run(wire.EvalRequest(strategy="luck")))
    assert violations(held[0]) == ["set", "strategy"]


def test_bench_streams_progress_and_one_report(evaluation: Any) -> None:
    """Rows with their figures, what was counted, what was asked."""
    request = wire.BenchRequest(
        format="locomo", paths=["/a.json", "/b.json"], strategy="rrf", keys=["/k.json"], limit=2
    )
    events = list(evaluation.Bench(request))
    assert {event.WhichOneof("event") for event in events[:-1]} == {"progress"}
    report = events[-1].report
    (row,) = report.rows
    assert (report.bench, report.strategy, dict(report.counted)) == ("locomo", "rrf", {"abstention: left out": 2})
    assert (row.granularity, row.pool, row.n, dict(row.figures)) == (
        "turn",
        "/a.json, /b.json",
        3,
        {"any@5": 1.0, "mrr@10": 0.5},
    )
    assert list(report.notes) == ["a note"]


def test_bad_benchmarks_name_every_field(evaluation: Any) -> None:
    """All mistakes at once."""
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as held:
        list(evaluation.Bench(wire.BenchRequest(format="squad", strategy="luck", keys=["k.json"], limit=-1)))
    assert sorted(violations(held[0])) == ["format", "keys", "limit", "paths", "strategy"]
