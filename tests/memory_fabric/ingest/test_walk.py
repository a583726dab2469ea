"""Finding files: what is found, what is left out, what is refused and why."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memory_fabric.ingest.walk import FoundFile, is_ignored, walk_tree
from memory_fabric.records import SkippedFile

MEGABYTE = 1024 * 1024


def put(root: Path, files: dict[str, str]) -> Path:
    """Write files below `root`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def walk(*roots: Path, limit: int = MEGABYTE, is_following_gitignore: bool = True) -> tuple[list[str], dict[str, str]]:
    """Return names relative to the first root, and the skipped ones with their reasons."""
    skipped: list[SkippedFile] = []
    found = walk_tree(
        roots, max_file_bytes=limit, is_following_gitignore=is_following_gitignore, on_skip=skipped.append
    )
    base = roots[0].resolve()
    names = [os.path.relpath(file.path, base) for file in found]
    return names, {os.path.relpath(skip.path, base): skip.reason for skip in skipped}


def test_yields_files_with_their_stamps(tmp_path: Path) -> None:
    """Each file comes once, absolute, with size, time, inode and device."""
    put(tmp_path, {"b.txt": "bb", "a/x.txt": "x"})
    found = list(walk_tree([tmp_path], max_file_bytes=10, on_skip=lambda _: None))
    status = (tmp_path / "b.txt").stat()
    expected = FoundFile(str(tmp_path / "b.txt"), 2, status.st_mtime_ns, status.st_ino, status.st_dev)
    assert [file.path for file in found] == [str(tmp_path / "b.txt"), str(tmp_path / "a/x.txt")]
    assert found[0] == expected


def test_a_single_file_is_a_root(tmp_path: Path) -> None:
    """A root that is a file is yielded, whatever the ignore files say."""
    put(tmp_path, {"keep.log": "x", ".gitignore": "*.log"})
    assert walk(tmp_path / "keep.log")[0] == ["."]


def test_overlapping_roots_yield_each_file_once(tmp_path: Path) -> None:
    """A folder inside another root, and a file inside both, come once."""
    put(tmp_path, {"a/b/c.txt": "x", "a/d.txt": "y"})
    names, _ = walk(tmp_path, tmp_path / "a", tmp_path / "a/b/c.txt")
    assert sorted(names) == ["a/b/c.txt", "a/d.txt"]


def test_an_ignored_folder_named_as_a_root_is_walked(tmp_path: Path) -> None:
    """What the user names is walked although a rule above leaves it out."""
    put(tmp_path, {".gitignore": "build/\n", "build/out.txt": "x", "src/a.py": "a"})
    (tmp_path / ".git").mkdir()
    assert walk(tmp_path)[0] == [".gitignore", "src/a.py"]
    assert walk(tmp_path / "build")[0] == ["out.txt"]


def test_rules_above_the_root_count_inside_a_repository(tmp_path: Path) -> None:
    """Indexing a subfolder of a repository follows the repository's rules."""
    put(tmp_path, {".gitignore": "*.log\n", "src/a.py": "a", "src/b.log": "b"})
    assert walk(tmp_path / "src")[0] == ["a.py", "b.log"]
    (tmp_path / ".git").mkdir()
    assert walk(tmp_path / "src")[0] == ["a.py"]


def test_nested_rules_and_negation(tmp_path: Path) -> None:
    """The innermost file decides, the last matching pattern wins, a folder left out cannot be re-entered."""
    put(
        tmp_path,
        {
            ".gitignore": "*.log\n!keep.log\n/out\nsecret/\n",
            "a.log": "",
            "keep.log": "",
            "out/x.txt": "",
            "deep/out/x.txt": "",
            "deep/.gitignore": "!a.log\n*.tmp\n",
            "deep/a.log": "",
            "deep/b.log": "",
            "deep/c.tmp": "",
            "secret/.gitignore": "!*",
            "secret/key.txt": "",
        },
    )
    names, skipped = walk(tmp_path)
    assert sorted(names) == [".gitignore", "deep/.gitignore", "deep/a.log", "deep/out/x.txt", "keep.log"]
    assert skipped == {}


def test_cairnignore_and_the_repository_exclude_file(tmp_path: Path) -> None:
    """`.cairnignore` wins over `.gitignore`, and counts even when git's rules do not."""
    put(
        tmp_path,
        {
            ".git/info/exclude": "local.txt\n",
            ".gitignore": "made.txt\n",
            ".cairnignore": "!made.txt\nprivate/\n",
            "made.txt": "",
            "local.txt": "",
            "private/x.txt": "",
        },
    )
    assert walk(tmp_path)[0] == [".cairnignore", ".gitignore", "made.txt"]
    names, _ = walk(tmp_path, is_following_gitignore=False)
    assert names == [".cairnignore", ".gitignore", "local.txt", "made.txt"]


def test_builtin_list_is_silent(tmp_path: Path) -> None:
    """Version control, packages, caches and virtual environments are left out and not reported."""
    put(
        tmp_path,
        {
            ".git/HEAD": "",
            "node_modules/x/index.js": "",
            "a/__pycache__/m.pyc": "",
            "myenv/pyvenv.cfg": "",
            "myenv/lib/x.py": "",
            "target/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n",
            "target/x.rs": "",
            "notes/CACHEDIR.TAG": "just a note",
            "notes/n.md": "",
            "x.md~": "",
            "pkg.egg-info/PKG-INFO": "",
            "a/m.py": "",
        },
    )
    assert walk(tmp_path) == (["a/m.py", "notes/CACHEDIR.TAG", "notes/n.md"], {})


def test_symlinks_are_never_followed(tmp_path: Path) -> None:
    """Links out, loops and broken links are reported; a target inside is found by its own path."""
    outside = put(tmp_path / "outside", {"secret.txt": "s"})
    root = put(tmp_path / "root", {"real/a.txt": "a"})
    (root / "out.txt").symlink_to(outside / "secret.txt")
    (root / "outdir").symlink_to(outside)
    (root / "real/up").symlink_to(root)
    (root / "self").symlink_to(root / "self")
    (root / "gone").symlink_to(root / "nothing")
    (root / "alias.txt").symlink_to(root / "real/a.txt")
    names, skipped = walk(root)
    assert names == ["real/a.txt"]
    assert skipped == {
        "out.txt": "symlink outside the folder",
        "outdir": "symlink outside the folder",
        "real/up": "symlink loop",
        "self": "symlink loop",
        "gone": "broken symlink",
    }


def test_special_and_huge_files_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipes, sockets and files above the limit are listed with the reason."""
    put(tmp_path, {"big.txt": "x" * 200, "small.txt": "x"})
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # a socket's path is limited to 108 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock")
        names, skipped = walk(tmp_path, limit=100)
    assert names == ["small.txt"]
    assert skipped == {
        "big.txt": "too large (200 B > 100 B)",
        "pipe": "not a regular file (named pipe)",
        "sock": "not a regular file (socket)",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_closed_folders_and_files_are_reported(tmp_path: Path) -> None:
    """A folder or a file without permission is listed and the walk goes on."""
    put(tmp_path, {"closed/x.txt": "", "shut.txt": "", "z.txt": ""})
    (tmp_path / "closed").chmod(0)
    (tmp_path / "shut.txt").chmod(0)
    try:
        names, skipped = walk(tmp_path)
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert names == ["z.txt"]
    assert skipped == {"closed": "unreadable: Permission denied", "shut.txt": "unreadable: Permission denied"}


def test_a_missing_root_is_reported(tmp_path: Path) -> None:
    """A root that went away is listed, not raised."""
    assert walk(tmp_path / "gone") == ([], {".": "unreadable: No such file or directory"})


def test_names_that_are_no_unicode_are_reported(tmp_path: Path) -> None:
    """A name that could not be stored is listed with its bytes replaced."""
    with open(os.fsencode(tmp_path) + b"/\xff.txt", "wb"):
        pass
    names, skipped = walk(tmp_path)
    assert names == []
    assert skipped == {"\ufffd.txt": "name is not utf-8"}


def test_any_other_name_is_found(tmp_path: Path) -> None:
    """Line breaks, quotes, spaces, signs of other alphabets: only what is no Unicode is refused."""
    names = [
        "line\nbreak.txt",
        " lead.txt",
        "quote'\".txt",
        "tab\t.txt",
        "ж漢🙂.txt",
        "-rf.txt",
        "$HOME.txt",
        "\\.txt",
        "a" * 255,
    ]
    put(tmp_path, dict.fromkeys(names, "x"))
    assert walk(tmp_path) == (sorted(names), {})


def test_a_folder_whose_name_is_no_unicode_is_reported_once(tmp_path: Path) -> None:
    """Nothing below it could be named either."""
    inner = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(inner)
    with open(inner + b"/a.txt", "wb"):
        pass
    assert walk(tmp_path) == ([], {"\ufffd": "name is not utf-8"})


@pytest.fixture
def deep_place(tmp_path: Path) -> Iterator[Path]:
    """A folder that is removed by `rm`: what Python and pytest clean up with calls itself for every level."""
    place = tmp_path / "deep"
    place.mkdir()
    yield place
    subprocess.run(["rm", "-rf", place], check=True)


def test_a_tree_deeper_than_a_path_may_be_long(deep_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no path can name is reported where it begins; everything above is found."""
    monkeypatch.chdir(deep_place)
    for _ in range(60):
        os.mkdir("d" * 100)
        os.chdir("d" * 100)
        Path("a.txt").write_text("x")
    names, skipped = walk(deep_place)
    assert len(names) == (4096 - len(str(deep_place)) - len("/a.txt")) // 101
    assert list(skipped.values()) == ["unreadable: File name too long"]


def test_a_very_deep_tree(tmp_path: Path) -> None:
    """No recursion: a thousand folders in each other are walked."""
    folders = [tmp_path]
    for _ in range(1_000):
        folders.append(folders[-1] / "d")
        folders[-1].mkdir()
    deepest = folders[-1] / "a.txt"
    deepest.write_text("x")
    try:
        names, skipped = walk(tmp_path)
        assert ([name.count("/") for name in names], skipped) == ([1_000], {})
        assert not is_ignored(deepest, tmp_path)
    finally:
        # what cleans up after the tests does recurse
        deepest.unlink()
        for folder in reversed(folders[1:]):
            folder.rmdir()


def test_a_file_of_holes_counts_by_its_length(tmp_path: Path) -> None:
    """It takes no space, and reading it would."""
    with (tmp_path / "holes.txt").open("wb") as file:
        file.truncate(1 << 40)
    assert walk(tmp_path) == ([], {"holes.txt": "too large (1048576 MB > 1 MB)"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_devices_are_reported(tmp_path: Path) -> None:
    """They are never opened."""
    try:
        os.mknod(tmp_path / "zero", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
        os.mknod(tmp_path / "disk", 0o600 | stat.S_IFBLK, os.makedev(7, 99))
    except PermissionError:
        pytest.skip("devices cannot be made here")
    assert walk(tmp_path) == (
        [],
        {"zero": "not a regular file (character device)", "disk": "not a regular file (block device)"},
    )


def test_what_goes_and_changes_during_the_walk(tmp_path: Path) -> None:
    """A folder that goes is reported, a file that goes is not found, one that comes later is: the walk goes on."""
    put(tmp_path, {"a/1.txt": "x", "b/2.txt": "x", "c/3.txt": "x", "d/4.txt": "x"})
    skipped: list[SkippedFile] = []
    found = walk_tree([tmp_path], max_file_bytes=10, on_skip=skipped.append)
    assert next(found).path.endswith("a/1.txt")
    (tmp_path / "b/2.txt").unlink()
    (tmp_path / "b").rmdir()
    (tmp_path / "c/3.txt").write_text("longer")
    put(tmp_path, {"d/5.txt": "x"})
    rest = {Path(file.path).name: file.size for file in found}
    assert rest == {"3.txt": 6, "4.txt": 1, "5.txt": 1}
    assert [(skip.path, skip.reason) for skip in skipped] == [
        (str(tmp_path / "b"), "unreadable: No such file or directory")
    ]


def test_a_change_below_a_home_fares_as_in_a_walk_of_it(tmp_path: Path) -> None:
    """For any file or folder as a root of its own: the same files, and never one that the home's walk leaves out."""
    outside = put(tmp_path / "outside", {"key.txt": "s"})
    home = put(
        tmp_path / "home",
        {
            ".cairnignore": "*.log\nbuild/\n",
            "a.txt": "",
            "b.log": "",
            "build/c.txt": "",
            "d/e.txt": "",
            "d/f.log": "",
            "d/build/g.txt": "",
            "d/.cairnignore": "!f.log\n",
            "env/pyvenv.cfg": "",
            "env/x.py": "",
            "node_modules/m.js": "",
        },
    )
    (home / "link").symlink_to(outside)
    (home / "d/key.txt").symlink_to(outside / "key.txt")
    whole = {file.path for file in walk_tree([home], max_file_bytes=10, on_skip=lambda _: None)}
    for path in [*home.rglob("*"), home / "link/key.txt"]:
        found = {f.path for f in walk_tree([path], max_file_bytes=10, on_skip=lambda _: None, homes=[home])}
        assert found == {name for name in whole if name == str(path) or name.startswith(f"{path}/")}, path
    assert {Path(name).name for name in whole} == {".cairnignore", "a.txt", "e.txt", "f.log"}


def test_check_stops_the_walk(tmp_path: Path) -> None:
    """An exception of `check` passes through."""

    def stop() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        list(walk_tree([tmp_path], max_file_bytes=1, on_skip=lambda _: None, check=stop))


def test_is_ignored_agrees_with_the_walk(tmp_path: Path) -> None:
    """The watcher's question has the walk's answer for every file, also when rules are nested."""
    put(
        tmp_path,
        {
            ".gitignore": "*.log\nout/\n/top.txt\ndoc/**\n!doc/keep.md\n",
            "a.log": "",
            "top.txt": "",
            "b/top.txt": "",
            "b/.cairnignore": "*.csv\n",
            "b/t.csv": "",
            "t.csv": "",
            "out/x.py": "",
            "doc/a.md": "",
            "doc/keep.md": "",
            "node_modules/m.js": "",
            "venv/pyvenv.cfg": "",
            "venv/x.py": "",
        },
    )
    names, _ = walk(tmp_path)
    every = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {str(path.relative_to(tmp_path)) for path in every if not is_ignored(path, tmp_path)} == set(names)
    assert "doc/keep.md" in names
    assert is_ignored(tmp_path / "out/deleted.py", tmp_path)
    assert not is_ignored(tmp_path, tmp_path)


@pytest.mark.slow
def test_ten_thousand_files_cost_little_more_than_looking_at_them(tmp_path: Path) -> None:
    """10,000 files under 30 patterns take a small multiple of a bare walk that asks for each file's stamp."""

    def bare() -> None:
        for folder, _, files in os.walk(tmp_path):
            for name in files:
                os.lstat(f"{folder}/{name}")

    def work(run: Callable[[], object]) -> float:
        start = time.process_time()
        run()
        return time.process_time() - start

    for folder in range(100):
        (tmp_path / f"d{folder}").mkdir()
        for number in range(100):
            (tmp_path / f"d{folder}/f{number}.py").touch()
    patterns = [f"*.x{number}\n/gone{number}/\n" for number in range(15)]
    (tmp_path / ".gitignore").write_text("".join(patterns))
    names, _ = walk(tmp_path)
    assert len(names) == 10_001
    assert min(work(lambda: walk(tmp_path)) for _ in range(3)) < 15 * min(work(bare) for _ in range(3))
