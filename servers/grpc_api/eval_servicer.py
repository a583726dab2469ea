"""The `Eval` service: golden sets."""

from __future__ import annotations

from collections.abc import Iterator

import grpc

from memory_eval.bench.records import BenchReport
from memory_eval.bench.run import FORMATS
from memory_fabric.operations import Check
from orchestrator.ports import BenchRequest, EvalService
from proto.cairn.v1 import eval_pb2, eval_pb2_grpc
from servers.grpc_api.answers import wire_progress
from servers.grpc_api.bridge import Bridge
from servers.grpc_api.outbox import Outbox
from servers.grpc_api.validate import STRATEGIES, Door

__all__ = ["EvalServicer"]


class EvalServicer(eval_pb2_grpc.EvalServicer):
    """Translates; decides nothing.

    Args:
        evaluation: Runs sets.
        bridge: Crosses into trio.
    """

    def __init__(self, evaluation: EvalService, bridge: Bridge) -> None:
        self._evaluation = evaluation
        self._bridge = bridge

    def Run(  # noqa: N802 (named by the schema)
        self, request: eval_pb2.EvalRequest, context: grpc.ServicerContext
    ) -> Iterator[eval_pb2.EvalEvent]:
        """Run a golden set."""
        door = Door()
        door.text("set", request.set, max_chars=4096)
        strategy = request.strategy or "adaptive"
        door.among("strategy", [strategy], STRATEGIES)
        door.close()

        def work(outbox: Outbox[eval_pb2.EvalEvent], check: Check) -> None:
            report = self._evaluation.run(
                request.set,
                strategy=strategy,
                report=lambda p: outbox.offer(eval_pb2.EvalEvent(progress=wire_progress(p))),
                check=check,
            )
            fields = {name: getattr(report, name) for name in report.__struct_fields__}
            outbox.put(eval_pb2.EvalEvent(report=eval_pb2.EvalReport(**fields)), check)

        return self._bridge.stream(context, work)

    def Bench(  # noqa: N802 (named by the schema)
        self, request: eval_pb2.BenchRequest, context: grpc.ServicerContext
    ) -> Iterator[eval_pb2.BenchEvent]:
        """Run a benchmark."""
        door = Door()
        door.among("format", [request.format], FORMATS)
        door.paths("paths", request.paths)
        for path in request.keys:
            door.path("keys", path)
        door.name("split", request.split)
        strategy = request.strategy or "adaptive"
        door.among("strategy", [strategy], STRATEGIES)
        if request.limit < 0:
            door.refuse("limit", "is negative")
        door.close()
        asked = BenchRequest(
            format=request.format,
            paths=tuple(request.paths),
            strategy=strategy,
            split=request.split,
            keys=tuple(request.keys),
            limit=request.limit,
        )

        def work(outbox: Outbox[eval_pb2.BenchEvent], check: Check) -> None:
            found = self._evaluation.bench(
                asked,
                report=lambda p: outbox.offer(eval_pb2.BenchEvent(progress=wire_progress(p))),
                check=check,
            )
            outbox.put(eval_pb2.BenchEvent(report=_wire_bench(found)), check)

        return self._bridge.stream(context, work)


def _wire_bench(report: BenchReport) -> eval_pb2.BenchReport:
    fields = {name: getattr(report, name) for name in report.__struct_fields__}
    rows = [eval_pb2.BenchRow(**{name: getattr(row, name) for name in row.__struct_fields__}) for row in report.rows]
    return eval_pb2.BenchReport(**{**fields, "rows": rows})
