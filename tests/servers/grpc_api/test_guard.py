"""Every method, whatever goes wrong with it, answers with a status that carries details."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from structlog.testing import capture_logs

from memory_fabric.errors import StoreFullError
from memory_fabric.operations import Check, CoverageRow
from proto.cairn.v1 import eval_pb2, memory_pb2, memory_pb2_grpc, system_pb2
from servers.grpc_api.server import SERVICES
from tests.fakes.fake_memory import FakeMemory
from tests.servers.grpc_api.serving import Serving, details_of, refused, serve, violations

_METHODS = [
    method
    for schema in (memory_pb2, system_pb2, eval_pb2)
    for service in schema.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
_NAMES = [method.full_name for method in _METHODS]

_GOOD: dict[str, Any] = {
    "Index": memory_pb2.IndexRequest(paths=["/"]),
    "Watch": memory_pb2.WatchRequest(paths=["/"]),
    "Ingest": memory_pb2.IngestRequest(project="p", records=[memory_pb2.IngestRecord(id="1", text="x")]),
    "Remember": memory_pb2.RememberRequest(text="a"),
    "Recall": memory_pb2.RecallRequest(text="a"),
    "ContextPack": memory_pb2.ContextPackRequest(query=memory_pb2.RecallRequest(text="a")),
    "Related": memory_pb2.RelatedRequest(place=memory_pb2.Place(id="a")),
    "PathBetween": memory_pb2.PathBetweenRequest(start=memory_pb2.Place(id="a"), end=memory_pb2.Place(id="b")),
    "RepoMap": memory_pb2.RepoMapRequest(project="p"),
    "Blame": memory_pb2.BlameRequest(path="/a"),
    "Get": memory_pb2.GetRequest(id="a"),
    "Link": memory_pb2.LinkRequest(src="a", dst="b", relation="calls"),
    "Forget": memory_pb2.ForgetRequest(ids=["a"]),
    "Ask": memory_pb2.AskRequest(query=memory_pb2.RecallRequest(text="a")),
    "Run": eval_pb2.EvalRequest(set="s"),
    "Bench": eval_pb2.BenchRequest(format="beir", paths=["/"]),
}


def _call(channel: grpc.Channel, method: Any, data: bytes) -> None:
    """Send raw bytes to a method of any shape, and read all that comes back."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    if method.client_streaming:
        channel.stream_unary(path, _raw, _raw)(iter([data]))
    elif method.server_streaming:
        list(channel.unary_stream(path, _raw, _raw)(data))
    else:
        channel.unary_unary(path, _raw, _raw)(data)


def _raw(data: bytes) -> bytes:
    return data


class _Broken:
    """A service whose every method fails in the same way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    @property
    def graph(self) -> Any:
        """Fails, too, but only when it is asked."""
        return self

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any, **__: Any) -> Any:
            raise self._error

        return fail


@pytest.mark.parametrize("method", _METHODS, ids=_NAMES)
def test_bytes_that_are_no_message_are_the_clients_mistake(serving: Serving, method: Any) -> None:
    """Left alone, gRPC would say INTERNAL."""
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as held:
        _call(serving.channel, method, b"\xff\xff")
    assert violations(held[0]) == ["request"]


@pytest.mark.parametrize("data", [b"\x0a\x01\xff", b"\x0a\x03\xed\xa0\x80", b"\x0a\xff"])
def test_text_that_is_not_utf8_is_refused(serving: Serving, data: bytes) -> None:
    """A stray byte, a lone surrogate and a length that is a lie, in the text of a recall."""
    method = memory_pb2.DESCRIPTOR.services_by_name["Memory"].methods_by_name["Recall"]
    with refused(grpc.StatusCode.INVALID_ARGUMENT):
        _call(serving.channel, method, data)


@pytest.fixture
def broken(folder: Path, request: pytest.FixtureRequest) -> Iterator[Serving]:
    """A server over services that fail with the error of the parameter."""
    services: Any = _Broken(request.param)
    with serve(folder, memory=services, system=services, evaluation=services) as running:
        yield running


@pytest.mark.parametrize("broken", [ZeroDivisionError("my diary says")], indirect=True)
def test_an_unexpected_error_tells_nothing_but_an_id(broken: Serving) -> None:
    """Every method answers INTERNAL with a constant message; the log has the id, once, and no content in its fields."""
    for method in _METHODS:
        request = _GOOD.get(method.name)
        with capture_logs() as logs, refused(grpc.StatusCode.INTERNAL) as held:
            _call(broken.channel, method, request.SerializeToString() if request else b"")
        assert held[1].details() == "an internal error"
        assert "diary" not in str(held[0])
        assert [(log["event"], log["error"]) for log in logs] == [("request_failed", "ZeroDivisionError")]
        assert logs[0]["error_id"] == held[0]["ErrorInfo"].metadata["error_id"]


@pytest.mark.parametrize("broken", [StoreFullError("no space left", fix="free some")], indirect=True)
def test_an_error_of_ours_keeps_its_reason_and_advice(broken: Serving) -> None:
    """Every method passes it on, and logs nothing."""
    for method in _METHODS:
        request = _GOOD.get(method.name)
        with capture_logs() as logs, refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "DISK_FULL") as held:
            _call(broken.channel, method, request.SerializeToString() if request else b"")
        assert held[0]["ErrorInfo"].metadata["fix"] == "free some"
        assert logs == []


def _shapes(channel: grpc.Channel, path: str) -> list[Any]:
    """A call of each shape."""
    return [
        lambda: channel.unary_unary(path, _raw, _raw)(b""),
        lambda: list(channel.unary_stream(path, _raw, _raw)(b"")),
        lambda: channel.stream_unary(path, _raw, _raw)(iter([b""])),
        lambda: list(channel.stream_stream(path, _raw, _raw)(iter([b""]))),
    ]


def test_an_unknown_method_is_refused_in_any_shape_of_call(serving: Serving) -> None:
    """With details, also while the daemon is stopping."""
    for call in _shapes(serving.channel, "/cairn.v1.Memory/Dream"):
        with refused(grpc.StatusCode.UNIMPLEMENTED):
            call()


def _idle_streams(channel: grpc.Channel, count: int) -> tuple[list[Any], threading.Event]:
    """Open reflection streams that ask once and then say nothing more until the event."""
    end = threading.Event()
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)

    def questions() -> Iterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        end.wait()

    return [stub.ServerReflectionInfo(questions(), timeout=60) for _ in range(count)], end


def test_open_streams_never_starve_a_question(folder: Path) -> None:
    """More than all threads: those over the limit are told to come back, recall answers, and places are given back."""
    with serve(folder) as serving:
        memory: Any = memory_pb2_grpc.MemoryStub(serving.channel)  # type: ignore[no-untyped-call]  # generated
        streams, end = _idle_streams(serving.channel, serving.bridge.threads + 10)
        answered, late = 0, []
        for stream in streams:
            try:
                next(stream)
                answered += 1
            except grpc.RpcError as error:
                late.append(error)
        assert answered == serving.bridge.streams
        assert {error.code() for error in late} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert {details_of(error)["RetryInfo"].retry_delay.seconds for error in late} == {1}
        assert len(memory.Recall(memory_pb2.RecallRequest(text="a"), timeout=10).items) == 0
        with refused(grpc.StatusCode.RESOURCE_EXHAUSTED):
            list(memory.Coverage(memory_pb2.CoverageRequest()))
        end.set()
        assert sum(stream.code() is grpc.StatusCode.OK for stream in streams) == answered
        # a place is free when the server has seen the end of its call, which may be after the client has
        deadline_s = time.monotonic() + 10
        while not _is_admitted(memory):
            assert time.monotonic() < deadline_s


def _is_admitted(memory: Any) -> bool:
    try:
        list(memory.Coverage(memory_pb2.CoverageRequest()))
    except grpc.RpcError:
        return False
    return True


@pytest.mark.slow
def test_clients_that_do_not_read_never_starve_a_question(folder: Path) -> None:
    """Their work is done long ago; what it made waits in a thread each."""

    class Wide(FakeMemory):
        def coverage(self, path: str = "", *, check: Check = lambda: None) -> Iterator[CoverageRow]:
            return (CoverageRow(f"/{'x' * 4000}/{number}", "indexed") for number in range(200))

    options = [("grpc.use_local_subchannel_pool", 1)]
    with serve(folder, memory=Wide()) as serving:
        memory: Any = memory_pb2_grpc.MemoryStub(serving.channel)  # type: ignore[no-untyped-call]  # generated
        with grpc.insecure_channel(serving.target, options) as lazy:
            stub: Any = memory_pb2_grpc.MemoryStub(lazy)  # type: ignore[no-untyped-call]  # generated
            rows = [stub.Coverage(memory_pb2.CoverageRequest(), timeout=60) for _ in range(serving.bridge.threads + 10)]
            for stream in rows:
                with suppress(grpc.RpcError):
                    next(stream)
            assert len(memory.Recall(memory_pb2.RecallRequest(text="a"), timeout=10).items) == 0
            for stream in rows:
                stream.cancel()


@pytest.mark.parametrize("path", ["/cairn.v1.Memory/Dream", "/cairn.v1.Nobody/Is", "/x"])
def test_an_unknown_method_is_named(serving: Serving, path: str) -> None:
    """Even what does not exist is refused with details."""
    with refused(grpc.StatusCode.UNIMPLEMENTED) as held:
        serving.channel.unary_unary(path, _raw, _raw)(b"")
    assert held[1].details() == f"no method `{path}`"


def test_the_walk_covers_all_services() -> None:
    """A service added to the server is added to these tests."""
    assert {method.containing_service.full_name for method in _METHODS} == set(SERVICES)
