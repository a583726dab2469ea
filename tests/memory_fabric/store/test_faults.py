"""What the world does to a store: killed writers, full disks, damaged files."""

from __future__ import annotations

import json
import os
import random
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import CairnError
from foundation.ids import ChunkId
from memory_fabric.errors import StoreCorruptError
from memory_fabric.operations import ForgetSelector
from memory_fabric.records import Filters
from memory_fabric.store.store import Store
from tests.memory_fabric.store.crash_writer import Contents, applied
from tests.memory_fabric.store.samples import database, file_state, item, replayed

_ROOT = Path(__file__).parents[3]

# ---- kill -9 ------------------------------------------------------------------------------------------------------


@contextmanager
def _writer(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.memory_fabric.store.crash_writer", str(folder)]
    # a fork must not find threads of the linear algebra library
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, cwd=_ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


def _kill_during_round(process: subprocess.Popen[bytes], first: int, chance: random.Random) -> list[int]:
    """Let a child write from batch `first`, kill it at a random moment, and return the batches it acknowledged."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{first}\n".encode())
    lines = iter(process.stdout.readline, b"")
    child = 0
    acknowledged: list[int] = []
    wanted = chance.randint(0, 6)
    for line in lines:
        if line.strip().isdigit():
            child = int(line)
        elif line.startswith(b"{"):
            acknowledged.append(json.loads(line)["batch"])
        if child and len(acknowledged) >= wanted:
            break
    # waits until the next acknowledgement at most: the kill falls anywhere between two of them
    select.select([process.stdout], [], [], chance.random() * 0.01)
    os.kill(child, signal.SIGKILL)
    for line in lines:
        if line == b"done\n":
            break
        acknowledged.append(json.loads(line)["batch"])
    return acknowledged


def _contents(store: Store) -> Contents:
    rows = store.chunks([ChunkId(i) for i in store.live_chunk_ids().tolist()]).values()
    found: Contents = {}
    for row in sorted(rows, key=lambda row: (row.uri, row.ordinal)):
        found.setdefault(row.uri, []).append(row.text)
    return found


def _run_rounds(folder: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    expected: Contents = {}
    number = 10
    with _writer(folder) as process:
        for _ in range(rounds):
            acknowledged = _kill_during_round(process, number, chance)
            assert acknowledged == list(range(number, number + len(acknowledged)))
            for done in acknowledged:
                expected = applied(expected, done)
            number += len(acknowledged)
            with closing(Store.open(folder)) as store:
                found = _contents(store)
                # a batch that was committed but not yet told may be there, whole
                if found != expected:
                    expected = applied(expected, number)
                    number += 1
                assert found == expected
                assert store.counts().items == len(expected)
                assert store.verify() == []


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    """Twenty kills at random moments: every acknowledged batch is there once, none is there in part."""
    _run_rounds(tmp_path / "store", 20, seed=20)


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_by_many_kills(tmp_path: Path) -> None:
    """The same, three hundred times."""
    _run_rounds(tmp_path / "store", 300, seed=300)


# ---- full disk ----------------------------------------------------------------------------------------------------

_FULL = [sys.executable, "-m", "tests.memory_fabric.store.full_disk"]


@pytest.mark.slow
def test_a_quota_stops_writing_and_loses_nothing(tmp_path: Path) -> None:
    """When files may not grow, writes are refused whole; afterwards the same store goes on."""
    done = subprocess.run([*_FULL, "limit", tmp_path], cwd=_ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def _can_mount() -> bool:
    with suppress(OSError):
        return (
            subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True).returncode == 0
        )
    return False


@pytest.mark.slow
@pytest.mark.skipif(not _can_mount(), reason="needs a file system of its own")
def test_a_full_disk_stops_writing_and_loses_nothing(tmp_path: Path) -> None:
    """The same on a file system of 4 MB without a byte left."""
    script = 'mount -t tmpfs -o size=4m x "$0" && exec "$@" "$0"'
    command = ["unshare", "-rm", "sh", "-c", script, str(tmp_path), *_FULL, "mount"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


# ---- damaged files ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a closed store of some 300 kB."""
    folder = tmp_path_factory.mktemp("sound")
    with closing(Store.open(folder)) as store:
        for n in range(20):
            texts = [f"text {n} {m} " * 60 for m in range(8)]
            store.write(put=[item(f"/src/{n}", *texts)], files=[file_state(f"/src/{n}")])
        store.write(put=[item(f"/src/{n}", "short now") for n in range(5)])
    return folder


def _use_everything(folder: Path) -> tuple[Contents, list[str]]:
    with closing(Store.open(folder)) as store:
        problems = store.verify()
        contents = _contents(store)
        replayed(store)
        store.counts()
        store.files(["/"])
        for found in store.list_items(Filters(), limit=100).items:
            store.item(found.id)
        store.select_items(ForgetSelector(path="/src"))
        store.write(put=[item("/src/3", "new")], drop_uris=[("p", "/src/4")])
        store.rename_paths([("/src/6", "/src/7")])
        return contents, problems


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    places=st.lists(st.floats(min_value=0, max_value=1, exclude_max=True), min_size=1, max_size=3),
    bit=st.integers(0, 7),
)
def test_a_flipped_bit_is_found_or_harmless(sound: Path, places: list[float], bit: int) -> None:
    """Whatever is hit, no error but the memory's own comes out, and words that pass the check are the old ones."""
    whole, _ = _original(sound)
    with tempfile.TemporaryDirectory() as name:
        folder = _copy(sound, Path(name))
        data = bytearray(database(folder).read_bytes())
        for place in places:
            data[int(place * len(data))] ^= 1 << bit
        database(folder).write_bytes(data)
        with suppress(CairnError):
            contents, problems = _use_everything(folder)
            assert problems or contents == whole


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(part=st.floats(min_value=0, max_value=1, exclude_max=True))
def test_a_cut_file_is_found(sound: Path, part: float) -> None:
    """Opening or checking says so, unless what is missing was free space."""
    whole, _ = _original(sound)
    with tempfile.TemporaryDirectory() as name:
        folder = _copy(sound, Path(name))
        os.truncate(database(folder), int(database(folder).stat().st_size * part))
        with suppress(StoreCorruptError):
            contents, problems = _use_everything(folder)
            assert problems or (contents == whole and part > 0.9)


@pytest.mark.parametrize("size", [0, 1, 99, 4096])
def test_a_file_cut_to_its_beginning_is_not_taken_for_a_new_store(sound: Path, tmp_path: Path, size: int) -> None:
    """SQLite itself takes files of no byte or one for new databases."""
    folder = _copy(sound, tmp_path)
    os.truncate(database(folder), size)
    with pytest.raises(StoreCorruptError), closing(Store.open(folder)) as store:
        store.counts()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE items SET uri = x'ff' WHERE key = 9",
        "UPDATE items SET modality = 'smell'",
        "UPDATE items SET tags = 'one'",
        "UPDATE items SET content_hash = 'text'",
        "UPDATE chunks SET text = x'ff'",
        "UPDATE chunks SET line_start = 'one'",
        "UPDATE files SET size = 'large'",
        "UPDATE journal SET ids = 'text'",
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = cast(x'ff' AS TEXT) WHERE name = 'files'",
    ],
)
def test_a_value_that_changed_its_type_is_named_as_damage(sound: Path, tmp_path: Path, damage: str) -> None:
    """A flipped bit in the header of a row makes a text a number; the caller hears of the file, not of Python."""
    folder = _copy(sound, tmp_path)
    with closing(sqlite3.connect(database(folder))) as connection:
        connection.executescript(damage)
    with pytest.raises(StoreCorruptError, match=re.escape(str(database(folder)))):
        _use_everything(folder)


def test_a_lost_page_is_found_when_opening_after_a_crash(sound: Path, tmp_path: Path) -> None:
    """The pages are looked at before anybody relies on them, and the fix is named."""
    folder = _copy(sound, tmp_path)
    data = bytearray(database(folder).read_bytes())
    for page in range(3, len(data) // 4096):
        data[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    database(folder).write_bytes(data)
    (folder / "in-use").touch()
    with pytest.raises(StoreCorruptError, match="is damaged") as caught:
        Store.open(folder)
    assert "backup" in caught.value.fix


def test_a_log_of_garbage_is_not_replayed(sound: Path, tmp_path: Path) -> None:
    """Frames with wrong checksums were never committed."""
    whole, _ = _original(sound)
    folder = _copy(sound, tmp_path)
    Path(f"{database(folder)}-wal").write_bytes(random.Random(1).randbytes(50_000))
    contents, problems = _use_everything(folder)
    assert (contents, problems) == (whole, [])


def _copy(folder: Path, target: Path) -> Path:
    return Path(shutil.copytree(folder, target / "copy"))


def _original(sound: Path) -> tuple[Contents, list[str]]:
    with closing(Store.open(sound)) as store:
        return _contents(store), store.verify()
