"""The gRPC server: listeners, services, health, reflection, and an end that finishes what has begun."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from orchestrator.ports import EvalService, MemoryService, SystemService
from proto.cairn.v1 import eval_pb2, eval_pb2_grpc, memory_pb2, memory_pb2_grpc, system_pb2, system_pb2_grpc
from servers.grpc_api.bridge import Bridge
from servers.grpc_api.eval_servicer import EvalServicer
from servers.grpc_api.guard import Guard
from servers.grpc_api.listeners import TcpListener, check_tcp, open_socket, open_tcp
from servers.grpc_api.memory_servicer import MemoryServicer
from servers.grpc_api.system_servicer import SystemServicer

__all__ = ["MAX_MESSAGE_BYTES", "SERVICES", "GrpcServer", "TcpListener"]

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""Of one request or answer; gRPC refuses larger ones with RESOURCE_EXHAUSTED before they reach a handler."""

_FLUSH_S = 1.0
"""What calls that were told to stop get to say so."""

_LAST_S = 0.1
"""What watchers of health get to read that nothing is served any more."""

_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # a second daemon on the same port must be an error, not a lottery
    ("grpc.so_reuseport", 0),
    # a machine that vanished must not keep its run for ever
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
)

SERVICES = (
    memory_pb2.DESCRIPTOR.services_by_name["Memory"].full_name,
    system_pb2.DESCRIPTOR.services_by_name["System"].full_name,
    eval_pb2.DESCRIPTOR.services_by_name["Eval"].full_name,
)


class GrpcServer:
    """Serves the memory on a Unix socket, and on TCP when that is configured.

    Args:
        memory: The memory.
        system: The process.
        evaluation: Golden sets.
        bridge: Crosses into trio.
        socket_path: In a folder that only the user may enter.
        tcp: None listens on the socket only.

    Raises:
        InputError: TCP without certificate, key or token, or on an address that is not ours.
        ConflictError: An address is in use, the certificate is none, or others may enter the socket's folder.
        ResourceError: The socket's path is too long or its folder cannot be written.
    """

    def __init__(
        self,
        *,
        memory: MemoryService,
        system: SystemService,
        evaluation: EvalService,
        bridge: Bridge,
        socket_path: Path,
        tcp: TcpListener | None = None,
    ) -> None:
        self._bridge = bridge
        self._health = health.HealthServicer()
        self._socket_path = socket_path
        self._servicers = (
            (memory_pb2_grpc.add_MemoryServicer_to_server, MemoryServicer(memory, bridge)),
            (system_pb2_grpc.add_SystemServicer_to_server, SystemServicer(system, memory, bridge)),
            (eval_pb2_grpc.add_EvalServicer_to_server, EvalServicer(evaluation, bridge)),
            (health_pb2_grpc.add_HealthServicer_to_server, self._health),
        )
        self._guards: list[Guard] = []
        self._servers: list[grpc.Server] = []
        self._pools: list[ThreadPoolExecutor] = []
        self.tcp_port = 0
        # two servers and not two ports of one: only TCP asks for the token
        if tcp is not None:
            check_tcp(tcp)
            self.tcp_port = open_tcp(self._add(tcp.token), tcp)
        open_socket(self._add(""), socket_path)

    def _add(self, token: str) -> grpc.Server:
        guard = Guard(token, max_streams=self._bridge.streams)
        pool = ThreadPoolExecutor(self._bridge.threads, thread_name_prefix="cairn-grpc")
        server = grpc.server(pool, interceptors=[guard], options=_OPTIONS)
        for add, servicer in self._servicers:
            add(servicer, server)
        reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
        self._guards.append(guard)
        self._servers.append(server)
        self._pools.append(pool)
        return server

    def start(self) -> None:
        """Serve; health says so."""
        for server in self._servers:
            server.start()
        self._set_health(health_pb2.HealthCheckResponse.SERVING)

    def drain(self, grace_s: float) -> None:
        """Refuse new calls, wait up to `grace_s` for those in flight, then end them.

        Blocks, so it must not be called on the trio thread: calls in flight need that.
        """
        self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        for guard in self._guards:
            guard.close()
        self._bridge.stop(is_all=False)
        if not self._wait_idle(grace_s):
            self._bridge.stop(is_all=True)
            self._wait_idle(_FLUSH_S)
        # what is left now watches health for ever, or sits in native code that cannot be told anything
        for ended in [server.stop(_LAST_S) for server in self._servers]:
            ended.wait()
        for pool in self._pools:
            # not waited for: a thread in native code ends with the process
            pool.shutdown(wait=False)
        self._socket_path.unlink(missing_ok=True)

    def _wait_idle(self, patience_s: float) -> bool:
        deadline_s = time.monotonic() + patience_s
        return all(guard.wait_idle(max(deadline_s - time.monotonic(), 0.0)) for guard in self._guards)

    def _set_health(self, status: int) -> None:
        for name in ("", *SERVICES):
            self._health.set(name, status)
