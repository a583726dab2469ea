"""A real server on a real socket, with trio on a thread of its own, and words to read its errors by."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc
import pytest
import trio
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from orchestrator.ports import EvalService, MemoryService, SystemService
from servers.grpc_api.bridge import Bridge
from servers.grpc_api.server import GrpcServer, TcpListener
from tests.fakes.fake_memory import FakeMemory
from tests.fakes.fake_services import FakeEvaluation, FakeSystem

__all__ = ["Serving", "details_of", "refused", "serve", "violations"]


class Serving:
    """What a test needs of a running server."""

    def __init__(self, server: GrpcServer, bridge: Bridge, memory: Any, system: Any, target: str) -> None:
        self.server = server
        self.bridge = bridge
        self.memory = memory
        self.system = system
        self.target = target
        self.channel = grpc.insecure_channel(
            f"unix:{quote(target.removeprefix('unix:'))}", [("grpc.enable_http_proxy", 0)]
        )


@contextmanager
def serve(
    folder: Path,
    *,
    memory: MemoryService | None = None,
    system: SystemService | None = None,
    evaluation: EvalService | None = None,
    tcp: TcpListener | None = None,
    recalls: int = 8,
    runs: int = 4,
) -> Iterator[Serving]:
    """Serve in `folder` until the block ends; everything is drained then, and trio's thread has ended."""
    ready, ended = threading.Event(), threading.Event()
    found: list[Serving | BaseException] = []
    parts = (memory or FakeMemory(), system or FakeSystem(), evaluation or FakeEvaluation())

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            bridge = Bridge(trio.lowlevel.current_trio_token(), nursery, recalls=recalls, runs=runs)
            path = folder / "cairn.sock"
            try:
                server = GrpcServer(
                    memory=parts[0], system=parts[1], evaluation=parts[2], bridge=bridge, socket_path=path, tcp=tcp
                )
            except Exception as error:
                found.append(error)
                return
            finally:
                ready.set()
            found.append(Serving(server, bridge, parts[0], parts[1], f"unix:{path}"))
            server.start()
            await trio.to_thread.run_sync(ended.wait)
            await trio.to_thread.run_sync(server.drain, 0.5)
            nursery.cancel_scope.cancel()

    thread = threading.Thread(target=trio.run, args=(main,))
    thread.start()
    ready.wait(5)
    serving = None
    try:
        while not found:
            ready.wait(0.01)
        serving = found[0]
        if isinstance(serving, BaseException):
            raise serving
        yield serving
    finally:
        if isinstance(serving, Serving):
            serving.channel.close()
        ended.set()
        thread.join(10)
    assert not thread.is_alive()


def details_of(error: grpc.RpcError) -> dict[str, Any]:
    """Return the details of a refusal by the name of their type."""
    status = rpc_status.from_call(error)
    assert status is not None, f"{error.code()}: {error.details()} carries no details"
    kinds: tuple[type[Message], ...] = (
        error_details_pb2.ErrorInfo,
        error_details_pb2.BadRequest,
        error_details_pb2.RetryInfo,
    )
    found = {}
    for detail in status.details:
        for kind in kinds:
            message = kind()
            if detail.Unpack(message):
                found[kind.__name__] = message
    return found


@contextmanager
def refused(code: grpc.StatusCode, reason: str | None = None) -> Iterator[list[Any]]:
    """Expect a refusal with an ErrorInfo of ours; the list then holds the details by name, and the error."""
    held: list[Any] = []
    with pytest.raises(grpc.RpcError) as caught:
        yield held
    error = caught.value
    assert error.code() is code, (error.code(), error.details())
    details = details_of(error)
    info = details["ErrorInfo"]
    assert info.domain == "cairn"
    assert info.reason == (reason or code.name)
    held += [details, error]


def violations(details: dict[str, Any]) -> list[str]:
    """Return the names of the bad fields."""
    return [row.field for row in details["BadRequest"].field_violations]
