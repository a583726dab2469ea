"""A real memory that follows a real folder: git, editors, storms, and rules that change."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

import msgspec
import psutil
import pytest
import trio

from foundation.ids import ItemId
from memory_fabric.config import IngestConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.ingest.watch import ChangeSet
from memory_fabric.operations import IndexSummary
from tests.memory_fabric.fabric_parts import NO_MODEL, ask, go_on, index, open_fabric
from tests.memory_fabric.git_parts import commit, git, needs_git, repository

pytestmark = pytest.mark.slow

_LONG_AGO = 1_600_000_000


class Watched:
    """A memory that follows a folder, and what it did."""

    def __init__(self, fabric: MemoryFabric, root: Path) -> None:
        self.fabric = fabric
        self.root = root
        self.bursts: list[ChangeSet] = []
        self.summaries: list[IndexSummary] = []
        self._send, self._receive = trio.open_memory_channel[None](1_000)

    async def follow(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Bring the memory level with every burst, until cancelled."""
        async for burst in self.fabric.follow([str(self.root)]):
            if burst is None:
                task_status.started()
                continue
            sync = partial(self.fabric.sync, burst, [str(self.root)], project="p", check=go_on)
            summary = await trio.to_thread.run_sync(sync)
            self.bursts.append(burst)
            self.summaries.append(summary)
            await self._send.send(None)

    async def until(self, is_done: Callable[[], bool]) -> None:
        """Wait for bursts until the memory is as wanted."""
        with trio.fail_after(60):
            while not is_done():
                await self._receive.receive()

    def names(self) -> set[str]:
        """Return the files that the memory holds, relative to the folder."""
        return {os.path.relpath(row.path, self.root) for row in self.fabric.coverage(str(self.root)) if row.chunks}

    def ids(self, name: str) -> tuple[list[int], str]:
        """Return the chunk ids and the item id of a file, from the truth."""
        store = self.fabric._store
        wanted = str(self.root / name)
        rows = [row for row in store.chunks([int(i) for i in store.live_chunk_ids()]).values() if row.path == wanted]  # type: ignore[misc]  # ids are plain numbers here
        return sorted(row.id for row in rows), rows[0].item_id if rows else ""

    def text(self, name: str) -> str:
        """Return what is kept of a file."""
        return self.fabric.get(ItemId(self.ids(name)[1])).text


@asynccontextmanager
async def watching(tmp_path: Path, root: Path, config: IngestConfig = NO_MODEL.ingest) -> AsyncIterator[Watched]:
    """Index `root`, then follow it."""
    with open_fabric(tmp_path / "memory", msgspec.structs.replace(NO_MODEL, ingest=config)) as fabric:
        index(fabric, root)
        watched = Watched(fabric, root)
        async with trio.open_nursery() as nursery:
            await nursery.start(watched.follow)
            yield watched
            nursery.cancel_scope.cancel()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def put(root: Path, files: dict[str, str]) -> None:
    """Write files below `root`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def age(root: Path) -> None:
    """Give every file an old stamp: fresh ones are read twice on purpose."""
    for path in root.rglob("*"):
        if ".git" not in path.parts and path.is_file():
            os.utime(path, (_LONG_AGO, _LONG_AGO))


_opened: list[str] | None = None


def _listen(event: str, arguments: tuple[object, ...]) -> None:
    if _opened is not None and event == "open":
        _opened.append(str(arguments[0]))


sys.addaudithook(_listen)


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """Collect the path of every file that this process opens."""
    global _opened
    found: list[str] = []
    _opened = found
    try:
        yield found
    finally:
        _opened = None


# ---- git ----------------------------------------------------------------------------------------------------------


@needs_git
@pytest.mark.parametrize(("files", "changed"), [(300, 7), (1_500, 700)])
async def test_a_branch_switch_reads_the_difference_and_not_the_tree(
    tmp_path: Path, root: Path, files: int, changed: int
) -> None:
    """Only files that differ are opened, whether they are few or so many that the tree is walked."""
    repository(root)
    put(root, {f"d{n % 10}/f{n}.txt": f"word{n} on main" for n in range(files)})
    commit(root)
    git(root, "checkout", "-q", "-b", "topic")
    put(root, {f"d{n % 10}/f{n}.txt": f"word{n} on topic" for n in range(changed)})
    (root / "d0/new.txt").write_text("only on topic")
    (root / f"d{(files - 1) % 10}/f{files - 1}.txt").unlink()
    commit(root)
    git(root, "checkout", "-q", "main")
    age(root)
    async with watching(tmp_path, root) as watched:
        before = {n: watched.ids(f"d{n % 10}/f{n}.txt")[1] for n in (0, files - 2)}
        with opened_files() as opened:
            git(root, "checkout", "-q", "topic")
            await watched.until(
                lambda: "d0/new.txt" in watched.names() and sum(s.items for s in watched.summaries) >= changed + 1
            )
        read = {path for path in opened if path.startswith(f"{root}/d")}
        assert len(read) == changed + 1
        assert len(watched.names()) == files
        await watched.until(lambda: [burst.branch for burst in watched.bursts if burst.branch] == ["topic"])
        assert {n: watched.ids(f"d{n % 10}/f{n}.txt")[1] for n in before} == before
        watched.fabric.wait_until_searchable(is_dense=False, report=lambda _: None, check=go_on)
        assert ask(watched.fabric, "only on topic").items[0].cite.path.endswith("d0/new.txt")


@needs_git
async def test_git_mv_keeps_ids(tmp_path: Path, root: Path) -> None:
    """The item, its fragments and so its vectors stay; nothing is written anew."""
    repository(root)
    put(root, {"a.py": "def alpha():\n    return 1\n", "b.md": "# B\n\nbeta\n"})
    commit(root)
    async with watching(tmp_path, root) as watched:
        before = watched.ids("a.py")
        (root / "sub").mkdir()
        git(root, "mv", "a.py", "sub/c.py")
        await watched.until(lambda: watched.names() == {"b.md", "sub/c.py"})
        assert watched.ids("sub/c.py") == before
        assert sum(summary.items for summary in watched.summaries) == 0


@needs_git
async def test_a_nested_repository_and_a_linked_working_tree_are_followed(tmp_path: Path, root: Path) -> None:
    """Their files come and go like all others, and git's own bookkeeping never does."""
    repository(root)
    put(root, {"a.txt": "alpha"})
    commit(root)
    async with watching(tmp_path, root) as watched:
        inner = repository(root / "vendor")
        put(inner, {"b.txt": "beta", "c.log": "gamma", ".gitignore": "*.log\n"})
        commit(inner)
        git(root, "worktree", "add", "-q", "-b", "side", str(root / "side"))
        wanted = {"a.txt", "vendor/b.txt", "vendor/.gitignore", "side/a.txt"}
        await watched.until(lambda: watched.names() == wanted)
        (root / "side/a.txt").write_text("alpha on the side")
        await watched.until(lambda: watched.summaries[-1].items == 1)
        assert watched.names() == wanted
        git(root, "worktree", "remove", "--force", "side")
        await watched.until(lambda: watched.names() == wanted - {"side/a.txt"})


@needs_git
async def test_a_switch_in_a_linked_working_tree_is_told(tmp_path: Path, root: Path) -> None:
    """Its HEAD lies outside the folder, the burst names the branch all the same."""
    main = repository(tmp_path / "main")
    put(main, {"a.txt": "alpha"})
    commit(main)
    root.rmdir()
    git(main, "worktree", "add", "-q", "-b", "one", str(root))
    put(root, {"a.txt": "alpha on one"})
    commit(root)
    async with watching(tmp_path, root) as watched:
        git(root, "checkout", "-q", "-b", "two", "main")
        await watched.until(lambda: [burst.branch for burst in watched.bursts if burst.branch] == ["two"])
        await watched.until(lambda: any(summary.items for summary in watched.summaries))
        assert watched.names() == {"a.txt"}


@needs_git
async def test_without_the_git_program(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules and branches are read from files: the program is not needed."""
    repository(root)
    put(root, {"a.txt": "alpha", ".gitignore": "*.log\n", "b.log": "beta"})
    commit(root)
    monkeypatch.setenv("PATH", "")
    async with watching(tmp_path, root) as watched:
        assert watched.names() == {"a.txt", ".gitignore"}
        put(root, {"c.txt": "gamma", "c.log": "gamma"})
        await watched.until(lambda: watched.names() == {"a.txt", ".gitignore", "c.txt"})


# ---- editors and renames ------------------------------------------------------------------------------------------


async def test_a_plain_rename_keeps_ids(tmp_path: Path, root: Path) -> None:
    """Files, and folders with everything below."""
    put(root, {"a.txt": "alpha", "d/e/f.txt": "phi", "d/g.md": "# G\n\ngamma\n"})
    async with watching(tmp_path, root) as watched:
        before = [watched.ids(name) for name in ("a.txt", "d/e/f.txt", "d/g.md")]
        (root / "a.txt").rename(root / "b.txt")
        await watched.until(lambda: "b.txt" in watched.names())
        (root / "d").rename(root / "h")
        await watched.until(lambda: watched.names() == {"b.txt", "h/e/f.txt", "h/g.md"})
        assert [watched.ids(name) for name in ("b.txt", "h/e/f.txt", "h/g.md")] == before


async def test_a_rename_with_an_edit_keeps_the_id(tmp_path: Path, root: Path) -> None:
    """Whether the system tells of both at once or not."""
    lines = [f"line {n} of the notes\n" for n in range(20)]
    put(root, {"a.txt": "".join(lines)})
    async with watching(tmp_path, root) as watched:
        _, item = watched.ids("a.txt")
        (root / "a.txt").rename(root / "b.txt")
        put(root, {"b.txt": "".join([*lines, "and one more\n"])})
        await watched.until(lambda: watched.names() == {"b.txt"} and "one more" in watched.text("b.txt"))
        assert watched.ids("b.txt")[1] == item


async def test_a_delete_forgets(tmp_path: Path, root: Path) -> None:
    """A file, and a folder with everything below."""
    put(root, {"a.txt": "alpha", "b.txt": "beta", "d/e/f.txt": "phi"})
    async with watching(tmp_path, root) as watched:
        (root / "a.txt").unlink()
        shutil.rmtree(root / "d")
        await watched.until(lambda: watched.names() == {"b.txt"})
        watched.fabric.wait_until_searchable(is_dense=False, report=lambda _: None, check=go_on)
        assert ask(watched.fabric, "phi").items == ()


async def test_an_atomic_save_is_one_change_of_one_file(tmp_path: Path, root: Path) -> None:
    """A file replaced by renaming over it keeps its id and the fragments that stayed as they were."""
    sections = [f"# Part {n}\n\n" + f"sentence{n} " * 120 + "\n\n" for n in range(4)]
    put(root, {"a.md": "".join(sections)})
    async with watching(tmp_path, root) as watched:
        chunks, item = watched.ids("a.md")
        sections[3] = sections[3].replace("sentence3", "changed")
        (root / ".a.md.tmp1").write_text("".join(sections))
        os.replace(root / ".a.md.tmp1", root / "a.md")
        await watched.until(lambda: any(summary.items for summary in watched.summaries))
        assert watched.names() == {"a.md"}
        after, same_item = watched.ids("a.md")
        assert same_item == item
        assert set(chunks[:-1]) <= set(after)
        assert sum(summary.items for summary in watched.summaries) == 1


async def test_a_slow_atomic_save_keeps_the_id_too(tmp_path: Path, root: Path) -> None:
    """The temporary file is seen, and kept for a while, before it takes the other's place."""
    put(root, {"a.md": "# A\n\nalpha\n"})
    async with watching(tmp_path, root) as watched:
        item = watched.ids("a.md")[1]
        put(root, {"a.new.md": "# A\n\nbeta\n"})
        await watched.until(lambda: watched.names() == {"a.md", "a.new.md"})
        os.replace(root / "a.new.md", root / "a.md")
        await watched.until(lambda: watched.names() == {"a.md"})
        assert watched.ids("a.md")[1] == item
        assert watched.fabric.get(item).text == "# A\n\nbeta\n"  # type: ignore[arg-type]  # an id from the store


async def test_a_single_file_is_followed_over_atomic_saves(tmp_path: Path, root: Path) -> None:
    """Each save puts another file in its place; all of them are seen."""
    path = root / "notes.txt"
    path.write_text("save number 0")
    async with watching(tmp_path, path) as watched:
        for number in range(1, 4):
            (root / "tmp").write_text(f"save number {number}")
            os.replace(root / "tmp", path)
            await watched.until(lambda number=number: _text(watched, path) == f"save number {number}")  # type: ignore[misc]  # mypy cannot infer the default


def _text(watched: Watched, path: Path) -> str:
    store = watched.fabric._store
    rows = store.chunks([int(i) for i in store.live_chunk_ids()]).values()  # type: ignore[misc]  # ids are plain numbers here
    return "".join(row.text for row in rows if row.path == str(path))


# ---- rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [".gitignore", ".cairnignore"])
async def test_edited_rules_take_effect(tmp_path: Path, root: Path, name: str) -> None:
    """What is ignored from now on leaves, what is allowed from now on comes, in folders below too."""
    put(root, {"a.txt": "alpha", "b.log": "beta", "d/c.log": "gamma", "d/e.txt": "eps", name: "*.txt\n"})
    async with watching(tmp_path, root) as watched:
        assert watched.names() == {"b.log", "d/c.log", name}
        (root / name).write_text("*.log\n")
        await watched.until(lambda: watched.names() == {"a.txt", "d/e.txt", name})
        put(root, {f"d/{name}": "e.txt\n"})
        await watched.until(lambda: watched.names() == {"a.txt", name, f"d/{name}"})
        (root / name).unlink()
        await watched.until(lambda: watched.names() == {"a.txt", "b.log", "d/c.log", f"d/{name}"})


async def test_hidden_rules_take_effect(tmp_path: Path, root: Path) -> None:
    """Rules that leave out their own file still rule; the repository's exclude file counts."""
    (root / ".git/info").mkdir(parents=True)
    put(root, {"a.txt": "alpha", "b.log": "beta"})
    async with watching(tmp_path, root) as watched:
        put(root, {".gitignore": ".*\n*.log\n"})
        await watched.until(lambda: watched.names() == {"a.txt"})
        put(root, {".git/info/exclude": "a.txt\n"})
        await watched.until(lambda: watched.names() == set())


async def test_a_folder_that_becomes_an_environment_leaves(tmp_path: Path, root: Path) -> None:
    """The mark of a virtual environment, or of a cache, is a rule about its folder."""
    put(root, {"a.txt": "alpha", "env/lib/x.py": "x = 1\n"})
    async with watching(tmp_path, root) as watched:
        put(root, {"env/pyvenv.cfg": "home = /usr\n"})
        await watched.until(lambda: watched.names() == {"a.txt"})


async def test_rules_of_the_followed_folder_hold_in_what_is_moved_in(tmp_path: Path, root: Path) -> None:
    """A folder from outside is indexed whole, as far as the rules above it allow."""
    put(root, {".cairnignore": "*.log\nbuild/\n", "a.txt": "alpha"})
    outside = tmp_path / "outside"
    put(outside, {"b.txt": "beta", "c.log": "gamma", "d/e/f.txt": "phi", "d/build/g.txt": "out", ".git/HEAD": "x"})
    async with watching(tmp_path, root) as watched:
        outside.rename(root / "in")
        await watched.until(lambda: watched.names() == {".cairnignore", "a.txt", "in/b.txt", "in/d/e/f.txt"})
        (root / "in").rename(tmp_path / "outside")
        await watched.until(lambda: watched.names() == {".cairnignore", "a.txt"})


async def test_git_rules_can_be_switched_off(tmp_path: Path, root: Path) -> None:
    """Then changes of files that git ignores are followed like any other."""
    put(root, {".gitignore": "*.log\n", "a.txt": "alpha"})
    async with watching(tmp_path, root, IngestConfig(is_following_gitignore=False)) as watched:
        put(root, {"b.log": "beta"})
        await watched.until(lambda: watched.names() == {".gitignore", "a.txt", "b.log"})


async def test_links_are_never_followed(tmp_path: Path, root: Path) -> None:
    """A link that leads out brings in nothing, neither when it appears nor when its target changes."""
    secret = tmp_path / "secret"
    put(secret, {"key.txt": "the secret", "d/k.txt": "deep secret"})
    put(root, {"a.txt": "alpha"})
    async with watching(tmp_path, root) as watched:
        (root / "key.txt").symlink_to(secret / "key.txt")
        (root / "dir").symlink_to(secret)
        (root / "loop").symlink_to(root)
        put(root, {"b.txt": "beta"})
        await watched.until(lambda: "b.txt" in watched.names())
        put(secret, {"key.txt": "the secret, changed", "d/new.txt": "another secret"})
        put(root, {"c.txt": "gamma"})
        await watched.until(lambda: "c.txt" in watched.names())
        assert watched.names() == {"a.txt", "b.txt", "c.txt"}
        indexed = {row.path for row in watched.fabric.coverage("/") if row.chunks}
        assert indexed == {str(root / f"{n}.txt") for n in "abc"}


async def test_a_file_replaced_by_a_link_leaves(tmp_path: Path, root: Path) -> None:
    """What the name leads to now is not what was indexed."""
    put(root, {"a.txt": "alpha", "b.txt": "beta"})
    put(tmp_path / "secret", {"a.txt": "the secret"})
    async with watching(tmp_path, root) as watched:
        (root / "a.txt").unlink()
        (root / "a.txt").symlink_to(tmp_path / "secret/a.txt")
        await watched.until(lambda: watched.names() == {"b.txt"})


# ---- storms and losses --------------------------------------------------------------------------------------------


async def test_a_storm_loses_nothing_and_leaves_no_memory_behind(tmp_path: Path, root: Path) -> None:
    """5,000 files changed at once, several times over: all are there, bursts stay small, the process does not grow."""
    names = {f"d{n % 50}/f{n}.txt" for n in range(5_000)}
    process = psutil.Process()
    sizes = []
    async with watching(tmp_path, root) as watched:
        for storm in range(4):
            put(root, {name: f"storm{storm} in {name}" for name in sorted(names)})
            await watched.until(lambda storm=storm: _count(watched, f"storm{storm} ") == 5_000)  # type: ignore[misc]  # mypy cannot infer the default
            gc.collect()
            sizes.append(process.memory_info().rss)
        assert watched.names() == names
        assert max(len(burst.paths) for burst in watched.bursts) <= 1_000
        # the first storms fill caches and heaps; what comes after must not add up
        assert sizes[3] - sizes[1] < 40 * 1024 * 1024


def _count(watched: Watched, start: str) -> int:
    with watched.fabric._store._reader.pool.borrowed() as connection:
        found = connection.execute("SELECT count(*) FROM chunks WHERE text LIKE ?", (f"{start}%",)).fetchone()
    return int(found[0])


@pytest.mark.parametrize("count", [450, 900, 1_400, 2_100])
async def test_a_burst_of_any_size_is_digested(tmp_path: Path, root: Path, count: int) -> None:
    """There is no number of changed files that is too many to be asked about at once and too few to be walked."""
    async with watching(tmp_path, root) as watched:
        put(root, {f"f{n}.txt": f"word{n}" for n in range(count)})
        await watched.until(lambda: len(watched.names()) == count)
        shutil.rmtree(root)
        root.mkdir()
        await watched.until(lambda: not watched.names())


async def test_a_root_that_is_deleted_and_made_again_is_followed_on(tmp_path: Path, root: Path) -> None:
    """Gone with the folder, back with it, and changes in the new one are seen."""
    put(root, {"a.txt": "alpha", "d/b.txt": "beta"})
    async with watching(tmp_path, root) as watched:
        for number in range(2):
            shutil.rmtree(root)
            await watched.until(lambda: not watched.names())
            put(root, {f"c{number}.txt": "gamma"})
            await watched.until(lambda number=number: watched.names() == {f"c{number}.txt"})  # type: ignore[misc]  # mypy cannot infer the default
            put(root, {f"d/e{number}.txt": "eps"})
            await watched.until(lambda number=number: f"d/e{number}.txt" in watched.names())  # type: ignore[misc]  # mypy cannot infer the default


async def test_a_root_that_is_exchanged_keeps_what_is_the_same(tmp_path: Path, root: Path) -> None:
    """The folder moves away and another takes its name: what both hold was never forgotten."""
    put(root, {"a.txt": "alpha", "b.txt": "beta"})
    async with watching(tmp_path, root) as watched:
        item = watched.ids("a.txt")[1]
        put(tmp_path / "next", {"a.txt": "alpha", "c.txt": "gamma"})
        root.rename(tmp_path / "old")
        (tmp_path / "next").rename(root)
        await watched.until(lambda: watched.names() == {"a.txt", "c.txt"})
        assert watched.ids("a.txt")[1] == item
        put(root, {"d.txt": "delta"})
        await watched.until(lambda: "d.txt" in watched.names())


async def test_a_name_that_is_no_unicode_does_not_end_the_watching(tmp_path: Path, root: Path) -> None:
    """The engine gives up at such a name: what happened meanwhile is found all the same."""
    put(root, {"a.txt": "alpha"})
    async with watching(tmp_path, root) as watched:
        with open(os.fsencode(root) + b"/\xff.txt", "wb") as file:
            file.write(b"x")
        put(root, {"b.txt": "beta", "line\nbreak.txt": "gamma", "ж.txt": "дельта"})
        await watched.until(lambda: watched.names() == {"a.txt", "b.txt", "line\nbreak.txt", "ж.txt"})
        put(root, {"c.txt": "gamma"})
        await watched.until(lambda: "c.txt" in watched.names())


async def test_only_what_changed_is_looked_at(tmp_path: Path, root: Path) -> None:
    """One save among a thousand files opens that one file, and several writes at once are one burst."""
    put(root, {f"f{n}.txt": f"word{n}" for n in range(1_000)})
    async with watching(tmp_path, root) as watched:
        with opened_files() as opened:
            for _ in range(20):
                (root / "f7.txt").write_text("another word")
            await watched.until(lambda: any(summary.items for summary in watched.summaries))
        assert watched.bursts[0].paths == (str(root / "f7.txt"),)
        assert {path for path in opened if path.startswith(f"{root}/")} == {str(root / "f7.txt")}
        assert len(watched.bursts) <= 2
