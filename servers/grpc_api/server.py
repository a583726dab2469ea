"""The gRPC server: listeners, services, health, reflection, and an end that finishes what has begun."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import msgspec
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from foundation.errors import ConflictError, InputError
from orchestrator.ports import EvalService, MemoryService, SystemService
from proto.cairn.v1 import eval_pb2, eval_pb2_grpc, memory_pb2, memory_pb2_grpc, system_pb2, system_pb2_grpc
from servers.grpc_api.bridge import Bridge
from servers.grpc_api.eval_servicer import EvalServicer
from servers.grpc_api.guard import Guard
from servers.grpc_api.memory_servicer import MemoryServicer
from servers.grpc_api.system_servicer import SystemServicer

__all__ = ["GrpcServer", "TcpListener"]

_MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_WORKERS = 32
"""Handlers at once: a waiting stream holds one, so there are more than calls that may run."""

SERVICES = (
    memory_pb2.DESCRIPTOR.services_by_name["Memory"].full_name,
    system_pb2.DESCRIPTOR.services_by_name["System"].full_name,
    eval_pb2.DESCRIPTOR.services_by_name["Eval"].full_name,
)


class TcpListener(msgspec.Struct, frozen=True):
    """A door for other machines: never without TLS and a token."""

    host: str
    port: int
    certificate: bytes
    """PEM chain."""
    key: bytes
    """PEM private key."""
    token: str


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
        InputError: TCP without certificate, key or token.
        ConflictError: An address is in use.
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
        self._guards: list[Guard] = []
        self._health = health.HealthServicer()
        self._servers: list[grpc.Server] = []
        self._socket_path = socket_path
        # two servers and not two ports of one: only TCP asks for the token
        for listener in (None, tcp) if tcp else (None,):
            guard = Guard(listener.token if listener else "")
            server = grpc.server(
                ThreadPoolExecutor(_WORKERS, thread_name_prefix="cairn-grpc"),
                interceptors=[guard],
                options=[
                    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
                    ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
                    ("grpc.so_reuseport", 0),
                ],
            )
            memory_pb2_grpc.add_MemoryServicer_to_server(MemoryServicer(memory, bridge), server)  # type: ignore[no-untyped-call]  # generated
            system_pb2_grpc.add_SystemServicer_to_server(SystemServicer(system, memory, bridge), server)  # type: ignore[no-untyped-call]  # generated
            eval_pb2_grpc.add_EvalServicer_to_server(EvalServicer(evaluation, bridge), server)  # type: ignore[no-untyped-call]  # generated
            health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
            names = (*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, server)
            self._listen(server, listener)
            self._guards.append(guard)
            self._servers.append(server)

    def _listen(self, server: grpc.Server, tcp: TcpListener | None) -> None:
        if tcp is None:
            self._socket_path.unlink(missing_ok=True)
            bound = server.add_insecure_port(f"unix:{self._socket_path}")
            if bound:
                # the folder is 0700, so nobody could have come in between
                self._socket_path.chmod(0o600)
            where = str(self._socket_path)
        else:
            missing = [n for n in ("certificate", "key", "token") if not getattr(tcp, n)]
            if missing:
                raise InputError(f"daemon.tcp.{missing[0]}", "TCP needs a certificate, a key and a token")
            credentials = grpc.ssl_server_credentials([(tcp.key, tcp.certificate)])
            where = f"{tcp.host}:{tcp.port}"
            bound = server.add_secure_port(where, credentials)
        if not bound:
            raise ConflictError(f"cannot listen on `{where}`", fix="is another program using it?")

    def start(self) -> None:
        """Serve; health says so."""
        for server in self._servers:
            server.start()
        self._set_health(health_pb2.HealthCheckResponse.SERVING)

    def drain(self, grace_s: float) -> None:
        """Refuse new calls, wait up to `grace_s` for those in flight, then cut them off."""
        self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        for guard in self._guards:
            guard.is_draining.set()
        for ended in [server.stop(grace_s) for server in self._servers]:
            ended.wait()
        self._socket_path.unlink(missing_ok=True)

    def _set_health(self, status: int) -> None:
        for name in ("", *SERVICES):
            self._health.set(name, status)
