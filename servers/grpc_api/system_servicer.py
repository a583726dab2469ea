"""The `System` service: the process itself."""

from __future__ import annotations

from collections.abc import Iterator

import grpc

from memory_fabric.operations import Check
from orchestrator.ports import MemoryService, SystemService
from proto.cairn.v1 import system_pb2, system_pb2_grpc
from servers.grpc_api.bridge import Bridge
from servers.grpc_api.outbox import Outbox

__all__ = ["SystemServicer"]


class SystemServicer(system_pb2_grpc.SystemServicer):
    """Translates; decides nothing.

    Args:
        system: The process.
        memory: For the doctor.
        bridge: Crosses into trio.
    """

    def __init__(self, system: SystemService, memory: MemoryService, bridge: Bridge) -> None:
        self._system = system
        self._memory = memory
        self._bridge = bridge

    def Info(  # noqa: N802 (named by the schema)
        self, request: system_pb2.InfoRequest, context: grpc.ServicerContext
    ) -> system_pb2.InfoReply:
        """Return who is running."""
        info = self._system.info()
        return system_pb2.InfoReply(
            pid=info.pid,
            version=info.version,
            profile=info.profile,
            uptime_s=info.uptime_s,
            serving=info.serving,
            rss_mb=info.rss_mb,
            started_at=info.started_at,
        )

    def Config(  # noqa: N802 (named by the schema)
        self, request: system_pb2.ConfigRequest, context: grpc.ServicerContext
    ) -> system_pb2.ConfigReply:
        """Return the configuration in force."""
        return system_pb2.ConfigReply(toml=self._system.config())

    def Drain(  # noqa: N802 (named by the schema)
        self, request: system_pb2.DrainRequest, context: grpc.ServicerContext
    ) -> system_pb2.DrainReply:
        """Begin to stop."""
        self._system.drain()
        return system_pb2.DrainReply()

    def Metrics(  # noqa: N802 (named by the schema)
        self, request: system_pb2.MetricsRequest, context: grpc.ServicerContext
    ) -> system_pb2.MetricsReply:
        """Return figures for Prometheus."""
        return self._bridge.call(context, lambda _: system_pb2.MetricsReply(prometheus=self._system.metrics()))

    def Doctor(  # noqa: N802 (named by the schema)
        self, request: system_pb2.DoctorRequest, context: grpc.ServicerContext
    ) -> Iterator[system_pb2.DoctorCheck]:
        """Compare the truth and its indexes."""

        def work(outbox: Outbox[system_pb2.DoctorCheck], check: Check) -> None:
            for found in self._memory.doctor(is_repairing=request.is_repairing, check=check):
                outbox.put(
                    system_pb2.DoctorCheck(name=found.name, ok=found.ok, detail=found.detail, fix=found.fix), check
                )

        # a repair writes, and takes its turn like every run
        return self._bridge.stream(context, work, is_look=not request.is_repairing)
