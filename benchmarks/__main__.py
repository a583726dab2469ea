"""`make bench`: every benchmark in turn, or those named, JSON lines on standard output."""

from __future__ import annotations

import argparse
import subprocess
import sys

SUITE = (
    "embed",
    "term_index",
    "vector_index",
    "vector_peers",
    "pipeline",
    "chats",
    "recall_latency",
    "freshness",
    "footprint",
    "links",
)


def main() -> int:
    """Run each in a process of its own, so that none inherits another's memory; return how many failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(SUITE)}; none means all")
    names = parser.parse_args().names or SUITE
    if unknown := [name for name in names if name not in SUITE]:
        parser.error(f"no benchmark `{unknown[0]}`; there are {', '.join(SUITE)}")
    return sum(
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0 for name in names
    )


if __name__ == "__main__":
    sys.exit(main())
