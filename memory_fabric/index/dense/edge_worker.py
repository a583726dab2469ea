"""A process of its own for work on a shard that must not stop the daemon.

The engine holds Python's interpreter lock while it builds graphs (measured: 7 s for 8,000 points, in which no other
thread ran), and a damaged file can kill the process that maps it. Run as a script, so that starting it costs the
import of the engine and nothing else:

    edge_worker.py optimize FOLDER        exit 0: changed; 3: nothing to do
    edge_worker.py probe FOLDER           exit 0: everything could be read
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Any

__all__ = ["SCRIPT", "UNCHANGED", "main"]

SCRIPT = Path(__file__)
UNCHANGED = 3

_PR_SET_PDEATHSIG = 1
_NICENESS = 10
_STEP = 10_000


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _optimize(shard: Any) -> int:
    os.nice(_NICENESS)
    is_changed = shard.optimize()
    shard.flush()
    shard.close()
    return 0 if is_changed else UNCHANGED


def _probe(shard: Any) -> int:
    import qdrant_edge as edge

    offset = None
    while True:
        records, offset = shard.scroll(
            edge.ScrollRequest(offset=offset, limit=_STEP, with_payload=True, with_vector=True)
        )
        if any(record.vector is None for record in records):
            raise ValueError("a point has no vector")
        if offset is None:
            shard.close()
            return 0


def main(arguments: list[str]) -> int:
    """Do one piece of work; returns the exit status."""
    import qdrant_edge as edge

    work, folder = arguments
    _die_with_parent()
    shard = edge.EdgeShard.load(folder)
    return _optimize(shard) if work == "optimize" else _probe(shard)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
