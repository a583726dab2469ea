"""A small typed client of the daemon; the command line uses nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import grpc

from cli.errors import from_call
from cli.models import (
    CheckRow,
    Cite,
    CoverageRow,
    EvalReport,
    ForgetSummary,
    Fragment,
    IndexSummary,
    Item,
    Pack,
    Page,
    Progress,
    RecallResult,
    WatchEvent,
    from_wire,
)
from proto.cairn.v1 import eval_pb2, eval_pb2_grpc, memory_pb2, memory_pb2_grpc, system_pb2, system_pb2_grpc

__all__ = ["CairnClient"]

_MAX_BYTES = 64 * 1024 * 1024
_RECORDS_A_MESSAGE = 200


class CairnClient:
    """Calls the daemon; use it as a context manager.

    Args:
        target: `unix:PATH`, or `HOST:PORT` for TCP.
        timeout_s: Deadline of quick calls; long runs have none.
        token: For TCP.
        certificate: PEM chain to trust, for TCP.

    Raises:
        RpcError: Any call may be refused; the error carries reason, field and advice.
        NoDaemonError: Nobody answers.
    """

    def __init__(
        self, target: str, *, timeout_s: float = 30.0, token: str = "", certificate: bytes | None = None
    ) -> None:
        options = [("grpc.max_receive_message_length", _MAX_BYTES), ("grpc.max_send_message_length", _MAX_BYTES)]
        self._timeout_s = timeout_s
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        if token or certificate:
            self._channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(certificate), options)
        else:
            # a proxy of the environment has no business between a client and its own socket
            self._channel = grpc.insecure_channel(target, [*options, ("grpc.enable_http_proxy", 0)])
        self._memory: Any = memory_pb2_grpc.MemoryStub(self._channel)  # type: ignore[no-untyped-call]  # generated
        self._system: Any = system_pb2_grpc.SystemStub(self._channel)  # type: ignore[no-untyped-call]  # generated
        self._eval: Any = eval_pb2_grpc.EvalStub(self._channel)  # type: ignore[no-untyped-call]  # generated

    def __enter__(self) -> CairnClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; what is running for it is cancelled."""
        self._channel.close()

    def _call(self, method: Any, request: Any) -> Any:
        with _translated():
            return method(request, timeout=self._timeout_s, metadata=self._metadata)

    def _stream(self, method: Any, request: Any) -> Iterator[Any]:
        with _translated():
            call = method(request, metadata=self._metadata)
            try:
                yield from call
            finally:
                call.cancel()

    # ---- the memory -------------------------------------------------------------------------------------------

    def index(
        self, paths: Sequence[str], *, project: str = "", is_forced: bool = False, is_waiting: bool = True
    ) -> Iterator[Progress | IndexSummary]:
        """Index files and folders: progress, then the summary."""
        request = memory_pb2.IndexRequest(paths=paths, project=project, is_forced=is_forced, is_waiting=is_waiting)
        for event in self._stream(self._memory.Index, request):
            yield _event(event, IndexSummary)

    def watch(self, paths: Sequence[str], *, project: str = "") -> Iterator[WatchEvent]:
        """Follow folders: one event for each burst of changes, for ever."""
        for event in self._stream(self._memory.Watch, memory_pb2.WatchRequest(paths=paths, project=project)):
            yield from_wire(event, WatchEvent)

    def ingest(self, records: Iterable[dict[str, Any]], *, project: str = "") -> IndexSummary:
        """Import records with known ids."""

        def messages() -> Iterator[memory_pb2.IngestRequest]:
            batch: list[memory_pb2.IngestRecord] = []
            yield memory_pb2.IngestRequest(project=project)
            for record in records:
                batch.append(memory_pb2.IngestRecord(**record))
                if len(batch) >= _RECORDS_A_MESSAGE:
                    yield memory_pb2.IngestRequest(records=batch)
                    batch = []
            yield memory_pb2.IngestRequest(records=batch)

        with _translated():
            reply = self._memory.Ingest(messages(), metadata=self._metadata)
        return from_wire(reply, IndexSummary)  # type: ignore[no-any-return]  # built by name

    def remember(self, text: str, **fields: Any) -> Item:
        """Keep a note; fields are those of `RememberRequest`."""
        reply = self._call(self._memory.Remember, memory_pb2.RememberRequest(text=text, **fields))
        return from_wire(reply, Item)  # type: ignore[no-any-return]  # built by name

    def recall(self, text: str, **fields: Any) -> RecallResult:
        """Answer a question; fields are those of `RecallRequest`."""
        reply = self._call(self._memory.Recall, memory_pb2.RecallRequest(text=text, **fields))
        return from_wire(reply, RecallResult)  # type: ignore[no-any-return]  # built by name

    def context_pack(self, text: str, *, budget_tokens: int, **fields: Any) -> Pack:
        """Quote evidence under a budget."""
        query = memory_pb2.RecallRequest(text=text, **fields)
        reply = self._call(
            self._memory.ContextPack, memory_pb2.ContextPackRequest(query=query, budget_tokens=budget_tokens)
        )
        fragments = tuple(Fragment(f.number, from_wire(f.hit.cite, Cite), f.text, f.tokens) for f in reply.fragments)
        return Pack(reply.text, fragments, reply.tokens, reply.budget_tokens, reply.took_ms, tuple(reply.degraded))

    def get(self, item_id: str) -> Item:
        """Return one item with its text."""
        reply = self._call(self._memory.Get, memory_pb2.GetRequest(id=item_id))
        return from_wire(reply, Item)  # type: ignore[no-any-return]  # built by name

    def list_items(self, **fields: Any) -> Page:
        """Return a page of items; fields are those of `ListRequest`."""
        reply = self._call(self._memory.List, memory_pb2.ListRequest(**fields))
        return from_wire(reply, Page)  # type: ignore[no-any-return]  # built by name

    def link(self, src: str, dst: str, relation: str, weight: float = 1.0) -> None:
        """Add a typed edge between two items."""
        request = memory_pb2.LinkRequest(src=src, dst=dst, relation=relation, weight=weight)
        self._call(self._memory.Link, request)

    def forget(self, **fields: Any) -> Iterator[Progress | ForgetSummary]:
        """Forget what matches: progress, then the summary; fields are those of `ForgetRequest`."""
        for event in self._stream(self._memory.Forget, memory_pb2.ForgetRequest(**fields)):
            yield _event(event, ForgetSummary)

    def stats(self) -> Any:
        """Return the state of the memory, as the wire message."""
        return self._call(self._memory.Stats, memory_pb2.StatsRequest())

    def coverage(self, path: str = "") -> Iterator[CoverageRow]:
        """Yield every source and what became of it."""
        for row in self._stream(self._memory.Coverage, memory_pb2.CoverageRequest(path=path)):
            yield from_wire(row, CoverageRow)

    def compact(self) -> Iterator[Progress]:
        """Merge and shrink the indexes."""
        for row in self._stream(self._memory.Compact, memory_pb2.CompactRequest()):
            yield from_wire(row, Progress)

    def replay(self, names: Sequence[str] = ()) -> Iterator[Progress]:
        """Rebuild indexes from the truth."""
        for row in self._stream(self._memory.Replay, memory_pb2.ReplayRequest(names=names)):
            yield from_wire(row, Progress)

    # ---- the process and the evaluation -----------------------------------------------------------------------

    def info(self) -> Any:
        """Return who is running, as the wire message."""
        return self._call(self._system.Info, system_pb2.InfoRequest())

    def config(self) -> str:
        """Return the configuration in force as TOML."""
        return str(self._call(self._system.Config, system_pb2.ConfigRequest()).toml)

    def metrics(self) -> str:
        """Return figures in Prometheus' text format."""
        return str(self._call(self._system.Metrics, system_pb2.MetricsRequest()).prometheus)

    def drain(self) -> None:
        """Ask the daemon to stop."""
        self._call(self._system.Drain, system_pb2.DrainRequest())

    def doctor(self, *, is_repairing: bool = False) -> Iterator[CheckRow]:
        """Compare the truth and its indexes."""
        for row in self._stream(self._system.Doctor, system_pb2.DoctorRequest(is_repairing=is_repairing)):
            yield from_wire(row, CheckRow)

    def run_eval(self, name: str, strategy: str = "") -> Iterator[Progress | EvalReport]:
        """Run a golden set: progress, then the report."""
        for event in self._stream(self._eval.Run, eval_pb2.EvalRequest(set=name, strategy=strategy)):
            kind = event.WhichOneof("event")
            yield from_wire(getattr(event, kind), Progress if kind == "progress" else EvalReport)


def _event(event: Any, kind: type[Any]) -> Any:
    """Return the progress or the summary that an event holds."""
    name = event.WhichOneof("event")
    return from_wire(getattr(event, name), Progress if name == "progress" else kind)


@contextmanager
def _translated() -> Iterator[None]:
    """Raise gRPC's errors as the client's own.

    Raises:
        failure: The daemon's refusal, or that nobody answers.
    """
    try:
        yield
    except grpc.RpcError as error:
        failure = from_call(error)
        raise failure from None
