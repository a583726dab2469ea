"""A small typed client of the daemon; the command line uses nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

import grpc
import msgspec

from cli.errors import from_call
from cli.models import (
    Answer,
    BenchReport,
    Blame,
    CheckRow,
    Cite,
    CoverageRow,
    Erasure,
    EvalReport,
    Followed,
    ForgetSummary,
    Fragment,
    IndexSummary,
    Info,
    Item,
    Pack,
    Page,
    Progress,
    RecallResult,
    Related,
    RepoMap,
    Route,
    Stats,
    WatchEvent,
    from_wire,
)
from foundation.errors import CairnError, InputError
from proto.cairn.v1 import eval_pb2, eval_pb2_grpc, memory_pb2, memory_pb2_grpc, system_pb2, system_pb2_grpc

__all__ = ["CairnClient"]

Kind = TypeVar("Kind", bound=msgspec.Struct)

_MAX_BYTES = 64 * 1024 * 1024
_RECORDS_A_MESSAGE = 200
_BYTES_A_MESSAGE = 1024 * 1024


class CairnClient:
    """Calls the daemon; use it as a context manager.

    Args:
        target: `unix:PATH`, or `HOST:PORT` for TCP.
        timeout_s: Deadline of quick calls.
        run_timeout_s: Deadline of long runs and streams; None has none.
        token: For TCP.
        certificate: PEM chain to trust, for TCP.

    Raises:
        RpcError: Any call may be refused; the error carries reason, field and advice.
        NoDaemonError: Nobody answers.
        InputError: A value cannot be sent: not UTF-8, of the wrong type, or for a field that there is not.
    """

    def __init__(
        self,
        target: str,
        *,
        timeout_s: float = 30.0,
        run_timeout_s: float | None = None,
        token: str = "",
        certificate: bytes | None = None,
    ) -> None:
        options = [("grpc.max_receive_message_length", _MAX_BYTES), ("grpc.max_send_message_length", _MAX_BYTES)]
        if target.startswith("unix:"):
            # gRPC reads the path as part of an address: `#` and `%` would end or change it
            target = f"unix:{quote(target.removeprefix('unix:'))}"
        self._timeout_s = timeout_s
        self._run_timeout_s = run_timeout_s
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

    def _call(self, method: Any, request: Any, kind: type[Kind]) -> Kind:
        return from_wire(self._answer(method, request), kind)

    def _answer(self, method: Any, request: Any) -> Any:
        with _translated(self._timeout_s):
            return method(request, timeout=self._timeout_s, metadata=self._metadata)

    def _stream(self, method: Any, request: Any) -> Iterator[Any]:
        with _translated(self._run_timeout_s):
            call = method(request, timeout=self._run_timeout_s, metadata=self._metadata)
            try:
                yield from call
            finally:
                call.cancel()

    # ---- the memory -------------------------------------------------------------------------------------------

    def index(
        self, paths: Sequence[str], *, project: str = "", is_forced: bool = False, is_waiting: bool = True
    ) -> Iterator[Progress | IndexSummary]:
        """Index files and folders: progress, then the summary."""
        request = _built(
            memory_pb2.IndexRequest, paths=paths, project=project, is_forced=is_forced, is_waiting=is_waiting
        )
        for event in self._stream(self._memory.Index, request):
            yield _event(event, IndexSummary)

    def watch(self, paths: Sequence[str], *, project: str = "") -> Iterator[WatchEvent]:
        """Follow folders: one event for each burst of changes, for ever."""
        for event in self._stream(self._memory.Watch, _built(memory_pb2.WatchRequest, paths=paths, project=project)):
            yield from_wire(event, WatchEvent)

    def follow(self, paths: Sequence[str] = (), *, project: str = "", is_ended: bool = False) -> Followed:
        """Have folders followed by the daemon itself, or no longer; return all that are."""
        request = _built(memory_pb2.FollowRequest, paths=paths, project=project, is_ended=is_ended)
        return self._call(self._memory.Follow, request, Followed)

    def ingest(self, records: Iterable[dict[str, Any]], *, project: str = "") -> IndexSummary:
        """Import records with known ids.

        Args:
            records: Fields of `IngestRecord` each; what the iterable raises ends the import and comes out of here.
            project: Of records that name none.

        Raises:
            CairnError: As every call; what was sent before is kept.
        """
        broken: list[Exception] = []

        def messages() -> Iterator[memory_pb2.IngestRequest]:
            # gRPC reads this on a thread of its own and would tell nobody what went wrong there
            try:
                yield _built(memory_pb2.IngestRequest, project=project)
                for batch in _batches(records):
                    yield memory_pb2.IngestRequest(records=batch)
            except Exception as error:
                broken.append(error)
                raise

        try:
            with _translated(self._run_timeout_s):
                reply = self._memory.Ingest(messages(), timeout=self._run_timeout_s, metadata=self._metadata)
        except CairnError:
            if broken:
                raise broken[0] from None
            raise
        return from_wire(reply, IndexSummary)

    def remember(self, text: str, **fields: Any) -> Item:
        """Keep a note; fields are those of `RememberRequest`."""
        return self._call(self._memory.Remember, _built(memory_pb2.RememberRequest, text=text, **fields), Item)

    def recall(self, text: str, **fields: Any) -> RecallResult:
        """Answer a question; fields are those of `RecallRequest`."""
        return self._call(self._memory.Recall, _built(memory_pb2.RecallRequest, text=text, **fields), RecallResult)

    def context_pack(
        self, text: str, *, budget_tokens: int, model: str = "", is_single: bool = False, **fields: Any
    ) -> Pack:
        """Quote evidence under a budget; fields are those of `RecallRequest`."""
        query = _built(memory_pb2.RecallRequest, text=text, **fields)
        request = _built(
            memory_pb2.ContextPackRequest, query=query, budget_tokens=budget_tokens, model=model, is_single=is_single
        )
        reply = self._answer(self._memory.ContextPack, request)
        fragments = tuple(
            Fragment(f.number, from_wire(f.hit.cite, Cite), f.text, f.tokens, f.hit.freshness) for f in reply.fragments
        )
        return Pack(
            reply.text,
            fragments,
            reply.tokens,
            reply.budget_tokens,
            reply.took_ms,
            tuple(reply.degraded),
            reply.second_question,
        )

    def ask(self, text: str, *, most: int = 0, **fields: Any) -> Answer:
        """Answer in the words of the sources; fields are those of `RecallRequest`."""
        query = _built(memory_pb2.RecallRequest, text=text, **fields)
        return self._call(self._memory.Ask, _built(memory_pb2.AskRequest, query=query, most=most), Answer)

    def get(self, item_id: str) -> Item:
        """Return one item with its text."""
        return self._call(self._memory.Get, _built(memory_pb2.GetRequest, id=item_id), Item)

    def list_items(self, **fields: Any) -> Page:
        """Return a page of items; fields are those of `ListRequest`."""
        return self._call(self._memory.List, _built(memory_pb2.ListRequest, **fields), Page)

    def link(self, src: str, dst: str, relation: str, weight: float = 1.0) -> None:
        """Add a typed edge between two items."""
        request = _built(memory_pb2.LinkRequest, src=src, dst=dst, relation=relation, weight=weight)
        self._answer(self._memory.Link, request)

    def related(self, place: Mapping[str, Any], **fields: Any) -> Related:
        """Return the neighbours of a place; fields are those of `Place` and `RelatedRequest`."""
        start = _built(memory_pb2.Place, **place)
        return self._call(self._memory.Related, _built(memory_pb2.RelatedRequest, place=start, **fields), Related)

    def path_between(self, start: Mapping[str, Any], end: Mapping[str, Any], **fields: Any) -> Route:
        """Find a shortest way between two places; fields are those of `Place` and `PathBetweenRequest`."""
        ends = {"start": _built(memory_pb2.Place, **start), "end": _built(memory_pb2.Place, **end)}
        return self._call(self._memory.PathBetween, _built(memory_pb2.PathBetweenRequest, **ends, **fields), Route)

    def blame(self, path: str, **fields: Any) -> Blame:
        """Return the commits behind lines of a file; fields are those of `BlameRequest`."""
        return self._call(self._memory.Blame, _built(memory_pb2.BlameRequest, path=path, **fields), Blame)

    def repo_map(self, *, focus: Sequence[Mapping[str, Any]] = (), **fields: Any) -> RepoMap:
        """Draw what a tree leans on most; fields are those of `Place` and `RepoMapRequest`."""
        places = [_built(memory_pb2.Place, **place) for place in focus]
        return self._call(self._memory.RepoMap, _built(memory_pb2.RepoMapRequest, focus=places, **fields), RepoMap)

    def forget(self, **fields: Any) -> Iterator[Progress | ForgetSummary]:
        """Forget what matches: progress, then the summary; fields are those of `ForgetRequest`."""
        for event in self._stream(self._memory.Forget, _built(memory_pb2.ForgetRequest, **fields)):
            yield _event(event, ForgetSummary)

    def erasures(self) -> tuple[Erasure, ...]:
        """Return the audited erasures, newest first."""
        reply = self._answer(self._memory.Erasures, memory_pb2.ErasuresRequest())
        return tuple(from_wire(erasure, Erasure) for erasure in reply.erasures)

    def stats(self) -> Stats:
        """Return how much is held and where the indexes stand."""
        return self._call(self._memory.Stats, memory_pb2.StatsRequest(), Stats)

    def coverage(self, path: str = "") -> Iterator[CoverageRow]:
        """Yield every source and what became of it."""
        for row in self._stream(self._memory.Coverage, _built(memory_pb2.CoverageRequest, path=path)):
            yield from_wire(row, CoverageRow)

    def compact(self) -> Iterator[Progress]:
        """Merge and shrink the indexes."""
        for row in self._stream(self._memory.Compact, memory_pb2.CompactRequest()):
            yield from_wire(row, Progress)

    def replay(self, names: Sequence[str] = ()) -> Iterator[Progress]:
        """Rebuild indexes from the truth."""
        for row in self._stream(self._memory.Replay, _built(memory_pb2.ReplayRequest, names=names)):
            yield from_wire(row, Progress)

    # ---- the process and the evaluation -----------------------------------------------------------------------

    def info(self) -> Info:
        """Return who is running."""
        return self._call(self._system.Info, system_pb2.InfoRequest(), Info)

    def config(self) -> str:
        """Return the configuration in force as TOML."""
        return str(self._answer(self._system.Config, system_pb2.ConfigRequest()).toml)

    def metrics(self) -> str:
        """Return figures in Prometheus' text format."""
        return str(self._answer(self._system.Metrics, system_pb2.MetricsRequest()).prometheus)

    def drain(self) -> None:
        """Ask the daemon to stop."""
        self._answer(self._system.Drain, system_pb2.DrainRequest())

    def doctor(self, *, is_repairing: bool = False) -> Iterator[CheckRow]:
        """Compare the truth and its indexes."""
        for row in self._stream(self._system.Doctor, system_pb2.DoctorRequest(is_repairing=is_repairing)):
            yield from_wire(row, CheckRow)

    def run_eval(self, name: str, strategy: str = "") -> Iterator[Progress | EvalReport]:
        """Run a golden set: progress, then the report."""
        for event in self._stream(self._eval.Run, _built(eval_pb2.EvalRequest, set=name, strategy=strategy)):
            yield _event(event, EvalReport)

    def run_bench(self, name: str, paths: Sequence[str], **fields: Any) -> Iterator[Progress | BenchReport]:
        """Run a public benchmark on files: progress, then the report; fields are those of `BenchRequest`."""
        request = _built(eval_pb2.BenchRequest, format=name, paths=paths, **fields)
        for event in self._stream(self._eval.Bench, request):
            yield _event(event, BenchReport)


def _built(kind: type[Any], **fields: Any) -> Any:
    """Return a request.

    Raises:
        InputError: A value cannot be sent; the first such field is named.
    """
    try:
        return kind(**fields)
    except (TypeError, ValueError) as error:
        name = next((name for name in fields if not _is_sendable(kind, name, fields[name])), "request")
        reason = "is not UTF-8" if isinstance(error, UnicodeEncodeError) else f"cannot be sent: {error}"
        raise InputError(name, reason) from error


def _is_sendable(kind: type[Any], name: str, value: Any) -> bool:
    try:
        kind(**{name: value})
    except (TypeError, ValueError):
        return False
    return True


def _batches(records: Iterable[dict[str, Any]]) -> Iterator[list[memory_pb2.IngestRecord]]:
    """Yield records in messages far below the size that gRPC refuses."""
    batch: list[memory_pb2.IngestRecord] = []
    size = 0
    for record in records:
        message = _built(memory_pb2.IngestRecord, **record)
        batch.append(message)
        size += message.ByteSize()
        if len(batch) >= _RECORDS_A_MESSAGE or size >= _BYTES_A_MESSAGE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _event(event: Any, kind: type[Kind]) -> Progress | Kind:
    """Return the progress or the summary that an event holds."""
    name = event.WhichOneof("event")
    message = getattr(event, name)
    return from_wire(message, Progress) if name == "progress" else from_wire(message, kind)


@contextmanager
def _translated(limit_s: float | None) -> Iterator[None]:
    """Raise gRPC's errors as the client's own.

    Args:
        limit_s: Deadline of the call; None has none.

    Raises:
        failure: The daemon's refusal, or that nobody answers.
    """
    try:
        yield
    except grpc.RpcError as error:
        failure = from_call(error, limit_s)
        raise failure from None
