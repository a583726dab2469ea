"""A scripted editor, branch switches, a killed daemon and a second worktree against folders that a daemon follows.

python -m benchmarks.freshness [FILES]      default 10000 files in the repository whose branch is switched
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import blake2b
from pathlib import Path

from benchmarks.corpus import texts
from benchmarks.pipeline import FixedVectors, emit, index
from cli.client import CairnClient
from foundation.places import find_socket
from memory_eval.metrics import percentile
from memory_fabric.config import DenseConfig
from memory_fabric.embed.base import Vectors
from memory_fabric.index.applier import IndexApplier
from memory_fabric.index.dense.factory import open_vector_index
from memory_fabric.index.targets import DenseTarget, Target
from memory_fabric.store.store import Store

ROOT = Path(__file__).resolve().parents[1]
SAVES = 60
LOOK_S = 0.01
SLOW_LOOK_S = 1.0
"""Between two looks at many files: looking must not take the processor from the work."""
PATIENCE_S = 600.0


@contextmanager
def daemon(profile: Path) -> Iterator[tuple[subprocess.Popen[bytes], CairnClient]]:
    """Run a daemon with the default model; it is killed at the end, if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon", "--profile", str(profile)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: find_socket(profile) is not None)
        with CairnClient(f"unix:{find_socket(profile)}") as client:
            yield process, client
    finally:
        process.terminate()
        process.wait()


def until(is_done: Callable[[], bool], rest_s: float = LOOK_S) -> float:
    """Return the seconds until something is so."""
    began = time.perf_counter()
    while not is_done():
        assert time.perf_counter() - began < PATIENCE_S, "it does not end"
        time.sleep(rest_s)
    return time.perf_counter() - began


def keep(client: CairnClient, folder: Path) -> None:
    """Have a folder followed, and wait until all of it can be found."""
    client.follow([str(folder)])
    for _ in client.index([str(folder)]):
        continue


def level(client: CairnClient, path: Path) -> bool:
    """Whether no file at or below a path waits for anything, by the daemon's own report."""
    return not any(row.state == "pending" for row in client.coverage(str(path)))


# ---- an editor ----------------------------------------------------------------------------------------------------


def saves(place: Path) -> None:
    """Print how long a save takes to be found by words and by meaning, and what freshness costs an answer."""
    folder = place / "notes"
    write(folder, 300, 6)
    with daemon(place / "saves") as (_, client):
        keep(client, folder)
        client.recall("warm up")
        by_words, by_meaning = zip(*(save(client, folder, turn) for turn in range(SAVES)), strict=True)
        for name, took in (("words", by_words), ("meaning", by_meaning)):
            for share in (0.5, 0.95):
                emit(f"save_to_found_by_{name}_p{share * 100:.0f}_s", percentile(took, share), "s", saves=SAVES)
        renames(client, folder)
        question = next(texts(1, 4, seed=99))
        costs = [client.recall(question, k=20).stages["fresh"] for _ in range(300)]
        for share in (0.5, 0.95):
            emit(f"freshness_of_20_hits_p{share * 100:.0f}_ms", percentile(costs, share), "ms")


def save(client: CairnClient, folder: Path, turn: int) -> tuple[float, float]:
    """Save one file as an editor does, and return the seconds until it is found by words and by meaning."""
    # no digits: a number is a word of its own
    path, word = folder / "d0" / f"f{turn}.md", f"sandpiper{''.join(chr(ord('k') + int(digit)) for digit in str(turn))}"
    text = f"{path.read_text()}\n## Seen\n\nThe {word} of turn {turn} stood on the shore.\n"
    began = time.perf_counter()
    if turn % 2:
        # through another file: a crash leaves the old one whole
        draft = path.with_suffix(".md~")
        draft.write_text(text)
        draft.replace(path)
    else:
        path.write_text(text)
    until(lambda: any(word in hit.snippet for hit in client.recall(word, strategy="sparse", k=3).items))
    by_words = time.perf_counter() - began
    until(lambda: level(client, path))
    by_meaning = time.perf_counter() - began
    hits = client.recall(f"Seen. The {word} of turn {turn} stood on the shore.", strategy="dense", k=100).items
    assert any(word in hit.snippet for hit in hits), "the vector index does not know it"
    return by_words, by_meaning


def renames(client: CairnClient, folder: Path) -> None:
    """Rename twenty files, delete twenty; print how many ids were kept and how many files were not forgotten."""
    before = held(client, folder)
    moved = [(folder / "d1" / f"f{n}.md", folder / "moved" / f"g{n}.md") for n in range(100, 120)]
    (folder / "moved").mkdir()
    for old, new in moved:
        old.rename(new)
    gone = [folder / "d2" / f"f{n}.md" for n in range(200, 220)]
    for path in gone:
        path.unlink()
    until(lambda: level(client, folder), SLOW_LOOK_S)
    after = held(client, folder)
    kept = sum(before[str(old)][0] == after.get(str(new), ("",))[0] for old, new in moved)
    emit("renames_that_kept_the_id", kept, "files", renamed=len(moved))
    emit("deletes_not_forgotten", sum(str(path) in after for path in gone), "files", deleted=len(gone))


# ---- git ----------------------------------------------------------------------------------------------------------


def switches(place: Path, files: int) -> None:
    """Print how long a branch switch takes to be current and what it missed; then kill the daemon during one."""
    repo, profile = place / "repo", place / "switches"
    write(repo, files, 1)
    git(repo, "init", "-q", "-b", "main")
    commit(repo)
    git(repo, "checkout", "-q", "-b", "other")
    touched = rewrite(repo, files // 10)
    commit(repo)
    git(repo, "checkout", "-q", "main")
    with daemon(profile) as (process, client):
        began = time.perf_counter()
        keep(client, repo)
        emit("first_index_s", time.perf_counter() - began, "s", files=files)
        took_s = switch(client, repo, "other")
        missed, ghosts = oracle(client, repo)
        emit("branch_switch_to_current_s", took_s, "s", touched=touched, missed=missed, ghosts=ghosts)
        running = subprocess.Popen(["git", "checkout", "-q", "main"], cwd=repo)
        # some of it has been written, and perhaps seen
        time.sleep(0.1)
        process.kill()
        process.wait()
        running.wait()
    with daemon(profile) as (_, client):
        took_s = until(lambda: level(client, repo), SLOW_LOOK_S)
        missed, ghosts = oracle(client, repo)
        emit("killed_to_current_after_start_s", took_s, "s", touched=touched, missed=missed, ghosts=ghosts)


def switch(client: CairnClient, repo: Path, branch: str) -> float:
    """Return the seconds from the command until every file is current in both indexes."""
    began = time.perf_counter()
    git(repo, "checkout", "-q", branch)
    until(lambda: level(client, repo), SLOW_LOOK_S)
    return time.perf_counter() - began


def rewrite(repo: Path, count: int) -> int:
    """Change three fifths of `count` files, delete a fifth and add a fifth; returns how many were touched."""
    names = sorted(repo.rglob("*.md"))[:: max(len(list(repo.rglob("*.md"))) // count, 1)][:count]
    fifth = count // 5
    for number, path in enumerate(names[: fifth * 3]):
        path.write_text(f"{path.read_text()}\nRevised as edition{number}.\n")
    for path in names[fifth * 3 : fifth * 4]:
        path.unlink()
    for number, text in enumerate(texts(fifth, seed=77)):
        (repo / f"new{number}.md").write_text(f"# New {number}\n\n{text}.\n")
    return fifth * 5


def oracle(client: CairnClient, folder: Path) -> tuple[int, int]:
    """Compare every file on the disk with what the memory holds; returns how many are missed, and how many ghosts."""
    disk = {str(p): digest(p) for p in folder.rglob("*.md")}
    memory = {path: content for path, (_, content) in held(client, folder).items()}
    return sum(memory.get(path) != content for path, content in disk.items()), len(memory.keys() - disk.keys())


def held(client: CairnClient, folder: Path) -> dict[str, tuple[str, str]]:
    """Return id and content hash of every item below a folder, by path."""
    found: dict[str, tuple[str, str]] = {}
    cursor = ""
    while True:
        page = client.list_items(path_prefix=str(folder), limit=1_000, cursor=cursor)
        found.update((item.source.path, (item.id, item.meta.content_hash)) for item in page.items)
        if not (cursor := page.next_cursor):
            return found


def digest(path: Path) -> str:
    """Return the hash that the memory keeps of a file."""
    return blake2b(path.read_bytes(), digest_size=16).hexdigest()


def git(folder: Path, *words: str) -> None:
    """Run git, untouched by the user's settings."""
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    names = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    subprocess.run(["git", *names, *words], cwd=folder, check=True, env={**os.environ, **own})


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "change")


def write(folder: Path, files: int, chunks: int) -> None:
    """Write Markdown files, a hundred a folder."""
    source = texts(files * chunks, 30)
    for number in range(files):
        place = folder / f"d{number // 100}"
        place.mkdir(parents=True, exist_ok=True)
        parts = (f"## Part {n}\n\n{next(source)}.\n" for n in range(chunks))
        (place / f"f{number}.md").write_text(f"# File {number}\n\n" + "\n".join(parts))


# ---- a second worktree --------------------------------------------------------------------------------------------


class Counting(FixedVectors):
    """Counts the texts that the model is asked for."""

    asked = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of a table, and count."""
        self.asked += len(texts)
        return super().embed(texts)


def worktree(place: Path) -> None:
    """Print the share of chunks of a second worktree for which the model was not asked: this repository's own files."""
    repo = place / "first"
    for name in ("foundation", "memory_fabric", "servers", "docs", "tests"):
        shutil.copytree(ROOT / name, repo / name, ignore=shutil.ignore_patterns("__pycache__"))
    git(repo, "init", "-q", "-b", "main")
    commit(repo)
    git(repo, "worktree", "add", "-q", "-b", "second", str(place / "second"))
    model = Counting()
    store = Store.open(place / "store")
    applier = IndexApplier("dense", "dense", store, place / "dense", "bench", partial(opened, store, place, model))
    applier.start()
    store.listen(applier.notify)
    try:
        first = index(store, repo)
        applier.wait_for(store.journal_head(), check=lambda: None)
        asked = model.asked
        second = index(store, place / "second")
        applier.wait_for(store.journal_head(), check=lambda: None)
        again = model.asked - asked
        emit(
            "worktree_chunks_reused_percent",
            100 * (1 - again / second),
            "%",
            first=first,
            second=second,
            embedded=again,
        )
    finally:
        applier.stop()
        store.close()


def opened(store: Store, place: Path, model: Counting) -> Target:
    """Open the vector index."""
    index = open_vector_index(DenseConfig(), place / "dense", model.dimension)
    return DenseTarget(index, model, store.embeddings, lambda: None)


def run(files: int) -> None:
    """Measure all of it."""
    for part in (worktree, saves, partial(switches, files=files)):
        with tempfile.TemporaryDirectory() as place:
            part(Path(place))


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
