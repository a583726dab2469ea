"""The process as a service: who it is, how it is configured, what it measures."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from daemon.config import CairnConfig
from foundation.clock import format_rfc3339
from foundation.config import to_toml
from orchestrator.ports import Info, MemoryService

__all__ = ["System", "version"]

_USER_OF_URL = re.compile(r"(?<=://)[^/@\s\"]+(?=@)")
_KEY_OF_URL = re.compile(r"(?i)(?<=[?&])((?:api[-_]?)?key|token|password|secret)=[^&\s\"]+")


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

    def __init__(self, config: CairnConfig, profile: Path, memory: MemoryService, drain: Callable[[], None]) -> None:
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
        """Return the configuration in force as TOML.

        It holds names of files and no secrets themselves, but for those that somebody wrote into an address.
        """
        return _KEY_OF_URL.sub(r"\1=***", _USER_OF_URL.sub("***", to_toml(self._config)))

    def metrics(self) -> str:
        """Return figures in Prometheus' text format; labels are names of indexes and queues only."""
        info, stats = self.info(), self._memory.stats()
        spent = self._process.cpu_times()
        indexes = {state.name: state for state in stats.indexes}
        return "".join(
            [
                _metric("process_start_time_seconds", "gauge", self._started_s),
                _metric("process_resident_memory_bytes", "gauge", info.rss_mb * 1e6),
                _metric("process_cpu_seconds_total", "counter", spent.user + spent.system),
                _metric("process_open_fds", "gauge", self._process.num_fds()),
                _metric("cairn_uptime_seconds", "gauge", info.uptime_s),
                _metric("cairn_serving", "gauge", int(self.is_serving)),
                _metric("cairn_items", "gauge", stats.items),
                _metric("cairn_chunks", "gauge", stats.chunks),
                _metric("cairn_store_bytes", "gauge", stats.store_bytes),
                _metrics("cairn_index_points", "index", {n: s.points for n, s in indexes.items()}),
                _metrics("cairn_index_bytes", "index", {n: s.disk_bytes for n, s in indexes.items()}),
                _metrics("cairn_index_behind", "index", {n: s.journal_seq - s.applied_seq for n, s in indexes.items()}),
                _metrics("cairn_queue_length", "queue", dict(stats.queues)),
            ]
        )

    def drain(self) -> None:
        """Begin to stop; returns at once."""
        self._drain()


def _metric(name: str, kind: str, value: float) -> str:
    return f"# TYPE {name} {kind}\n{name} {value!r}\n"


def _metrics(name: str, label: str, values: dict[str, int]) -> str:
    rows = [f'{name}{{{label}="{key}"}} {value!r}\n' for key, value in sorted(values.items())]
    return f"# TYPE {name} gauge\n{''.join(rows)}"
