"""The daemon at rest: cold start to serving, memory before the model is used, processor time while idle."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.pipeline import emit
from foundation.places import find_running

IDLE_S = 20.0
SETTINGS = ("--set", "memory.embed.is_warm_on_start=false")


def measure() -> None:
    """Start a daemon on an empty profile three times; look at the last one while nobody asks anything."""
    starts = []
    for turn in range(3):
        with tempfile.TemporaryDirectory() as place:
            profile = Path(place)
            began = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-m", "daemon", "--profile", str(profile), *SETTINGS],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while find_running(profile) is None:
                time.sleep(0.005)
            starts.append(time.perf_counter() - began)
            if turn == 2:
                rest(process.pid)
            process.terminate()
            process.wait()
    emit("cold_start_to_serving_s", sorted(starts)[1], "s", runs=3)


def rest(pid: int) -> None:
    """Print memory and processor share of an idle process."""
    process = psutil.Process(pid)
    time.sleep(3.0)
    before = process.cpu_times()
    time.sleep(IDLE_S)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    emit("idle_cpu_percent", used / IDLE_S * 100, "%", seconds=IDLE_S)
    emit("idle_rss_mb", process.memory_info().rss / 1e6, "MB")


if __name__ == "__main__":
    measure()
