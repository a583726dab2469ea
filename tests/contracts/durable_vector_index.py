"""What a vector index with a folder must do besides: last, survive crashes and damage, forget for good."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from foundation.ids import ChunkId
from memory_fabric.config import DenseConfig
from memory_fabric.errors import DimensionError, IndexCorruptError
from memory_fabric.index.dense.base import VectorIndex
from memory_fabric.index.dense.exact import ExactIndex
from memory_fabric.index.dense.factory import open_vector_index
from memory_fabric.index.disk import copy_folder
from memory_fabric.index.integrity import FolderSeal
from memory_fabric.records import Filters
from tests.contracts.vector_index import (
    DIMENSION,
    GRAPH_FROM,
    NEAR,
    Open,
    VectorIndexContract,
    assert_same,
    clustered,
    filled,
    point,
    units,
    varied,
)
from tests.contracts.vector_index_process import BATCH, COMMAND, DROPPED, REFUSED, batch_ids

__all__ = ["DurableVectorIndexContract"]

CANARIES = ("canary-project-7f3a", "/secret/canary-folder-91bd/canary-file-0c44.md")


def assert_holds(index: VectorIndex, anchor: ExactIndex) -> None:
    """Fail unless the index holds the anchor's points, with their vectors and fields."""
    ids = sorted(anchor.ids())
    assert sorted(index.ids()) == ids
    wanted, found = anchor.vectors(ids), index.vectors(ids)
    assert np.allclose([found[i] for i in ids], [wanted[i] for i in ids], atol=NEAR)
    query = units(1, 77)[0]
    exact = anchor.score(query, ids)
    for filters in (Filters(), Filters(projects=("p1",)), Filters(path_prefix="/a", since_s=50.0)):
        assert_same(index.search(query, 30, filters=filters), anchor.search(query, 30, filters=filters), exact)


def files_below(folder: Path) -> list[Path]:
    """Return every file, by path inside the folder."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def _flip(path: Path, chance: random.Random) -> None:
    with path.open("r+b") as file:
        head = file.read(1 << 20)
        # bytes that say something: most of a preallocated file is a hole
        place = chance.choice([n for n, byte in enumerate(head) if byte] or [0])
        file.seek(place)
        file.write(bytes([(head[place] if head else 0) ^ (1 << chance.randrange(8))]))


def damage(path: Path, kind: str, chance: random.Random) -> None:
    """Do one kind of harm to a file."""
    match kind:
        case "delete":
            path.unlink()
        case "empty":
            os.truncate(path, 0)
        case "half":
            os.truncate(path, path.stat().st_size // 2)
        case "stub":
            os.truncate(path, min(100, path.stat().st_size - 1))
        case _:
            _flip(path, chance)


HARMS = ("delete", "empty", "half", "stub", "flip")


class DurableVectorIndexContract(VectorIndexContract):
    """Tests over `open_index` and `config`, fixtures that the backend's test module gives."""

    # ---- lasting ----------------------------------------------------------------------------------------------

    def test_reopen(self, open_index: Open, tmp_path: Path) -> None:
        """What was written before `close` is there when the folder is opened again, and can be replaced."""
        anchor = ExactIndex(DIMENSION)
        for turn in range(3):
            index = open_index(tmp_path / "x")
            for one in (index, anchor):
                one.upsert(varied(60)[turn * 10 :])
                one.delete([ChunkId(n) for n in range(turn, 60, 13)])
            assert_holds(index, anchor)
            index.close()
        assert_holds(open_index(tmp_path / "x"), anchor)

    def test_flushed_is_on_disk(self, open_index: Open, tmp_path: Path) -> None:
        """A copy of the folder made after `flush`, with the index open and written to later, holds what was flushed."""
        index, anchor = open_index(tmp_path / "x"), ExactIndex(DIMENSION)
        for one in (index, anchor):
            filled(one, varied(60))
            one.delete([ChunkId(5)])
            one.flush()
        copy_folder(tmp_path / "x", tmp_path / "copy")
        filled(index, [point(n, row) for n, row in enumerate(units(50, 4), 100)])
        assert_holds(open_index(tmp_path / "copy"), anchor)

    def test_another_length_is_refused(self, open_index: Open, config: DenseConfig, tmp_path: Path) -> None:
        """A folder made for vectors of another length is refused as such."""
        filled(open_index(tmp_path / "x"), varied(3)).close()
        with pytest.raises(DimensionError):
            open_vector_index(config, tmp_path / "x", DIMENSION * 2)

    def test_disk_is_counted(self, open_index: Open, tmp_path: Path) -> None:
        """`stats` tells the blocks that the folder takes."""
        index = filled(open_index(tmp_path / "x"), varied(50))
        blocks = sum(path.stat().st_blocks for path in (tmp_path / "x").rglob("*"))
        assert index.stats().disk_bytes == blocks * 512 > 0

    @pytest.mark.slow
    @pytest.mark.parametrize("steps", [1, 3, 12])
    def test_kill_loses_nothing_acknowledged(
        self, open_index: Open, config: DenseConfig, tmp_path: Path, steps: int
    ) -> None:
        """After `kill -9` in the middle of writing, everything up to the last flush that returned is there."""
        command = [*COMMAND, "write", msgspec.json.encode(config).decode(), str(tmp_path / "x")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=child_environment()) as writer:
            assert writer.stdout is not None
            for _ in range(steps):
                writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
            last = max([steps, *(int(line) for line in writer.stdout.read().splitlines(keepends=True) if "\n" in line)])
        index = open_index(tmp_path / "x")
        stored = set(index.ids())
        for number in range(1, last + 1):
            ids = batch_ids(number)
            kept = ids[DROPPED:]
            assert stored >= set(kept)
            # the step that was cut may have deleted from the last one, or not
            assert number == last or stored.isdisjoint(ids[:DROPPED])
            rows = units(BATCH, number)[DROPPED:]
            assert np.allclose([index.vectors([i])[i] for i in kept], rows, atol=NEAR)
            assert index.score(rows[0], kept[:1]) == pytest.approx({kept[0]: 1.0}, abs=NEAR)
        again = [point(i, row) for i, row in zip(batch_ids(last), units(BATCH, last), strict=True)]
        assert set(batch_ids(last)) <= set(filled(index, again).ids())

    # ---- damage -----------------------------------------------------------------------------------------------

    @pytest.fixture
    def whole(self, open_index: Open, tmp_path: Path) -> Path:
        """Return the folder of a closed index with something of everything in it."""
        index = filled(open_index(tmp_path / "whole"), varied(GRAPH_FROM + 500))
        index.optimize()
        index.delete([ChunkId(3), ChunkId(4)])
        index.upsert(varied(20)[10:])
        index.close()
        return tmp_path / "whole"

    @pytest.mark.slow
    def test_a_sealed_folder_tells_every_damage(self, whole: Path, tmp_path: Path) -> None:
        """A file that is gone, cut or differs by one bit breaks the seal of a cleanly closed index."""
        FolderSeal(whole).seal()
        chance = random.Random(1)
        names = [name for name in files_below(whole) if (whole / name).stat().st_size]
        cases = [(name, chance.choice(HARMS[:-1])) for name in names]
        cases += [(name, "flip") for name in chance.sample(names, min(8, len(names)))]
        copy = tmp_path / "copy"
        for name, harm in cases:
            copy_folder(whole, copy)
            shutil.copy(whole.with_suffix(".seal"), copy.with_suffix(".seal"))
            damage(copy / name, harm, chance)
            # a changed size is seen without reading; only a changed bit needs the checksums
            seal = FolderSeal(copy)
            assert seal.check_full() if harm == "flip" else seal.check_quick(), (name, harm)
            shutil.rmtree(copy)
        assert FolderSeal(whole).check_full() == []

    @pytest.mark.slow
    def test_damage_after_a_crash(self, config: DenseConfig, whole: Path, tmp_path: Path) -> None:
        """A damaged folder without a seal never kills the process nor leads it astray unseen: some of every harm."""
        cases = [(name, harm) for name in files_below(whole) for harm in HARMS]
        damaged_folders_are_harmless(config, whole, tmp_path, random.Random(2).sample(cases, min(25, len(cases))))

    @pytest.mark.soak
    def test_every_damage_after_a_crash(self, config: DenseConfig, whole: Path, tmp_path: Path) -> None:
        """The same for each file and each harm."""
        for name in files_below(whole):
            damaged_folders_are_harmless(config, whole, tmp_path, [(name, harm) for harm in HARMS])

    @pytest.mark.parametrize("content", [b"", b"{", b"\x00" * 64, b"\xff" * 4096])
    def test_rubbish_is_refused(self, open_index: Open, whole: Path, content: bytes) -> None:
        """Rubbish in the file that says what the folder holds ends in our own error."""
        first = min((whole / name for name in files_below(whole)), key=lambda path: len(path.parts))
        first.write_bytes(content)
        with pytest.raises(IndexCorruptError):
            open_index(whole)

    # ---- optimising -------------------------------------------------------------------------------------------

    @pytest.mark.slow
    def test_optimize_keeps_recall(self, open_index: Open, tmp_path: Path) -> None:
        """With a graph, ten nearest out of ten are found nearly always, filtered or not, and after reopening too."""
        rows = clustered(5 * GRAPH_FROM, 3)
        points = [
            point(n, row, project=f"p{n % 4}", name=("text", "code")[n % 7 == 0]) for n, row in enumerate(rows, 1)
        ]
        index, anchor = filled(open_index(tmp_path / "x"), points), ExactIndex(DIMENSION)
        anchor.upsert(points)
        index.optimize()
        assert_recall(index, anchor)
        index.close()
        assert_recall(open_index(tmp_path / "x"), anchor)

    @pytest.mark.slow
    def test_optimize_again_changes_nothing(self, open_index: Open, tmp_path: Path) -> None:
        """There is nothing to do right after `optimize`, nor after reopening."""
        index = filled(open_index(tmp_path / "x"), varied(GRAPH_FROM + 500))
        index.delete([ChunkId(1)])
        index.optimize()
        assert not index.optimize()
        index.close()
        assert not open_index(tmp_path / "x").optimize()

    @pytest.mark.slow
    @pytest.mark.parametrize("count", [300, GRAPH_FROM + 500])
    def test_deleted_is_gone_for_good(self, open_index: Open, tmp_path: Path, count: int) -> None:
        """After `optimize` nothing of a deleted or replaced point is left: not in answers, not in any file."""
        project, path = CANARIES
        rows = units(count, 6)
        index = filled(open_index(tmp_path / "x"), (point(n, row) for n, row in enumerate(rows, 1)))
        secret = units(2, 7)
        filled(index, [point(9_001 + n, row, project=project, path=path) for n, row in enumerate(secret)])
        assert _files_with(tmp_path / "x", _marks(secret))
        index.delete([ChunkId(9_001)])
        filled(index, [point(9_002, rows[0])])
        index.optimize()
        assert 9_001 not in set(index.ids())
        assert index.score(secret[0], [ChunkId(9_001)]) == index.vectors([ChunkId(9_001)]) == {}
        assert 9_001 not in {hit.id for hit in index.search(secret[0], count + 2)}
        assert index.search(secret[0], 5, filters=Filters(projects=(project,))) == []
        assert _files_with(tmp_path / "x", _marks(secret)) == []

    @pytest.mark.slow
    def test_optimize_beside_writing(self, open_index: Open, tmp_path: Path) -> None:
        """Whatever is written, replaced or deleted while `optimize` runs is there afterwards, and after reopening."""
        rows = clustered(3 * GRAPH_FROM, 8)
        anchor = ExactIndex(DIMENSION)
        index = open_index(tmp_path / "x")
        for one in (index, anchor):
            filled(one, [point(n, row, project=f"p{n % 3}", path="/a/x") for n, row in enumerate(rows[:-500], 1)])
        is_done, failures = threading.Event(), list[BaseException]()

        def optimize() -> None:
            try:
                for _ in range(3):
                    index.optimize()
            except BaseException as error:
                failures.append(error)
            finally:
                is_done.set()

        worker = threading.Thread(target=optimize)
        worker.start()
        chance, turn = random.Random(5), 0
        while not is_done.is_set() or turn < 10:
            turn += 1
            for_turn = [ChunkId(chance.randrange(1, len(rows) + 200)) for _ in range(20)]
            made = [point(i, rows[chance.randrange(len(rows))], project="p1", path="/a/new") for i in for_turn[:12]]
            for one in (index, anchor):
                one.upsert(made)
                one.delete(for_turn[12:])
            if turn % 10 == 0:
                index.flush()
        worker.join()
        assert failures == []
        assert_equal_content(index, anchor)
        index.close()
        assert_equal_content(open_index(tmp_path / "x"), anchor)


def damaged_folders_are_harmless(config: DenseConfig, whole: Path, place: Path, cases: list[tuple[Path, str]]) -> None:
    """Fail when a damaged copy ends the process that opens it, or gives wrong answers that nobody would notice.

    Without a seal the memory compares ids and vectors with the truth, so an answer may be wrong only where `ids`,
    `vectors` or `score` show it.
    """
    chance = random.Random(3)
    copies = [place / f"copy{number}" for number in range(len(cases))]
    for copy, (name, harm) in zip(copies, cases, strict=True):
        copy_folder(whole, copy)
        if (copy / name).stat().st_size or harm == "delete":
            damage(copy / name, harm, chance)
    # a copy here too: opening an index changes its files
    undamaged = place / "undamaged"
    copy_folder(whole, undamaged)
    right, *given = answers_of(config, [undamaged, *copies])
    shutil.rmtree(undamaged)
    for copy, answer, case in zip(copies, given, cases, strict=True):
        shutil.rmtree(copy)
        if answer != REFUSED:
            assert answer.startswith("{"), (case, answer)
            wanted, found = json.loads(right), json.loads(answer)
            is_seen = any(found[shown] != wanted[shown] for shown in ("ids", "vectors", "scores"))
            assert is_seen or found == wanted, case


def answers_of(config: DenseConfig, folders: list[Path]) -> list[str]:
    """Return what each folder answers, or how it ended."""
    command = [*COMMAND, "read", msgspec.json.encode(config).decode(), *map(str, folders)]
    ended = subprocess.run(command, check=True, capture_output=True, env=child_environment())
    return [json.loads(line) for line in ended.stdout.splitlines()]


def child_environment() -> dict[str, str]:
    """Return an environment in which a child imports what this process does."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def _marks(vectors: Iterable[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]) -> list[bytes]:
    """Return what a file must not hold: names from payloads, and the vectors themselves."""
    return [*(mark.encode() for mark in CANARIES), b"canary-file", *(row.tobytes() for row in vectors)]


def _files_with(folder: Path, marks: list[bytes]) -> list[tuple[Path, bytes]]:
    return [(name, mark) for name in files_below(folder) for mark in marks if mark in (folder / name).read_bytes()]


def assert_recall(index: VectorIndex, anchor: ExactIndex) -> None:
    """Fail when fewer than 95 % of the ten nearest are found."""
    for filters in (Filters(), Filters(projects=("p1", "p2")), Filters(projects=("p3",))):
        found = wanted = 0
        for query in clustered(60, 44):
            truth = {hit.id for hit in anchor.search(query, 10, filters=filters)}
            found += len(truth & {hit.id for hit in index.search(query, 10, filters=filters)})
            wanted += len(truth)
        assert found >= 0.95 * wanted, filters


def assert_equal_content(index: VectorIndex, anchor: ExactIndex) -> None:
    """Fail unless the ids, vectors and filter fields are the anchor's; says nothing of what a graph may miss."""
    ids = sorted(anchor.ids())
    assert sorted(index.ids()) == ids
    wanted, found = anchor.vectors(ids), index.vectors(ids)
    assert np.allclose([found[i] for i in ids], [wanted[i] for i in ids], atol=NEAR)
    query = units(1)[0]
    assert index.score(query, ids) == pytest.approx(anchor.score(query, ids), abs=NEAR)
    for filters in (Filters(path_prefix="/a/new"), Filters(path_prefix="/a/x", projects=("p0", "p1"))):
        allowed = {hit.id for hit in anchor.search(query, len(ids), filters=filters)}
        assert {hit.id for hit in index.search(query, len(ids), filters=filters)} == allowed
