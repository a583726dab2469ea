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

from daemon.config import CairnConfig, TcpConfig
from daemon.evaluation import Evaluation
from daemon.notify import notify
from daemon.system import System, version
from foundation.clock import format_rfc3339
from foundation.errors import CairnError, InputError
from foundation.places import Running, socket_path
from memory_fabric.fabric import MemoryFabric
from servers.grpc_api.bridge import Bridge
from servers.grpc_api.server import GrpcServer, TcpListener

__all__ = ["run"]

log = structlog.get_logger(__name__)


async def run(config: CairnConfig, profile: Path, stop: trio.Event, on_serving: Callable[[Running], None]) -> None:
    """Serve until `stop` is set.

    Args:
        config: In force.
        profile: Holds everything.
        stop: Set by a signal or by `System.Drain`.
        on_serving: Called once the daemon answers.
    """
    token = trio.lowlevel.current_trio_token()
    async with AsyncExitStack() as stack:
        memory = _open_memory(config, profile)
        stack.push_async_callback(_in_thread, memory.close)
        nursery = await stack.enter_async_context(trio.open_nursery())
        stack.callback(nursery.cancel_scope.cancel)
        bridge = Bridge(token, nursery, recalls=config.daemon.max_recalls, runs=config.daemon.max_runs)
        system = System(config, profile, memory, lambda: token.run_sync_soon(stop.set))
        path = socket_path(profile)
        server = GrpcServer(
            memory=memory,
            system=system,
            evaluation=Evaluation(config.memory, profile / "eval", _models(profile)),
            bridge=bridge,
            socket_path=path,
            tcp=_tcp(config.daemon.tcp),
        )
        memory.start()
        server.start()
        system.is_serving = True
        running = Running(os.getpid(), str(path), version(), system.info().started_at)
        _announce(profile, running)
        stack.callback((profile / "daemon.json").unlink, missing_ok=True)
        log.info("serving", pid=running.pid, socket=running.socket)
        notify("READY=1\nSTATUS=serving")
        on_serving(running)
        for folder in config.daemon.watch:
            nursery.start_soon(_watch, memory, folder)
        await stop.wait()
        log.info("stopping")
        notify("STOPPING=1\nSTATUS=finishing requests")
        system.is_serving = False
        await trio.to_thread.run_sync(partial(server.drain, config.daemon.drain_s))
    log.info("stopped", at=format_rfc3339(trio.current_time()))


def _open_memory(config: CairnConfig, profile: Path) -> MemoryFabric:
    ingest = config.memory.ingest
    # the profile holds what was remembered; remembering it again would never end
    ingest = msgspec.structs.replace(ingest, denied=(*ingest.denied, str(profile)))
    memory = msgspec.structs.replace(config.memory, ingest=ingest)
    return MemoryFabric.open(memory, profile / "memory", models=_models(profile))


def _models(profile: Path) -> Path | None:
    """A profile that carries models of its own uses those."""
    folder = profile / "models"
    return folder if folder.is_dir() else None


def _announce(profile: Path, running: Running) -> None:
    path = profile / "daemon.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(msgspec.json.encode(running))
    temporary.replace(path)


async def _in_thread(work: Callable[[], None]) -> None:
    """Finish even while the daemon is being cancelled: what is half written costs a rebuild."""
    with trio.CancelScope(shield=True):
        await trio.to_thread.run_sync(work)


async def _watch(memory: MemoryFabric, folder: str) -> None:
    """Follow a folder of the configuration; one that cannot be followed does not stop the daemon."""

    def level() -> None:
        memory.index([folder], report=lambda _: None, check=trio.from_thread.check_cancelled)

    try:
        await trio.to_thread.run_sync(level)
        async for burst in memory.follow([folder]):
            if burst is not None:
                sync = partial(memory.sync, burst, [folder], project="", check=trio.from_thread.check_cancelled)
                await trio.to_thread.run_sync(sync)
    except CairnError as error:
        log.error("watch_failed", code=error.code)


def _tcp(config: TcpConfig) -> TcpListener | None:
    if not config.port:
        return None
    files = {"certificate": config.certificate_file, "key": config.key_file, "token": config.token_file}
    missing = [name for name, path in files.items() if not path]
    if missing:
        names = ", ".join(f"`daemon.tcp.{name}_file`" for name in missing)
        raise InputError(
            "daemon.tcp", f"TCP needs TLS and a token: {names} missing", fix="or set `daemon.tcp.port` to 0"
        )
    data = {name: _read(name, path) for name, path in files.items()}
    token = data["token"].decode().strip()
    if len(token) < 16:
        raise InputError("daemon.tcp.token_file", "the token has fewer than 16 characters")
    return TcpListener(config.host, config.port, data["certificate"], data["key"], token)


def _read(name: str, path: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise InputError(f"daemon.tcp.{name}_file", f"cannot read `{path}`: {error.strerror}") from error
