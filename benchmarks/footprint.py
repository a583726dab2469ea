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

ROOT = Path(__file__).resolve().parents[1]
IDLE_S = 20.0
SETTINGS = ("--set", "memory.embed.is_warm_on_start=false")


def measure() -> None:
    """Start a daemon on an empty profile three times, then on one that holds this repository's documentation."""
    with tempfile.TemporaryDirectory() as place:
        starts = [start(Path(place) / str(turn), rests=turn == 2) for turn in range(3)]
        emit("cold_start_to_serving_s", sorted(starts)[1], "s", runs=3)
        profile = Path(place) / "filled"
        start(profile, indexes=ROOT / "docs")
        emit("cold_start_filled_s", start(profile, rests=True, name="_filled"), "s")


def start(profile: Path, *, rests: bool = False, indexes: Path | None = None, name: str = "") -> float:
    """Start a daemon, use it, end it; returns the seconds from the command to serving."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon", "--profile", str(profile), *SETTINGS],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while find_running(profile) is None:
            time.sleep(0.005)
        took_s = time.perf_counter() - began
        if indexes is not None:
            command = [sys.executable, "-m", "cli.main", "--profile", str(profile), "index", str(indexes)]
            # what it says is no line of JSON
            subprocess.run(command, check=True, stdout=sys.stderr)
        if rests:
            rest(process.pid, name)
        return took_s
    finally:
        # also when the run is interrupted: no daemon stays behind
        process.terminate()
        process.wait()


def rest(pid: int, name: str) -> None:
    """Print memory and processor share of an idle process."""
    process = psutil.Process(pid)
    time.sleep(3.0)
    before = process.cpu_times()
    time.sleep(IDLE_S)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    emit(f"idle_cpu{name}_percent", used / IDLE_S * 100, "%", seconds=IDLE_S)
    emit(f"idle_rss{name}_mb", process.memory_info().rss / 1e6, "MB")


if __name__ == "__main__":
    measure()
