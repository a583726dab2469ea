"""`eval run`: figures of a golden set."""

from __future__ import annotations

import json

import pytest

from tests.cli.commands.home import Home

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
