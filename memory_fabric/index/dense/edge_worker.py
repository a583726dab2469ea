"""A process of its own for work on a shard that must not stop the daemon.

The engine holds Python's interpreter lock while it builds graphs (measured: 7 s for 8,000 points, in which no other
thread ran), and a damaged file can kill the process that maps it. Run as a script, so that starting it costs the
import of the engine and nothing else:

    edge_worker.py optimize FOLDER        exit 0: changed; 3: nothing to do
    edge_worker.py probe FOLDER BYTES     exit 0: everything could be read, within so much address space
"""

from __future__ import annotations

import bisect
import ctypes
import itertools
import math
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["SCRIPT", "UNCHANGED", "main"]

SCRIPT = Path(__file__)
UNCHANGED = 3

_PR_SET_PDEATHSIG = 1
_NICENESS = 10
_STEP = 10_000
_RANGES = 50
_SAME = 1e-5


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
    """Read every point, and compare what the filters' own indexes say with what the points say.

    Raises:
        ValueError: They differ.
    """
    words: dict[str, Counter[str]] = {}
    numbers: dict[str, list[float]] = {}
    for record in _records(shard):
        for key, value in record.payload.items():
            if isinstance(value, float | int):
                numbers.setdefault(key, []).append(value)
            else:
                words.setdefault(key, Counter()).update([value] if isinstance(value, str) else set(value))
    for key, counts in words.items():
        _compare_words(shard, key, counts)
    for key, values in numbers.items():
        _compare_numbers(shard, key, sorted(values))
    shard.close()
    return 0


def _records(shard: Any) -> Iterator[Any]:
    """Yield every point.

    Raises:
        ValueError: One has lost its vector, or got another: each has one, under one name.
    """
    import qdrant_edge as edge

    offset = None
    while True:
        request = edge.ScrollRequest(offset=offset, limit=_STEP, with_payload=True, with_vector=True)
        records, offset = shard.scroll(request)
        for record in records:
            if record.vector is None or len(record.vector) != 1:
                raise ValueError(f"point {record.id} has {len(record.vector or ())} vectors")
            yield record
        if offset is None:
            return


def _compare_words(shard: Any, key: str, counts: Counter[str]) -> None:
    import qdrant_edge as edge

    facet = shard.facet(edge.FacetRequest(key, limit=len(counts) + 1, exact=True))
    if {hit.value: hit.count for hit in facet.hits} != counts:
        raise ValueError(f"the index of `{key}` differs from the points")


def _compare_numbers(shard: Any, key: str, values: list[float]) -> None:
    import qdrant_edge as edge

    cuts = [values[0] - 1.0]
    for at in range(0, len(values), len(values) // _RANGES + 1):
        before, value = values[max(at - 1, 0)], values[at]
        # between two values, and not at one: a number read back from a payload can differ in its last bit
        if value - before > _SAME:
            cuts.append((before + value) / 2)
    for low, high in itertools.pairwise([*cuts, math.inf]):
        inside = edge.FieldCondition(key, range=edge.RangeFloat(gte=low, lt=high))
        counted = shard.count(edge.CountRequest(filter=edge.Filter(must=[inside])))
        if counted != bisect.bisect_left(values, high) - bisect.bisect_left(values, low):
            raise ValueError(f"the index of `{key}` differs from the points")


def main(arguments: list[str]) -> int:
    """Do one piece of work; returns the exit status."""
    import qdrant_edge as edge

    work, folder, *limit = arguments
    _die_with_parent()
    # to die of a damaged file is this process's answer; it is to leave no copy of its memory in the user's folder
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limit:
        # a flipped byte in a table of ids was seen to make the engine ask for 18 GB
        resource.setrlimit(resource.RLIMIT_AS, (int(limit[0]), int(limit[0])))
    shard = edge.EdgeShard.load(folder)
    return _optimize(shard) if work == "optimize" else _probe(shard)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
