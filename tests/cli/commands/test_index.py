"""`index`, `ingest`, `coverage`: filling the memory."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.commands.home import PATIENCE_S, Home

pytestmark = pytest.mark.slow

_MANY = 4_000


@pytest.fixture
def tree(home: Home, request: pytest.FixtureRequest) -> Path:
    """Three texts and what cannot be read, in a folder of the test's own."""
    name = str(request.node.name)
    for word in ("apple", "pear", "plum"):
        home.write(f"{name}/{word}.md", f"# {word}\n\nThe {word} of {name} is ripe.\n")
    (home.work / name / "picture.md").write_bytes(b"\x00\x01\xff\xfe" * 100)
    return home.work / name


def _fill(folder: Path) -> Path:
    folder.mkdir()
    for number in range(_MANY):
        (folder / f"{number}.txt").write_text(f"line of number {number}\n" * 30)
    return folder


@pytest.fixture(scope="module")
def many(home: Home) -> Path:
    """A folder whose listing is far longer than a pipe takes."""
    folder = _fill(home.work / "many")
    home.good("index", str(folder))
    return folder


def test_a_second_run_says_unchanged(home: Home, tree: Path) -> None:
    """The first reads, the second looks; what cannot be read is listed with its reason both times."""
    first, second = home.good("index", str(tree)), home.good("index", str(tree))
    assert first.startswith("4 files: 3 read, 0 unchanged, 1 skipped; 3 new chunks in ")
    # written a moment ago, they are looked into once more
    assert second.startswith("4 files: 0 read, 3 unchanged, 1 skipped; 0 new chunks in ")
    assert f"skipped {tree.name}/picture.md: binary" in first
    assert "dense index missing, the rest level after" in first
    assert home.recalled("pear", tree.name)[0] == str(tree / "pear.md")


def test_changes_renames_and_deletes_are_counted(home: Home, tree: Path) -> None:
    """Of a tree that was changed between two runs."""
    home.good("index", str(tree))
    (tree / "apple.md").rename(tree / "orange.md")
    (tree / "pear.md").unlink()
    (tree / "plum.md").write_text("The plum is eaten.")
    said = home.good("index", str(tree))
    assert said.startswith("3 files: 1 read, 1 unchanged, 1 skipped, 1 renamed, 1 gone; ")
    assert home.recalled("plum eaten", "--under", str(tree))[0] == str(tree / "plum.md")


def test_json_is_progress_and_then_the_summary(home: Home, tree: Path) -> None:
    """One document a line, with the documented names."""
    *progress, last = [json.loads(line) for line in home.good("index", str(tree), "--json").splitlines()]
    assert all(line.keys() == {"progress"} for line in progress)
    assert {"files", "unchanged", "items", "chunks", "skipped", "redacted", "took_s", "chunks_per_s"} <= last.keys()
    assert (last["files"], last["items"]) == (4, 3)
    assert last["skipped"][0].keys() == {"path", "reason"}


def test_on_a_terminal_there_is_a_bar(home: Home, tree: Path) -> None:
    """Of any width; it is taken away at the end and the summary stays."""
    for cells in (30, 100):
        status, written = home.on_terminal("index", "--force", str(tree), cells=cells)
        assert status == 0
        assert "Traceback" not in written
        assert "\x1b[?25l" in written
        assert "4 files: 3 read" in written.rsplit("\x1b[2K", 1)[-1]


def test_paths_are_named_from_where_one_stands(home: Home, tree: Path) -> None:
    """Also with dots and with several of them."""
    home.good("index", f"{tree.name}/../{tree.name}/apple.md", f"./{tree.name}/pear.md")
    assert set(home.recalled("ripe", "--under", str(tree))) == {str(tree / "apple.md"), str(tree / "pear.md")}


@pytest.mark.parametrize("path", ["nowhere", "/proc", "/nowhere/at/all", "\udcff"], ids=ascii)
def test_a_path_that_cannot_be_indexed_is_refused(home: Home, path: str) -> None:
    """With its field; a usage error."""
    assert "`paths" in home.bad("index", path, status=2)


def test_without_a_path_nothing_begins(home: Home) -> None:
    """A usage error with the usage."""
    assert "Usage: cairn index" in home.bad("index", status=2)


def _interrupted(home: Home, folder: Path) -> subprocess.CompletedProcess[str]:
    """Press Ctrl-C as soon as files are being read."""
    running = home.begin("index", "--json", str(folder))
    assert running.stdout is not None
    for line in running.stdout:
        if json.loads(line)["progress"]["done"] > 0:
            break
    running.send_signal(signal.SIGINT)
    said, errors = running.communicate(timeout=PATIENCE_S)
    return subprocess.CompletedProcess([], running.returncode, said, errors)


def test_ctrl_c_leaves_a_state_that_the_next_run_finishes(home: Home) -> None:
    """Exit status 130 and one word; then everything is there once."""
    folder = _fill(home.work / "interrupted")
    done = _interrupted(home, folder)
    assert (done.returncode, done.stderr.strip()) == (130, "stopped")
    rest = home.json("index", str(folder))
    assert rest["items"] > 0
    assert rest["items"] + rest["unchanged"] == _MANY
    assert home.json("index", str(folder))["unchanged"] == _MANY
    rows = home.json("coverage", str(folder))["files"]
    assert len(rows) == _MANY
    assert {row["state"] for row in rows} == {"indexed"}
    assert home.json("doctor")["ok"]


@pytest.mark.parametrize("words", [["coverage"], ["coverage", "--json"], ["list", "-n", "1000"]], ids=" ".join)
def test_a_reader_that_leaves_is_no_error(home: Home, many: Path, words: list[str]) -> None:
    """The command ends as every program of a pipeline does, and says nothing."""
    running = home.begin(*words)
    assert running.stdout is not None
    assert running.stdout.read(1)
    running.stdout.close()
    assert running.stderr is not None
    said = running.stderr.read()
    running.stderr.close()
    assert said == ""
    assert running.wait(PATIENCE_S) in {0, -signal.SIGPIPE}


def test_a_pipeline_of_the_shell_works(home: Home, many: Path) -> None:
    """`cairn coverage | head -1` prints one line and nothing else."""
    done = subprocess.run(
        ["bash", "-c", f"{home.shell_command} coverage | head -1"],
        capture_output=True,
        text=True,
        cwd=home.work,
        env=home.environment(),
        check=True,
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_coverage_tells_what_became_of_each_file(home: Home, tree: Path) -> None:
    """For people and for programs, below a path."""
    home.good("index", str(tree))
    rows = {Path(row["path"]).name: row for row in home.json("coverage", str(tree))["files"]}
    assert rows.keys() == {"apple.md", "pear.md", "plum.md", "picture.md"}
    assert all(row.keys() == {"path", "state", "reason", "chunks"} for row in rows.values())
    assert (rows["picture.md"]["state"], rows["apple.md"]["state"]) == ("skipped", "indexed")
    (tree / "plum.md").write_text("another fruit\n")
    told = home.good("coverage", str(tree))
    assert f"pending      1  {tree / 'plum.md'}  (changed since it was read)\n" in told
    assert told.endswith("\n2 indexed, 1 pending, 1 skipped\n")
    assert f"  {tree / 'picture.md'}  (binary" in home.good("coverage", str(tree))
    assert home.good("coverage", "/nope") == "nothing is known below /nope\n"


def test_records_come_back_under_their_ids(home: Home) -> None:
    """From a file and from standard input; what is not known by name is kept."""
    lines = [
        {"id": "a", "text": "the quince is yellow", "timestamp": "2026-01-02T00:00:00Z", "meta": {"n": 1}},
        {"id": "b", "text": "the medlar is brown", "title": "medlar", "colour": "brown", "project": "other"},
    ]
    file = home.write("records.jsonl", "\n".join(map(json.dumps, lines)) + "\n\n")
    assert home.good("ingest", str(file), "--project", "fruit").startswith("2 records, 2 new chunks in ")
    assert home.json("ingest", str(file), "--project", "fruit")["chunks"] == 0
    assert home.recalled("quince") == ["jsonl:fruit/a"]
    assert home.recalled("medlar") == ["jsonl:other/b"]
    assert "1 records" in home.good("ingest", "-", "-p", "fruit", stdin='{"id": "c", "text": "the sloe is blue"}')
    assert home.recalled("sloe") == ["jsonl:fruit/c"]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "-:2: "),
        ("[]", "-:2: "),
        ('{"id": "a"}', "-:2: the record has no `text`"),
        ('{"text": "a"}', "-:2: the record has no `id`"),
        ('{"id": "a", "text": "x", "meta": ["no"]}', "-:2: `meta` is not an object"),
        (b'{"id": "a", "text": "\xff"}', "-:2: "),
        ('{"id": "", "text": "x"}', "-:2: `id`: must not be empty"),
        (
            '{"id": "a", "text": "x", "modality": "smell"}',
            "-:2: `modality`: `smell` is none of text, code, conversation",
        ),
        ('{"id": "a", "text": "x", "timestamp": "yesterday"}', "-:2: `timestamp`: `yesterday` is not a time"),
        ('{"id": "a", "text": "x", "timestamp": 1700000000}', "write it as RFC 3339"),
    ],
    ids=ascii,
)
def test_a_bad_record_is_named(home: Home, line: str | bytes, named: str) -> None:
    """By file and line, whoever finds out."""
    data = b'{"id": "good", "text": "fine"}\n' + (line.encode() if isinstance(line, str) else line)
    assert named in home.bad("ingest", "-", "-p", "p", stdin=data, status=2)


def test_a_bad_record_far_down_says_how_much_is_stored(home: Home) -> None:
    """Lines count as in an editor; what the daemon refuses takes its batch along, what the command refuses does not."""
    rows = [json.dumps({"id": str(n), "text": f"bullace {n}", "project": "far"}) for n in range(600)]
    late = home.write(
        "late.jsonl", "\n".join(["", *rows, '{"id": "x", "text": "x", "project": "far", "modality": "no"}'])
    )
    said = home.bad("ingest", str(late), status=2)
    assert f"{late}:602: `modality`: `no` is none of" in said
    assert "500 records before it are stored" in said
    broken = home.write("broken.jsonl", "\n".join([*rows, "{"]))
    assert "600 records before it are stored" in home.bad("ingest", str(broken), status=2)
    home.good("forget", "-p", "far", "--yes")


def test_a_byte_order_mark_is_no_mistake(home: Home) -> None:
    """Windows writes one, into records and into questions."""
    record = b'\xef\xbb\xbf{"id": "bom", "text": "the damson is sour"}\r\n'
    assert home.good("ingest", "-", "-p", "bom", stdin=record).startswith("1 records")
    asked = home.good("recall", "--queries", "-", "-p", "bom", stdin=b'\xef\xbb\xbf{"id": "q", "text": "damson"}')
    assert "jsonl:bom/bom" in asked
    home.good("forget", "-p", "bom", "--yes")


def test_records_without_a_project_are_refused(home: Home) -> None:
    """The field is named, and so is a file that is not there."""
    assert "project" in home.bad("ingest", "-", stdin='{"id": "a", "text": "x"}', status=2)
    assert "does not exist" in home.bad("ingest", "nowhere.jsonl", "-p", "p", status=2)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["index", ""], "PATHS"),
        (["index", "fine", ""], "PATHS"),
        (["watch", ""], "PATHS"),
        (["coverage", ""], "PATH"),
        (["forget", "--path", "", "--yes"], "--path"),
        (["list", "--under", ""], "--under"),
        (["recall", "word", "--under", ""], "--under"),
        (["pack", "word", "--under", ""], "--under"),
    ],
    ids=" ".join,
)
def test_an_empty_path_is_not_the_folder_one_stands_in(home: Home, words: list[str], named: str) -> None:
    """A variable of a script that is not set would have everything here indexed, or forgotten."""
    said = home.bad(*words, status=2)
    assert named in said.splitlines()[-1]
    assert "a path must not be empty" in said


def test_a_home_that_nobody_has_is_refused(home: Home) -> None:
    """The path is named, whatever it is for."""
    for command in (("index",), ("coverage",), ("recall", "word", "--under"), ("list", "--under")):
        said = home.bad(*command, "~nobody-here/x", status=2)
        assert "`~nobody-here/x`: no user of this name has a home folder here" in said


def test_a_name_with_a_line_break_stays_on_its_line(home: Home, tree: Path) -> None:
    """A file cannot forge an answer."""
    file = tree / "a\n2. real.md:1  0.999"
    file.write_text("quinces keep well")
    home.good("index", str(tree))
    assert "a␤2. real.md:1  0.999:1" in home.good("recall", "quinces")
    assert "a␤2. real.md:1  0.999" in home.good("coverage", str(tree))
    home.good("forget", "--path", str(file), "--yes")


def test_a_record_without_a_project_is_named(home: Home, tmp_path: Path) -> None:
    """With its line, and the option that helps."""
    file = tmp_path / "records.jsonl"
    file.write_text('{"id": "1", "text": "a", "project": "p"}\n{"id": "2", "text": "b"}\n')
    said = home.bad("ingest", str(file), status=2)
    assert f"{file}:2: no project is named" in said
    assert "--project" in said
    home.good("forget", "-p", "p", "--yes")
