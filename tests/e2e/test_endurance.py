"""Crashes and long hours: both indexes, a real process, clients that do not wait for each other."""

from __future__ import annotations

import random
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from cli.client import CairnClient
from cli.errors import NoDaemonError, RpcError
from tests.e2e.running import Daemon, summary_of, with_tiny_model, write_notes

pytestmark = pytest.mark.slow

_GROWTH_BYTES = 25_000_000
"""What the memory may gain between two quarters of a long run: allocators breathe, leaks do not stop."""


@pytest.fixture
def daemon(own_profile: Path) -> Iterator[Daemon]:
    """A daemon with a small model, not started yet; it must end well."""
    own_profile.mkdir()
    daemon = Daemon(own_profile, [with_tiny_model(own_profile)])
    yield daemon
    assert daemon.end() == 0


def edit(paths: Sequence[Path], count: int) -> None:
    """Change some files."""
    for path in random.sample(paths, count):
        head, _, _ = path.read_text().partition("\nchanged ")
        path.write_text(f"{head}\nchanged {random.random()}\n")


def check(client: CairnClient, tree: Path) -> None:
    """Everything is there once, and truth and indexes agree."""
    summary_of(client.index([str(tree)]))
    files = sum(1 for _ in tree.iterdir())
    checks = client.doctor()
    assert [check.detail for check in checks if not check.ok] == []
    stats = client.stats()
    assert stats.items == files
    assert [(index.name, index.points) for index in stats.indexes] == [("sparse", files), ("dense", files)]
    for number in random.sample(range(files), 10):
        best = client.recall(f"marker{number}", k=1, strategy="sparse").items[0]
        assert best.cite.path.endswith(f"note{number}.md")


# ---- crashes ------------------------------------------------------------------------------------------------------


def kill_during_index(daemon: Daemon, tree: Path, delay_s: float) -> None:
    """Kill the daemon some time after an index run began."""

    def run() -> None:
        with daemon.client() as client:
            try:
                list(client.index([str(tree)]))
            except (NoDaemonError, RpcError):
                # the daemon was killed under the call: that is the point
                return

    runner = threading.Thread(target=run)
    runner.start()
    runner.join(delay_s)
    daemon.end(signal.SIGKILL)
    runner.join()


def crash(daemon: Daemon, tree: Path, times: int) -> None:
    """Kill `times` times at random moments of an index run, touching files in between."""
    for _ in range(times):
        daemon.start()
        edit(list(tree.iterdir()), 5)
        kill_during_index(daemon, tree, random.uniform(0.0, 0.6))
    daemon.start()
    with daemon.client() as client:
        check(client, tree)


def test_kill_minus_nine_loses_and_doubles_nothing(daemon: Daemon, tree: Path) -> None:
    """Four crashes; `make soak` does fifty."""
    crash(daemon, tree, times=4)


@pytest.mark.soak
def test_fifty_kills_lose_and_double_nothing(daemon: Daemon, tree: Path) -> None:
    """Fifty crashes at random moments of an index run over two thousand files."""
    write_notes(tree, range(40, 2000))
    crash(daemon, tree, times=50)


# ---- two clients at once ------------------------------------------------------------------------------------------


def resident_bytes(daemon: Daemon) -> int:
    """Return the daemon's resident memory."""
    assert daemon.process is not None
    return int(Path(f"/proc/{daemon.process.pid}/statm").read_text().split()[1]) * 4096


def until(end_s: float, work: Callable[[], None], errors: list[Exception]) -> None:
    """Repeat `work` until a moment of the monotonic clock, or until it fails."""
    try:
        while time.monotonic() < end_s:
            work()
    except Exception as error:
        errors.append(error)


def live_together(daemon: Daemon, tree: Path, seconds: float) -> list[int]:
    """Let one client index and another recall; returns the daemon's memory, sampled all the time."""
    paths = sorted(tree.iterdir())
    # what was saved a moment ago may be found a moment later; what nobody touched is found always
    changing, resting = paths[::2], paths[1::2]
    errors: list[Exception] = []
    sizes: list[int] = []
    with daemon.client() as writer, daemon.client() as reader:
        summary_of(writer.index([str(tree)]))

        def write() -> None:
            edit(changing, 5)
            # what an answer found to be changed has perhaps been read again already
            assert summary_of(writer.index([str(tree)])).items <= 5

        def ask() -> None:
            path = random.choice(resting)
            marker = path.stem.replace("note", "marker")
            assert reader.recall(marker, k=3, strategy="sparse").items[0].cite.path == str(path)
            assert reader.recall(f"the file of {marker}").items
            sizes.append(resident_bytes(daemon))

        end_s = time.monotonic() + seconds
        workers = [threading.Thread(target=until, args=(end_s, work, errors)) for work in (write, ask)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert errors == []
        check(reader, tree)
    return sizes


def test_two_clients_do_not_disturb_each_other(daemon: Daemon, tree: Path) -> None:
    """Three seconds of indexing and recalling at once; `make soak` does three minutes."""
    daemon.start()
    assert live_together(daemon, tree, seconds=3.0)


@pytest.mark.soak
def test_two_clients_for_minutes_without_error_or_growth(daemon: Daemon, tree: Path) -> None:
    """The memory of the last quarter is that of the second one."""
    write_notes(tree, range(40, 400))
    daemon.start()
    sizes = live_together(daemon, tree, seconds=180.0)
    quarter = len(sizes) // 4
    before, after = (statistics.median(sizes[n * quarter : (n + 1) * quarter]) for n in (1, 3))
    assert after - before < _GROWTH_BYTES, (before, after)
