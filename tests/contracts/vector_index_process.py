"""Work on a vector index that may die: each piece runs in a process of its own.

python -m tests.contracts.vector_index_process write CONFIG FOLDER        writes until it is killed
python -m tests.contracts.vector_index_process read CONFIG FOLDER...      one line of JSON a folder
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import msgspec

from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.errors import IndexCorruptError
from memory_fabric.index.dense.factory import open_vector_index, verify_vector_files
from memory_fabric.records import Filters
from tests.contracts.vector_index import DIMENSION, point, units

__all__ = ["BATCH", "DROPPED", "REFUSED", "batch_ids", "read"]

BATCH = 50
"""Points in one acknowledged step of the writer."""

DROPPED = 10
"""How many of the step before the writer deletes with each step."""

REFUSED = "refused"

COMMAND = [sys.executable, "-m", "tests.contracts.vector_index_process"]


def batch_ids(number: int) -> list[ChunkId]:
    """Return the ids that a step writes."""
    return [ChunkId(number * BATCH + n) for n in range(BATCH)]


def _write(config: DenseConfig, folder: Path) -> None:
    index = open_vector_index(config, folder, DIMENSION)
    for number in range(1, 10_000):
        index.upsert([point(i, row) for i, row in zip(batch_ids(number), units(BATCH, number), strict=True)])
        index.delete(batch_ids(number - 1)[:DROPPED])
        index.flush()
        print(number, flush=True)  # noqa: T201  # the acknowledgement


def read(config: DenseConfig, folder: Path) -> str:
    """Open an index the way the memory does after a crash, and return everything it answers, or why it refused."""
    try:
        if verify_vector_files(config, folder, DIMENSION):
            return REFUSED
        index = open_vector_index(config, folder, DIMENSION)
        query = units(1, 1)[0]
        ids = sorted(index.ids())
        answers = {
            "ids": ids,
            "points": index.stats().points,
            "scores": sorted((i, round(score, 4)) for i, score in index.score(query, ids).items()),
            "vectors": sorted((i, round(float(row @ query), 4)) for i, row in index.vectors(ids).items()),
            "found": [round(hit.score, 4) for hit in index.search(query, 20)],
            "filtered": sorted(hit.id for hit in index.search(query, 1_000, filters=Filters(projects=("p1",)))),
            "below": sorted(hit.id for hit in index.search(query, 1_000, filters=Filters(path_prefix="/a"))),
            "recent": sorted(hit.id for hit in index.search(query, 1_000, filters=Filters(since_s=300.0))),
        }
        index.close()
    except IndexCorruptError:
        return REFUSED
    return json.dumps(answers)


def _read_apart(config: DenseConfig, folder: Path) -> str:
    source, target = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = read(config, folder)
        except BaseException as error:
            answer = f"escaped: {type(error).__name__}: {error}"
        with os.fdopen(target, "w") as writer:
            writer.write(answer)
        os._exit(0)
    os.close(target)
    with os.fdopen(source) as reader:
        answer = reader.read()
    _, status = os.waitpid(child, 0)
    return f"died of signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else answer


def main(arguments: list[str]) -> None:
    """Do one piece of work."""
    work, config_json, *folders = arguments
    config = msgspec.json.decode(config_json, type=DenseConfig)
    if work == "write":
        _write(config, Path(folders[0]))
    for folder in folders:
        print(json.dumps(_read_apart(config, Path(folder))), flush=True)  # noqa: T201  # the parent reads it


if __name__ == "__main__":
    main(sys.argv[1:])
