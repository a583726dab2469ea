"""The process as a service: who it is, how it is configured, what it measures."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from daemon.config import CairnConfig
from foundation.clock import format_rfc3339
from foundation.config import to_toml
from memory_fabric.fabric import MemoryFabric
from orchestrator.ports import Info

__all__ = ["System", "version"]


def version() -> str:
    """Return the installed version."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("cairn-daemon")
    except PackageNotFoundError:
        return "0+unknown"


class System:
    """Answers the `System` service.

    Args:
        config: In force.
        profile: Shown.
        memory: For figures.
        drain: Begins to stop the daemon; returns at once.
    """

    def __init__(self, config: CairnConfig, profile: Path, memory: MemoryFabric, drain: Callable[[], None]) -> None:
        self._config = config
        self._profile = profile
        self._memory = memory
        self._drain = drain
        self._started_s = time.time()
        self._process = psutil.Process()
        self.is_serving = False

    def info(self) -> Info:
        """Return who is running."""
        return Info(
            pid=os.getpid(),
            version=version(),
            profile=str(self._profile),
            uptime_s=time.time() - self._started_s,
            serving=self.is_serving,
            rss_mb=self._process.memory_info().rss / 1e6,
            started_at=format_rfc3339(self._started_s),
        )

    def config(self) -> str:
        """Return the configuration in force as TOML; it holds names of files, never secrets themselves."""
        return to_toml(self._config)

    def metrics(self) -> str:
        """Return figures in Prometheus' text format; labels are names of indexes only."""
        info, stats = self.info(), self._memory.stats()
        lines = [
            _metric("cairn_uptime_seconds", "gauge", {"": info.uptime_s}),
            _metric("process_resident_memory_bytes", "gauge", {"": info.rss_mb * 1e6}),
            _metric("cairn_items", "gauge", {"": stats.items}),
            _metric("cairn_chunks", "gauge", {"": stats.chunks}),
            _metric("cairn_store_bytes", "gauge", {"": stats.store_bytes}),
            _metric("cairn_index_points", "gauge", {s.name: s.points for s in stats.indexes}),
            _metric("cairn_index_bytes", "gauge", {s.name: s.disk_bytes for s in stats.indexes}),
            _metric("cairn_index_behind", "gauge", {s.name: s.journal_seq - s.applied_seq for s in stats.indexes}),
        ]
        return "\n".join(lines) + "\n"

    def drain(self) -> None:
        """Begin to stop; returns at once."""
        self._drain()


def _metric(name: str, kind: str, values: dict[str, float]) -> str:
    rows = [f'{name}{{index="{label}"}} {value:g}' if label else f"{name} {value:g}" for label, value in values.items()]
    return "\n".join([f"# TYPE {name} {kind}", *rows])
