"""`eval run`, `eval bench`: figures of a golden set, and of a public benchmark."""

from __future__ import annotations

import json

import pytest

from cli.commands.evaluate import BENCHMARKS
from memory_eval.bench.run import FORMATS
from tests.cli.commands.home import Home
from tests.memory_eval.bench.samples import KEYS, LOCOMO

pytestmark = pytest.mark.slow

_HEADER = {"set": "tiny", "about": "a test", "corpus": "repository", "language": "en", "files": ["docs/guide.md"]}
_QUESTION = {
    "id": "q1",
    "text": "how is the daemon started in the background",
    "passages": [{"path": "docs/guide.md", "contains": "`cairn up --detach` in the background"}],
}


def test_a_set_of_ones_own_is_run(home: Home) -> None:
    """A file named from where one stands; the documented names, and lines for people."""
    home.write("tiny.jsonl", f"{json.dumps(_HEADER)}\n{json.dumps(_QUESTION)}\n")
    report = home.json("eval", "run", "--set", "tiny.jsonl", "--strategy", "sparse")
    assert report.keys() == {
        "set", "queries", "recall@5", "recall@10", "recall@20", "ndcg@10", "mrr@10", "p50_ms", "p95_ms", "p99_ms",
        "regressed", "degraded",
    }  # fmt: skip
    assert (report["set"], report["queries"], report["recall@10"], report["regressed"]) == ("tiny", 1, 1.0, False)
    shown = home.good("eval", "run", "--set", "tiny.jsonl")
    assert shown.startswith("tiny: 1 questions, strategy adaptive\n")
    assert "nDCG@10" in shown
    assert report["degraded"] == []
    assert "degraded: no vector search" in shown


def test_a_regression_is_a_failure_for_people_and_programs(home: Home) -> None:
    """The same status, with --json or without."""
    home.write("worse.jsonl", f"{json.dumps({**_HEADER, 'set': 'worse'})}\n{json.dumps(_QUESTION)}\n")
    words = ("eval", "run", "--set", "worse.jsonl", "--strategy", "sparse")
    home.good(*words)
    (best,) = (home.profile / "cache" / "eval").glob("worse-*.sparse.json")
    best.write_text(json.dumps({**json.loads(best.read_text()), "ndcg_10": 2.0}))
    done = home.cairn(*words, "--json")
    last = done.stdout.splitlines()[-1]
    assert (done.returncode, json.loads(last)["regressed"]) == (1, True)
    shown = home.cairn(*words)
    assert (shown.returncode, "worse than the best run before" in shown.stdout) == (1, True)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--set", "nobody-wrote-it"], "nobody-wrote-it"),
        (["--set", "nowhere.jsonl"], "nowhere.jsonl"),
        (["--set", ""], "`set`"),
        (["--strategy", "luck"], "--strategy"),
    ],
    ids=str,
)
def test_a_set_that_cannot_be_run_is_refused(home: Home, words: list[str], named: str) -> None:
    """With the field, or with its name."""
    done = home.cairn("eval", "run", *words)
    assert done.returncode == home.cairn("eval", "run", *words, "--json").returncode == 2
    assert named in done.stderr


def test_a_benchmark_is_run(home: Home) -> None:
    """Files named from where one stands; metric, granularity, pool and n for people and programs."""
    home.write("l.json", json.dumps([LOCOMO]))
    home.write("k.json", json.dumps(KEYS))
    words = ("eval", "bench", "locomo", "l.json", "--keys", "k.json", "--strategy", "sparse")
    report = home.json(*words)
    first = report["rows"][0]
    assert list(first) == [
        "part", "granularity", "pool", "n", "any@5", "any@10", "any@20", "fraction@5", "fraction@10", "fraction@20",
        "ndcg@10", "mrr@10",
    ]  # fmt: skip
    assert (first["part"], first["granularity"], first["pool"], first["n"]) == ("all", "turn", "one conversation", 3)
    assert report["counted"]["corrected by the keys"] == 1
    shown = home.good(*words)
    assert shown.startswith("locomo: 4 questions, 3 documents in 1 pools, strategy sparse, the first 100 fragments\n")
    for word in ("fraction@20", "one conversation", "adversarial", "session", "1 no evidence: left out"):
        assert word in shown
    assert not home.json("list")["items"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["squad", "l.json"], "FORMAT"),
        (["locomo"], "PATH"),
        (["locomo", "nowhere.json"], "nowhere.json"),
        (["locomo", "bad.json"], "bad.json"),
        (["beir", "bad.json"], "holds no"),
        (["beir", ".", "--keys", "bad.json"], "`keys`"),
        (["locomo", "bad.json", "--limit", "-1"], "--limit"),
    ],
    ids=str,
)
def test_a_benchmark_that_cannot_be_run_is_refused(home: Home, words: list[str], named: str) -> None:
    """With the option, the field or the file."""
    home.write("bad.json", "[{}]")
    assert named in home.bad("eval", "bench", *words, status=2)


def test_the_formats_are_those_of_the_daemon() -> None:
    """The command line cannot look them up."""
    assert BENCHMARKS == FORMATS
