"""`Eval.Run` over a real socket."""

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
