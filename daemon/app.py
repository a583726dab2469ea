"""The only place that builds objects: by floor going up, and stopped in mirror order."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import msgspec
import structlog
import trio

from daemon.config import CairnConfig, DaemonConfig
from daemon.evaluation import Evaluation
from daemon.lifecycle import Shutdown, keep_watchdog, watchdog_period_s
from daemon.notify import notify
from daemon.system import System, version
from daemon.tcp import tcp_listener
from daemon.watch import follow_folders
from foundation.config import ConfigError
from foundation.paths import expanded_path
from foundation.places import SOCKET_BYTES, Places, Running, socket_path
from memory_fabric.erasure.places import ProfilePlaces
from memory_fabric.fabric import MemoryFabric
from servers.grpc_api.bridge import Bridge
from servers.grpc_api.server import GrpcServer, TcpListener

__all__ = ["run"]

log = structlog.get_logger(__name__)


async def run(config: CairnConfig, places: Places, shutdown: Shutdown, on_serving: Callable[[Running], None]) -> None:
    """Serve until a shutdown is requested.

    Args:
        config: In force.
        places: Of the profile, whose lock is held.
        shutdown: Requested by a signal or by `System.Drain`.
        on_serving: Called once the daemon answers.

    Raises:
        ConfigError: TCP is configured by halves, or the socket's path is too long.
        StoreCorruptError: The truth is damaged.
        ConflictError: An address is in use.
    """
    # what the user got wrong is told before anything is opened
    tcp, path = tcp_listener(config.daemon.tcp), _socket(config.daemon, places)
    async with AsyncExitStack() as stack:
        memory = _open_memory(config, places)
        stack.push_async_callback(_finish, memory.close)
        nursery = await stack.enter_async_context(trio.open_nursery())
        stack.callback(nursery.cancel_scope.cancel)
        token = trio.lowlevel.current_trio_token()
        system = System(config, places.profile, memory, lambda: token.run_sync_soon(shutdown.requested.set))
        bridge = Bridge(token, nursery, recalls=config.daemon.max_recalls, runs=config.daemon.max_runs)
        server = _server(config, places, memory, system, bridge, path, tcp)
        stack.push_async_callback(_drain, server, config.daemon.drain_s, shutdown)
        memory.start()
        server.start()
        system.is_serving = True
        stack.callback(_stopping, system)
        running = Running(os.getpid(), str(path), version(), system.info().started_at)
        _announce(places.profile, running, stack)
        on_serving(running)
        nursery.start_soon(follow_folders, memory, [str(expanded_path(folder)) for folder in config.daemon.watch])
        if period_s := watchdog_period_s(os.environ):
            nursery.start_soon(keep_watchdog, period_s)
        await shutdown.requested.wait()
    log.info("stopped")


def _socket(config: DaemonConfig, places: Places) -> Path:
    if not config.socket:
        return socket_path(places.profile)
    path = expanded_path(config.socket)
    if not path.is_absolute() or len(os.fsencode(path)) > SOCKET_BYTES or not path.parent.is_dir():
        raise ConfigError(
            [f"`daemon.socket`: `{path}` must be absolute, of at most {SOCKET_BYTES} bytes, in a folder that exists"]
        )
    return path


def _open_memory(config: CairnConfig, places: Places) -> MemoryFabric:
    ingest = config.memory.ingest
    # the profile holds what was remembered; remembering it again would never end
    denied = {str(folder): None for folder in _private(places)}
    ingest = msgspec.structs.replace(ingest, denied=(*ingest.denied, *denied))
    memory = msgspec.structs.replace(config.memory, ingest=ingest)
    audited = ProfilePlaces(places.profile, places.logs, places.cache, places.config)
    return MemoryFabric.open(memory, places.profile / "memory", profile=places.profile, places=audited)


def _private(places: Places) -> tuple[Path, ...]:
    return (places.profile, places.logs, places.cache)


def _server(
    config: CairnConfig,
    places: Places,
    memory: MemoryFabric,
    system: System,
    bridge: Bridge,
    path: Path,
    tcp: TcpListener | None,
) -> GrpcServer:
    evaluation = Evaluation(config.memory, places.cache / "eval", places.profile, _private(places))
    return GrpcServer(memory=memory, system=system, evaluation=evaluation, bridge=bridge, socket_path=path, tcp=tcp)


def _announce(profile: Path, running: Running, stack: AsyncExitStack) -> None:
    """Write `daemon.json`, tell the service manager, and take the file away at the end."""
    path = profile / "daemon.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(msgspec.json.encode(running))
    temporary.replace(path)
    stack.callback(path.unlink, missing_ok=True)
    log.info("serving", pid=running.pid, socket=running.socket, version=running.version)
    notify("READY=1\nSTATUS=serving")


def _stopping(system: System) -> None:
    log.info("stopping")
    notify("STOPPING=1\nSTATUS=finishing requests")
    system.is_serving = False


async def _drain(server: GrpcServer, drain_s: float, shutdown: Shutdown) -> None:
    """Finish requests; a second signal ends the wait."""

    async def hurry() -> None:
        await shutdown.hurried.wait()
        # a shorter grace overrules the longer one that is running
        await trio.to_thread.run_sync(server.drain, 0.0)

    with trio.CancelScope(shield=True):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hurry)
            await trio.to_thread.run_sync(partial(server.drain, drain_s))
            nursery.cancel_scope.cancel()


async def _finish(work: Callable[[], None]) -> None:
    """Finish even while the daemon is being cancelled: what is half written costs a rebuild."""
    with trio.CancelScope(shield=True):
        await trio.to_thread.run_sync(work)
