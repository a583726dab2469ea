"""`make bench`: every benchmark in turn, JSON lines on standard output."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

SUITE = ("embed", "term_index", "vector_index", "vector_peers", "pipeline", "recall_latency", "footprint")


def main() -> int:
    """Run each in a process of its own, so that none inherits another's memory; return how many failed."""
    failed = 0
    for name in SUITE:
        if importlib.util.find_spec(f"benchmarks.{name}") is not None:
            failed += subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
