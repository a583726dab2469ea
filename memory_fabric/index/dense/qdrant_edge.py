"""The default vector index: the Qdrant engine in this process, one shard in one folder."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from foundation.errors import ConflictError, ResourceError
from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.errors import DimensionError, IndexCorruptError
from memory_fabric.index.dense import edge_worker
from memory_fabric.index.dense.base import NARROW_FILTER, DensePoint, Scored, VectorIndexStats
from memory_fabric.index.dense.edge_generations import Generations
from memory_fabric.index.dense.edge_shard import (
    NAMES,
    condition,
    copy_points,
    create_shard,
    engine_errors,
    load_shard,
    point_of,
    rehearse,
)
from memory_fabric.index.dense.ties import best
from memory_fabric.index.disk import copy_folder, folder_bytes
from memory_fabric.operations import Check, Evidence
from memory_fabric.records import Filters

__all__ = ["QdrantEdgeIndex", "probe_shard"]

_SCROLL = 50_000
_COPY_STEP = 256
"""Points copied at a time: the engine holds the interpreter's lock meanwhile, measured 30 ms."""
_POLL_S = 0.1
_PROBE_S, _PROBE_BYTES_PER_S = 20.0, 10_000_000
"""How long a probe may take at least, and how much it must read a second beyond; measured, 200 MB a second."""

_PROBE_BYTES = 2_000_000_000
"""Address space of a probe beside four times what it maps."""


class QdrantEdgeIndex:
    """Named vectors `text` and `code` in a Qdrant shard; payloads hold filter fields only.

    The shard keeps no log of its own: the ingest journal is that log, and its watermark moves only after `flush`.
    `optimize` works on a copy in a process of its own, and the copy takes the shard's place when it is ready.

    Args:
        config: Graph, quantization, and the size from which a graph is built.
        folder: Created when missing.
        dimension: Length of a vector.

    Raises:
        IndexCorruptError: The folder cannot be opened.
        DimensionError: It was made for vectors of another length.
    """

    def __init__(self, config: DenseConfig, folder: Path, dimension: int) -> None:
        self._config = config
        self._root = folder
        self._dimension = dimension
        self._writing = threading.Lock()
        self._optimizing = threading.Lock()
        self._touched: set[ChunkId] | None = None
        """What was written since the copy was made that is being optimised; None while there is no copy."""
        self._is_closed = False
        self._generations = Generations(folder, dimension)
        current = self._generations.current()
        if current is None:
            self._folder, self._is_tidy = self._generations.following(), True
            self._shard = create_shard(config, self._folder, dimension)
            self._generations.adopt(self._folder, is_tidy=True)
        else:
            self._folder, self._is_tidy = current
            self._shard = load_shard(config, self._folder, dimension)
            with engine_errors(self._folder):
                rehearse(self._shard)
        self._generations.sweep(keep=self._folder)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @contextmanager
    def _engine(self) -> Iterator[Any]:
        """Give the shard, and turn what it raises into our errors: a closed index is not a damaged one.

        Raises:
            ConflictError: The index is closed.
            IndexCorruptError: The engine failed.
        """
        shard = self._shard
        if self._is_closed:
            raise ConflictError("the vector index is closed")
        try:
            with engine_errors(self._folder):
                yield shard
        except IndexCorruptError:
            if self._is_closed:
                raise ConflictError("the vector index is closed") from None
            raise

    # ---- writing ----------------------------------------------------------------------------------------------

    def upsert(self, points: Sequence[DensePoint]) -> None:
        """Insert or replace points.

        Raises:
            DimensionError: A vector's length differs from the index.
            IndexCorruptError: The engine failed.
        """
        for point in points:
            self._check(point.vector)
        if points:
            made = edge.UpdateOperation.upsert_points([point_of(point) for point in points])
            self._write(made, [point.id for point in points])

    def delete(self, ids: Sequence[ChunkId]) -> None:
        """Remove points; unknown ids are ignored.

        Raises:
            IndexCorruptError: The engine failed.
        """
        if ids:
            self._write(edge.UpdateOperation.delete_points([int(i) for i in ids]), ids)

    def _write(self, operation: Any, ids: Sequence[ChunkId]) -> None:
        with self._writing:
            if self._is_tidy and not self._is_closed:
                self._generations.adopt(self._folder, is_tidy=False)
                self._is_tidy = False
            with self._engine() as shard:
                shard.update(operation)
            if self._touched is not None:
                self._touched.update(ids)

    def flush(self) -> None:
        """Write everything to disk.

        Raises:
            IndexCorruptError: The engine failed.
        """
        with self._writing, self._engine() as shard:
            shard.flush()

    def close(self) -> None:
        """Flush and release files; ends an optimisation under way; may be called again."""
        self._is_closed = True
        with self._optimizing, self._writing, engine_errors(self._folder):
            shard, self._shard = self._shard, None
            if shard is not None:
                shard.flush()
                shard.close()

    # ---- optimising -------------------------------------------------------------------------------------------

    def optimize(self, check: Check = lambda: None) -> bool:
        """Build the graph when the collection has earned one, and drop deleted points from the files.

        Searches and writes go on meanwhile.

        Args:
            check: Called ten times a second; what it raises ends the work and leaves the index as it was.

        Returns:
            Whether anything changed.

        Raises:
            ResourceError: There is no space for a copy.
            IndexCorruptError: The engine failed.
        """
        with self._optimizing:
            if self._is_tidy or self._is_closed:
                return False
            made = self._generations.following()
            try:
                self._copy_to(made)
                is_changed = self._is_rebuilt(made, check)
                if is_changed:
                    self._take(made)
                elif not self._touched:
                    self._keep()
                return is_changed
            finally:
                with self._writing:
                    self._touched = None
                self._generations.sweep(keep=self._folder)

    def _copy_to(self, folder: Path) -> None:
        with self._writing:
            self._touched = set()
            with engine_errors(self._folder):
                self._shard.flush()
            try:
                copy_folder(self._folder, folder)
            except OSError as error:
                raise ResourceError(
                    f"the vector index `{self._root}` cannot be copied to be optimised: {error}",
                    fix="free as much disk space as the index takes",
                ) from error
        # the shape is written into the copy, and the worker builds after it
        with engine_errors(folder):
            load_shard(self._config, folder, self._dimension).close()

    def _is_rebuilt(self, folder: Path, check: Check) -> bool:
        """Optimise the copy in a worker; returns whether it has changed and is wanted still.

        Raises:
            IndexCorruptError: The engine failed.
        """
        with _worker("optimize", folder) as worker:
            try:
                while not self._is_closed:
                    try:
                        _, said = worker.communicate(timeout=_POLL_S)
                    except subprocess.TimeoutExpired:
                        check()
                        continue
                    if worker.returncode not in {0, edge_worker.UNCHANGED}:
                        raise IndexCorruptError(f"`{self._root}` could not be optimised: {_why(worker, said)}")
                    return worker.returncode == 0
                return False
            finally:
                worker.kill()

    def erase(self, ids: Sequence[ChunkId], check: Check = lambda: None) -> Evidence:
        """Copy what stays into a new generation, which never held the rest, and throw the old one away.

        Not by `optimize`: segments that it leaves alone keep what was deleted of them. Searches and writes go on. The
        new generation has no graph until the next `optimize`: questions scan it whole.

        Raises:
            ConflictError: The index is closed.
            ResourceError: There is no space for a copy.
            IndexCorruptError: The engine failed.
        """
        with self._optimizing:
            check()
            made = self._generations.following()
            try:
                gone = set(self.ids()) & set(ids)
                self.delete(ids)
                with self._writing:
                    self._touched = set()
                stay = list(self.ids())
                try:
                    self._replace(made, self._copied(made, stay, check), is_optimized=False)
                except OSError as error:
                    raise ResourceError(
                        f"the vector index `{self._root}` cannot be copied: {error}", fix="free some disk space"
                    ) from error
                return Evidence(len(gone), len(stay))
            finally:
                with self._writing:
                    self._touched = None
                self._generations.sweep(keep=self._folder)

    def _copied(self, folder: Path, ids: Sequence[ChunkId], check: Check) -> Any:
        """Return a new shard in `folder` that holds some points of the one in use."""
        shard = create_shard(self._config, folder, self._dimension)
        for start in range(0, len(ids), _COPY_STEP):
            check()
            with self._engine() as source:
                copy_points(source, shard, ids[start : start + _COPY_STEP])
        return shard

    def _take(self, folder: Path) -> None:
        shard = load_shard(self._config, folder, self._dimension)
        with engine_errors(folder):
            rehearse(shard)
        self._replace(folder, shard, is_optimized=True)

    def _replace(self, folder: Path, shard: Any, *, is_optimized: bool) -> None:
        """Make a copy the shard in use, once it holds what was written meanwhile."""
        with self._writing:
            touched = list(self._touched or ())
            with engine_errors(folder):
                copy_points(self._shard, shard, touched)
                shard.flush()
            is_tidy = is_optimized and not touched
            self._generations.adopt(folder, is_tidy=is_tidy)
            # searches under way keep the old shard alive until they end, so it is dropped rather than closed
            self._shard, self._folder, self._is_tidy = shard, folder, is_tidy

    def _keep(self) -> None:
        with self._writing:
            if not self._is_closed and not self._touched:
                self._generations.adopt(self._folder, is_tidy=True)
                self._is_tidy = True

    # ---- reading ----------------------------------------------------------------------------------------------

    def _check(self, vector: Vectors) -> None:
        if vector.shape != (self._dimension,):
            raise DimensionError(f"a vector has shape {vector.shape}, the index holds ({self._dimension},)")

    def search(
        self, vector: Vectors, k: int, *, filters: Filters = Filters(), names: Sequence[str] = NAMES
    ) -> list[Scored]:
        """Return the k nearest points over the named vectors, best first; ties by smaller id.

        Raises:
            DimensionError: The vector's length differs from the index.
            IndexCorruptError: The engine failed.
        """
        self._check(vector)
        wanted = condition(filters)
        plain = vector.tolist()
        found: list[Scored] = []
        for name in names:
            found += best(partial(self._nearest, plain, name=name, wanted=wanted, is_exact=False), k)
        return sorted(found, key=lambda hit: (-hit.score, hit.id))[:k]

    def _nearest(self, vector: list[float], k: int, name: str, wanted: Any, *, is_exact: bool) -> list[Scored]:
        # where a filter leaves few points, a plain walk loses its way among those that it may not take
        acorn = edge.AcornSearchParams(enable=wanted is not None, max_selectivity=NARROW_FILTER)
        request = edge.QueryRequest(
            limit=k,
            query=edge.Query.Nearest(vector, using=name),
            filter=wanted,
            params=edge.SearchParams(hnsw_ef=max(self._config.hnsw_ef, k), exact=is_exact, acorn=acorn),
        )
        with self._engine() as shard:
            return [Scored(ChunkId(int(point.id)), float(point.score)) for point in shard.query(request)]

    def score(self, vector: Vectors, ids: Sequence[ChunkId]) -> dict[ChunkId, float]:
        """Return the exact cosine of each known id; unknown ids are left out.

        Raises:
            DimensionError: The vector's length differs from the index.
            IndexCorruptError: The engine failed.
        """
        self._check(vector)
        if not ids:
            return {}
        among = edge.Filter(must=[edge.HasIdCondition({int(i) for i in ids})])
        plain = vector.tolist()
        return {
            hit.id: hit.score for name in NAMES for hit in self._nearest(plain, len(ids), name, among, is_exact=True)
        }

    def ids(self) -> Iterable[ChunkId]:
        """Return every stored id.

        Raises:
            IndexCorruptError: The engine failed.
        """
        offset = None
        found: list[ChunkId] = []
        with self._engine() as shard:
            while True:
                request = edge.ScrollRequest(offset=offset, limit=_SCROLL, with_payload=False, with_vector=False)
                records, offset = shard.scroll(request)
                found += [ChunkId(int(record.id)) for record in records]
                if offset is None:
                    return found

    def vectors(self, ids: Sequence[ChunkId]) -> dict[ChunkId, Vectors]:
        """Return the stored vectors of the known ids, as float32.

        Raises:
            IndexCorruptError: The engine failed.
        """
        with self._engine() as shard:
            records = shard.retrieve([int(i) for i in ids], with_payload=False, with_vector=True)
        return {
            ChunkId(int(record.id)): np.asarray(next(iter(record.vector.values())), dtype=np.float32)
            for record in records
            if record.vector
        }

    def stats(self) -> VectorIndexStats:
        """Return the present state.

        Raises:
            IndexCorruptError: The engine failed.
        """
        with self._engine() as shard:
            info = shard.info()
        return VectorIndexStats(
            info.points_count, info.indexed_vectors_count, info.segments_count, folder_bytes(self._root)
        )


def probe_shard(root: Path, dimension: int) -> list[str]:
    """Read all of an index that was not closed cleanly, in a process of its own; returns problems."""
    try:
        current = Generations(root, dimension).current()
    except (IndexCorruptError, DimensionError) as error:
        return [error.message]
    if current is None:
        return []
    mapped = sum(path.stat().st_size for path in current[0].rglob("*"))
    with _worker("probe", current[0], str(_PROBE_BYTES + 4 * mapped)) as worker:
        try:
            _, said = worker.communicate(timeout=_PROBE_S + folder_bytes(root) / _PROBE_BYTES_PER_S)
        except subprocess.TimeoutExpired:
            worker.kill()
            return ["the vector index cannot be read: the engine did not come to an end"]
        return [f"the vector index cannot be read: {_why(worker, said)}"] if worker.returncode else []


def _worker(work: str, folder: Path, *limits: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", str(edge_worker.SCRIPT), work, str(folder), *limits]
    nothing = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=subprocess.PIPE)  # noqa: S603  # our own script


def _why(worker: subprocess.Popen[bytes], said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"its process ended with {worker.returncode}"
