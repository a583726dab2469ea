"""Ignore rules beside git's own answer."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory_fabric.ingest.ignore import IgnoreRules, is_always_ignored
from memory_fabric.ingest.walk import is_ignored, walk_tree
from tests.memory_fabric.ingest.linear import assert_ends

PATTERNS = st.sampled_from([
    "a", "b/", "*.txt", "!a.txt", "/a", "a/b", "**/c", "c/**", "a/**/b", "!b/", "!c.txt", "*", "!*/", "[ab].txt",
    "a*", "\\!x", "# note", "", "/*", "!/a", "?", "b/*", "!b/a.txt", "a.txt ", "*.txt/",
    "a/**", "a/**/", "**", "**/", "a/*/", "*/b", "!/a/**/c.txt", "[!a].txt",
    "a/",
])  # fmt: skip
NAMES = ("a", "b", "c", "a.txt", "b.txt", "c.txt", "x")


def test_malformed_patterns_are_passed_over() -> None:
    """A pattern that git would not understand hides nothing and stops nothing."""
    rules = IgnoreRules("/base", ["!", "[", "*.log", "\\"])
    assert rules.decide("/base/x.log", "x.log") is True
    assert rules.decide("/base/x.py", "x.py") is None


def test_negation_is_not_silence() -> None:
    """A negated match says "keep", which a rule of an outer folder cannot overrule."""
    rules = IgnoreRules("/base", ["*.log", "!keep.log"])
    assert rules.decide("/base/keep.log", "keep.log") is False


def test_a_star_below_a_folder_does_not_take_the_folder() -> None:
    """What is inside `b` can be let in again by name: the walk must look into `b` for that."""
    rules = IgnoreRules("/base", ["b/*", "!a.txt"])
    assert rules.decide("/base/b/", "b/") is None
    assert rules.decide("/base/b/c.txt", "c.txt") is True
    assert rules.decide("/base/b/a.txt", "a.txt") is False


def test_builtin_names() -> None:
    """Names are told apart for folders and files."""
    assert is_always_ignored("node_modules", is_directory=True)
    assert not is_always_ignored("node_modules", is_directory=False)
    assert is_always_ignored(".DS_Store", is_directory=False)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@given(top=st.lists(PATTERNS, max_size=5), inner=st.lists(PATTERNS, max_size=3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_agrees_with_git(tmp_path_factory: pytest.TempPathFactory, top: list[str], inner: list[str]) -> None:
    """The walk finds exactly the files that `git ls-files --others --exclude-standard` finds."""
    root = tmp_path_factory.mktemp("repo")
    for folder in ("", "a/", "b/", "a/b/", "c/a/"):
        for name in NAMES:
            path = root / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() and name not in {"a", "b", "c"}:
                path.write_text("")
    (root / ".gitignore").write_text("\n".join(top))
    (root / "a/.gitignore").write_text("\n".join(inner))
    git = ["git", "-c", "core.excludesFile=/dev/null"]
    subprocess.run([*git, "init", "-q", "."], cwd=root, check=True, capture_output=True)
    listed = subprocess.run(
        [*git, "ls-files", "--others", "--exclude-standard", "-z"], cwd=root, check=True, capture_output=True
    )
    expected = set(listed.stdout.decode().split("\0")) - {""}
    found = walk_tree([root], max_file_bytes=10**6, on_skip=lambda _: None)
    assert {str(Path(file.path).relative_to(root.resolve())) for file in found} == expected


_PIECES = [
    "a",
    "b",
    "ab",
    ".c",
    "*",
    "?",
    "**",
    "[ab]",
    "[!a]",
    "[^b]",
    "[a-c]",
    "[[ab]",
    "[]a]",
    "[!]]",
    "[a-]",
    "[-a]",
    "[[:alpha:]]",
    "[[:nope:]]",
    "[b-a]",
    "[\\]]",
    "\\",
    "***",
    "\\*",
    "\\[",
    "a b",
    "[",
    "]",
    "-",
]
_PART = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=3).map("".join)
_PATTERN = st.builds(
    lambda mark, head, parts, tail: mark + head + "/".join(parts) + tail,
    st.sampled_from(["", "", "", "!", "\\!", "#", "\\#"]),
    st.sampled_from(["", "", "/", "**/"]),
    st.lists(_PART, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", "/*", "/**", " ", "\\ ", "\t", "\r"]),
)
_NAME = st.sampled_from(["a", "b", "ab", "abc", ".c", "a b", "a*", "[a]", "!a", "#a", "-", "a ", "b]"])
_TREE = st.sets(st.lists(_NAME, min_size=1, max_size=4).map(tuple), min_size=1, max_size=14)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@given(
    tree=_TREE,
    rules=st.dictionaries(st.sampled_from([(), ("a",), ("a", "b"), ("ab",)]), st.lists(_PATTERN, max_size=5)),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_agrees_with_git_about_any_pattern(
    tmp_path_factory: pytest.TempPathFactory, tree: set[tuple[str, ...]], rules: dict[tuple[str, ...], list[str]]
) -> None:
    """`git check-ignore` says of every file what the walk and the watcher say."""
    root = tmp_path_factory.mktemp("repo").resolve()
    git = ["git", "-c", "core.excludesFile=/dev/null"]
    subprocess.run([*git, "init", "-q", "."], cwd=root, check=True, capture_output=True)
    folders = {path[:depth] for path in tree for depth in range(1, len(path))}
    folders |= {path[:depth] for path in rules for depth in range(len(path) + 1)}
    files = [root.joinpath(*path) for path in sorted(tree) if path not in folders]
    for folder in folders:
        root.joinpath(*folder).mkdir(parents=True, exist_ok=True)
    for path in files:
        path.write_text("")
    for folder, lines in rules.items():
        root.joinpath(*folder, ".gitignore").write_text("\n".join(lines) + "\n")
    names = [str(path.relative_to(root)) for path in files]
    asked = subprocess.run(
        [*git, "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=root,
        input="\0".join([*names, ""]).encode(),
        capture_output=True,
        check=False,
    )
    assert asked.returncode in (0, 1), asked.stderr
    kept = set(names) - set(asked.stdout.decode().split("\0"))
    found = walk_tree([root], max_file_bytes=10**6, on_skip=lambda _: None)
    walked = {str(Path(file.path).relative_to(root)) for file in found}
    assert {name for name in walked if Path(name).name != ".gitignore"} == kept
    assert {name for name in names if not is_ignored(root / name, root)} == kept


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 12 + "b", "a" * 60),
        ("*a" * 100 + "b", "a" * 250),
        ("**/a/" * 12 + "b", "a/" * 60),
        ("**/*a*a*a*/" * 12 + "b", "aaaa/" * 600),
        ("a/" + "**/*/" * 20 + "b", "a/" * 1500),
        ("**\\/a" * 12 + "/b", "a/" * 1500),
        ("*?" * 40 + "[!a]", "a" * 250),
    ],
)
def test_no_pattern_is_slow(pattern: str, path: str) -> None:
    """A line made to be tried in every way is tried in one, and does not hide what it does not match."""
    program = (
        "from memory_fabric.ingest.ignore import IgnoreRules\n"
        f"rules, path = IgnoreRules('/base', [{pattern!r}]), {path!r}\n"
        "name = path if '/' not in path else path.rstrip('/').rpartition('/')[2] + '/'\n"
        "for _ in range(20): print(rules.decide(f'/base/{path}', name))\n"
    )
    assert set(assert_ends(program).split()) == {"None"}


def test_the_last_of_equal_lines_decides() -> None:
    """A line that comes again counts where it stands last, as in git."""
    assert IgnoreRules("/base", ["a", "!a", "a"]).decide("/base/a", "a") is True
    assert IgnoreRules("/base", ["!a", "a", "!a"]).decide("/base/a", "a") is False


def test_stars_between_names() -> None:
    """What stands between stars is found wherever it is, at the end only at the end."""
    rules = IgnoreRules("/base", ["a*bc*d", "x/**/y*z/**/*w"])
    for path, is_hit in [
        ("abcd", True),
        ("abbcxbcd", True),
        ("abcdx", False),
        ("abd", False),
        ("x/yz/w", True),
        ("x/y/yz/yzz/q/ww", True),
        ("x/y/z/w", False),
        ("x/yz/wq", False),
    ]:
        assert (rules.decide(f"/base/{path}", path.rpartition("/")[2]) is True) is is_hit, path
