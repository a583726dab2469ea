"""`recall` and `pack`: asking."""

from __future__ import annotations

import json
import re
import subprocess
import time
from typing import Any

import pytest

from tests.cli.commands.home import PATIENCE_S, Home, home_in

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", name="asked")
def _asked(home: Home) -> Home:
    """A home that knows something."""
    home.write("src/load.py", 'def load_all(folder):\n    """Load every kettle of a folder."""\n    return folder\n')
    home.write("docs/kettle.md", "# Kettle\n\nThe kettle whistles when the water boils.\n")
    home.write("docs/чайник.md", "# Чайник\n\nЧайник свистит, когда вода кипит.\n")
    home.write("docs/wide.md", f"{'x' * 300} needle {'y' * 300}\n")
    home.good("index", "src", "docs", "--project", "kitchen")
    home.keep("the kettle was bought in spring", "--project", "diary")
    return home


def test_an_answer_is_a_place_and_a_fragment(asked: Home) -> None:
    """With lines, score and time; nothing but text in a pipe."""
    said = asked.good("recall", "water", "boils")
    assert re.match(r"1\. docs/kettle\.md:1-3  \d\.\d{3}\n", said)
    assert "   The kettle whistles when the water boils.\n" in said
    assert re.search(r"^\d+ answers? in \d+\.\d ms", said, re.MULTILINE)
    assert "degraded: no vector search" in said
    assert "\x1b" not in said


def test_an_answer_that_aged_is_marked_and_repairs_itself(asked: Home) -> None:
    """For people and for programs; the next questions find what the file says now."""
    path = asked.write("aged/heron.md", "the heron stands in the reeds\n")
    asked.good("index", "aged")
    path.write_text("the heron flew to the reeds of another lake\n")
    assert re.match(r"1\. aged/heron\.md:1  \d\.\d{3}  stale\n", asked.good("recall", "heron", "reeds"))
    deadline = time.monotonic() + PATIENCE_S
    while "another lake" not in asked.good("recall", "heron", "reeds"):
        assert time.monotonic() < deadline
    (hit,) = asked.json("recall", "heron", "reeds")["items"]
    assert hit["freshness"] == "fresh"
    path.unlink()
    assert "  gone\n" in asked.good("recall", "heron", "reeds")


def test_ask_quotes_a_sentence_or_says_that_there_is_none(asked: Home) -> None:
    """With its place; nothing is made up."""
    said = asked.good("ask", "when", "does", "the", "kettle", "whistle")
    assert "The kettle whistles when the water boils. [1]\n" in said
    assert re.search(r"^\[1\] docs/kettle\.md:3$", said, re.MULTILINE)
    assert asked.good("ask", "when does the parliament meet").startswith("not in memory\n")
    answer = asked.json("ask", "kettle whistles", "--sentences", "1")
    assert answer["is_answered"]
    assert len(answer["sentences"]) == 1
    assert asked.bad("ask", "kettle", "--sentences", "0", status=2)


def test_json_has_one_shape(asked: Home) -> None:
    """That of the contract, also when nothing is found."""
    found, nothing = asked.json("recall", "kettle boils"), asked.json("recall", "zzzzqqqq")
    keys = {"items", "took_ms", "stages", "degraded", "journal_seq", "applied_seq"}
    assert found.keys() == nothing.keys() == keys
    assert nothing["items"] == []
    hit = found["items"][0]
    told = {"id", "score", "parts", "snippet", "cite", "modality", "project", "highlights", "more", "freshness"}
    assert told == hit.keys()
    assert hit["parts"].keys() == {"dense", "sparse", "recency", "quality", "boost", "rerank", "proof", "share"}
    assert hit["parts"]["dense"] is None
    assert {"path", "line", "line_end", "uri"} <= hit["cite"].keys()
    start, end = hit["highlights"][0]
    assert hit["snippet"][start:end].lower() in {"kettle", "boils"}
    assert asked.cairn("recall", "zzzzqqqq").stdout.startswith("nothing found\n")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--project", "diary"], {"memory"}),
        (["--modality", "code"], {"load.py"}),
        (["--language", "python"], {"load.py"}),
        (["--under", "docs"], {"kettle.md"}),
        (["--under", "src", "--project", "kitchen"], {"load.py"}),
        (["--until", "2001-01-01"], set()),
        (["--k", "1"], 1),
        (["--strategy", "sparse"], 3),
        (["--strategy", "rrf"], 3),
    ],
    ids=str,
)
def test_a_question_is_narrowed(asked: Home, words: list[str], found: set[str] | int) -> None:
    """By every option that the guide names."""
    places = [place.rpartition("/")[2].partition(":")[0] for place in asked.recalled("kettle", *words)]
    assert (len(places) if isinstance(found, int) else set(places)) == found


def test_words_of_other_scripts_are_found(asked: Home) -> None:
    """Stemmed, from a command line."""
    assert asked.recalled("чайники свистели")[0].endswith("чайник.md")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], "`text`: must not be empty"),
        (["  "], "`text`: must not be empty"),
        (["a\udcff"], "`text`: is not UTF-8"),
        (["a", "--k", "0"], "`k`: must be from 1 to 1000, is 0"),
        (["a", "--k", "-1"], "`k`: must be from 1 to 1000"),
        (["a", "--k", "1000000000"], "`k`: must be from 1 to 1000"),
        (["a", "--k", "100000000000000000000"], "`k`"),
        (["a", "--k", "ten"], "--k"),
        (["a", "--modality", "smell"], "--modality"),
        (["a", "--strategy", "luck"], "--strategy"),
        (["a", "--since", "once"], "`since`"),
        (["a", "--since", "2026-02-01", "--until", "2026-01-01"], "`until`"),
        (["a" * 100_001], "`text`: must have at most"),
        (["a", "--nothing"], "--nothing"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_bad_question_is_refused(home: Home, words: list[str], named: str) -> None:
    """With the field or the option; a usage error."""
    assert named in home.bad("recall", *words, status=2)


def test_explain_shows_the_parts(asked: Home) -> None:
    """Below each place; a leg that did not answer is left out."""
    said = asked.good("recall", "kettle", "--explain")
    assert re.search(r"^   sparse \d\.\d{3}  recency \d", said, re.MULTILINE)
    assert "dense" not in re.sub(r"\(.*\)", "", said)


def test_a_batch_answers_in_order(asked: Home) -> None:
    """One line for each question, with its id as it was; blank lines are passed over."""
    rows = [{"id": "a", "text": "water boils"}, {"id": 7, "text": "zzzzqqqq"}, {"id": "c", "text": "load_all"}]
    file = asked.write("questions.jsonl", "\n\n".join(map(json.dumps, rows)))
    for more in ([], ["--json"]):
        lines = asked.good("recall", "--queries", str(file), "--project", "kitchen", "--k", "20", *more).splitlines()
        answers = [json.loads(line) for line in lines]
        assert [answer["id"] for answer in answers] == ["a", 7, "c"]
        assert all(answer.keys() == {"id", "results", "took_ms"} for answer in answers)
        assert answers[1]["results"] == []
        uris = [result["uri"] for result in answers[0]["results"]]
        assert uris[0].endswith("docs/kettle.md")
        assert len(uris) == len(set(uris))
        assert answers[2]["results"][0]["uri"].endswith("src/load.py")


def test_a_batch_counts_sources_and_not_fragments(home: Home) -> None:
    """Long records fill the first places with their fragments: k sources come all the same, or all there are."""
    rows = [
        {"id": f"{name}{n}", "text": " ".join(f"{word} zither{name}{n}x{i}" for i in range(count))}
        for name, word, count in (("long", "zither", 900), ("short", "zither music tune", 1))
        for n in range(6)
    ]
    home.good("ingest", "-", "--project", "music", stdin="\n".join(map(json.dumps, rows)))
    file = home.write("zither.jsonl", json.dumps({"id": 1, "text": "zither"}))
    hits = home.json("recall", "zither", "--k", "10")["items"]
    assert len({hit["cite"]["uri"] for hit in hits}) < 10
    for k, many in ((10, 10), (20, 12)):
        (answer,) = home.good("recall", "--queries", str(file), "--project", "music", "--k", str(k)).splitlines()
        found = json.loads(answer)["results"]
        assert len(found) == len({result["uri"] for result in found}) == many


def test_a_question_of_a_batch_may_name_its_project(asked: Home) -> None:
    """Unless the command names one."""
    file = asked.write("own.jsonl", json.dumps({"id": 1, "text": "kettle", "project": "diary"}))
    (answer,) = asked.good("recall", "--queries", str(file)).splitlines()
    assert [result["uri"].partition(":")[0] for result in json.loads(answer)["results"]] == ["memory"]


@pytest.mark.parametrize("line", ["{", "[]", '{"id": 1}', '{"text": "a"}', "\udcff"], ids=ascii)
def test_a_bad_line_of_a_batch_is_named(asked: Home, line: str) -> None:
    """By file and number."""
    path = asked.work / "bad.jsonl"
    path.write_bytes(b"\n" + line.encode(errors="surrogateescape"))
    assert f"{path}:2: not an object with `id` and `text`" in asked.bad("recall", "--queries", str(path), status=2)


def test_a_question_that_the_daemon_refuses_is_named(asked: Home) -> None:
    """By file and number, too."""
    path = asked.write("blank.jsonl", '\n{"id": 2, "text": ""}')
    assert f"{path}:2: `text`: must not be empty" in asked.bad("recall", "--queries", str(path), status=2)


def test_a_question_beside_a_batch_is_refused(asked: Home) -> None:
    """It would not be asked."""
    path = asked.write("one.jsonl", '{"id": 1, "text": "kettle"}')
    assert "not both" in asked.bad("recall", "water", "--queries", str(path), status=2)


def test_a_batch_that_is_not_there_is_refused(asked: Home) -> None:
    """A usage error."""
    assert "does not exist" in asked.bad("recall", "--queries", "nowhere.jsonl", status=2)


def test_a_terminal_shows_marks_in_colour(asked: Home) -> None:
    """And cuts what is wider than itself around the match."""
    status, written = asked.on_terminal("recall", "needle", cells=40)
    assert status == 0
    assert "\x1b[1;33mneedle\x1b[0m" in written
    lines = re.sub(r"\x1b\[[0-9;]*m", "", written).splitlines()
    assert max(len(line) for line in lines if "needle" in line) <= 40


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_colours_can_be_unwanted(asked: Home, environment: Any) -> None:
    """By the user, or by what the terminal is."""
    status, written = asked.on_terminal("recall", "needle", **environment)
    assert status == 0
    assert "needle" in written
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", written)


def test_an_encoding_that_lacks_a_letter_is_no_error(asked: Home) -> None:
    """Question marks stand for it; JSON is UTF-8 in any case."""
    done = asked.cairn("recall", "чайник", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "docs/??????.md" in done.stdout
    exact = asked.cairn("recall", "чайник", "--json", PYTHONIOENCODING="ascii")
    assert json.loads(exact.stdout)["items"][0]["cite"]["path"].endswith("чайник.md")


@pytest.mark.parametrize("words", ["recall kettle", "recall kettle --json"])
def test_an_output_that_nobody_wants_is_no_error(asked: Home, words: str) -> None:
    """Closed by who started the command."""
    done = subprocess.run(
        ["bash", "-c", f"{asked.shell_command} {words} >&-"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=asked.work,
        env=asked.environment(),
        check=True,
    )
    assert done.stderr == ""


def test_a_folder_that_is_gone_is_no_place_to_stand(asked: Home) -> None:
    """Answers come with whole paths."""
    script = f"mkdir gone; cd gone; rmdir ../gone; {asked.shell_command} recall 'water boils'"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=asked.work, env=asked.environment(), check=True
    )
    assert f"1. {asked.work}/docs/kettle.md:1-3" in done.stdout


def test_a_second_look_is_taken_when_it_is_asked_for(asked: Home) -> None:
    """Its time is a stage of its own, its part is in the scores, and no item is lost."""
    plain, again = asked.json("recall", "kettle water", "--no-rerank"), asked.json("recall", "kettle water", "--rerank")
    assert "rerank" in again["stages"]
    assert "rerank" not in plain["stages"]
    assert {hit["id"] for hit in plain["items"]} == {hit["id"] for hit in again["items"]}
    assert [hit["score"] for hit in again["items"]] == sorted((h["score"] for h in again["items"]), reverse=True)


def test_pack_quotes_under_a_budget(asked: Home) -> None:
    """The text alone for people, all of it for programs."""
    pack = asked.json("pack", "kettle", "--budget", "60")
    assert pack.keys() == {"text", "fragments", "tokens", "budget_tokens", "took_ms", "degraded", "second_question"}
    assert 0 < pack["tokens"] <= 60
    assert asked.good("pack", "kettle", "--budget", "60").rstrip() == pack["text"].rstrip()
    nothing = asked.inside("pack", "kettle", "--budget", "3")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "no evidence that fits 3 tokens\n")
    assert "--budget" in asked.bad("pack", "kettle", "--budget", "0", status=2)
    assert "no tokenizer of `nobody`" in asked.bad("pack", "kettle", "--for", "nobody", status=2)
    assert asked.json("pack", "kettle", "--single")["second_question"] == ""
    assert "`budget_tokens`" in asked.bad("pack", "kettle", "--budget", "100000000", status=2)


def test_recall_starts_the_daemon_when_none_runs(tmp_path_factory: pytest.TempPathFactory) -> None:
    """And the next one uses it."""
    with home_in(tmp_path_factory.mktemp("start")) as fresh:
        fresh.good("down")
        assert fresh.recalled("anything") == []
        first = fresh.json("status")["pid"]
        fresh.recalled("anything")
        assert fresh.json("status")["pid"] == first
