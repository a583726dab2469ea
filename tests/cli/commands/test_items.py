"""`remember`, `forget`, `list`, `get`, `stats`, `compact`: single items."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands.home import Home

pytestmark = pytest.mark.slow


@pytest.fixture
def filled(home: Home) -> Iterator[Home]:
    """Two files of one project, a note of another, and a record of long ago; gone after the test."""
    for name in ("one", "two"):
        home.write(f"shelf/{name}.md", f"# {name}\n\nvolume {name} on the shelf\n")
    home.good("index", "shelf", "--project", "books")
    home.good("remember", "buy", "ink", "--project", "desk", "--tag", "todo", "--title", "Ink")
    old = {"id": "r", "text": "a letter of long ago", "timestamp": "2001-02-03T00:00:00Z"}
    home.good("ingest", "-", "--project", "letters", stdin=json.dumps(old))
    yield home
    home.forget_all()


def _left(home: Home) -> set[str]:
    """The places of what the memory holds, short."""
    items = home.json("list")["items"]
    return {Path(i["source"]["path"]).name if i["source"].get("path") else i["source"]["uri"][:7] for i in items}


_ALL = {"one.md", "two.md", "memory:", "jsonl:l"}


def test_a_note_is_found_and_shown_whole(filled: Home) -> None:
    """Words of the command line are one text; the id that is printed is that of the note."""
    printed = filled.keep("the", "stapler is empty")
    item = filled.json("get", printed)
    assert item["text"] == "the stapler is empty"
    assert item.keys() == {"id", "modality", "source", "meta", "text", "chunks"}
    assert "the stapler is empty" in filled.good("get", printed)
    assert filled.json("recall", "stapler")["items"][0]["id"] == printed
    tagged = next(i for i in filled.json("list", "-p", "desk")["items"])
    assert (tagged["meta"]["tags"], tagged["meta"]["title"]) == (["todo"], "Ink")


def test_a_note_may_come_from_a_pipe(filled: Home) -> None:
    """Several lines of it, in any script."""
    item = json.loads(filled.good("remember", "--json", stdin="первая строка\nвторая строка\n"))
    assert item["text"].strip() == "первая строка\nвторая строка"


@pytest.mark.parametrize("data", [b"", b"  \n", b"\xff\xfe", b"a\x00b"], ids=ascii)
def test_a_note_that_is_no_text_is_refused(home: Home, data: bytes) -> None:
    """The field is named."""
    assert "`text`" in home.bad("remember", stdin=data, status=2)


def test_a_stored_text_is_not_obeyed(filled: Home) -> None:
    """Escapes are made visible for people, and are exact in JSON."""
    text = "red \x1b[31m bell \x07 [bold]x[/y] :heart:"
    printed = filled.keep(text)
    shown = filled.good("get", printed)
    assert "\x1b" not in shown
    assert "red ␛[31m bell ␇ [bold]x[/y] :heart:" in shown
    assert filled.json("get", printed)["text"] == text
    status, written = filled.on_terminal("recall", "bell")
    assert status == 0
    assert "\x1b[31m" not in written
    assert "\x07" not in written


def test_an_unknown_item_is_told_with_advice(home: Home) -> None:
    """It failed; it is no usage error."""
    said = home.bad("get", "mi_none\x1b[31m", status=1)
    assert said == "error: no item `mi_none␛[31m`\n  see `cairn list`\n"


def test_list_pages_through_everything(filled: Home) -> None:
    """Newest first, each item once, with a cursor that is shown."""
    ids: list[str] = []
    page = filled.json("list", "--limit", "3")
    ids += [item["id"] for item in page["items"]]
    assert f"more: --cursor {page['next_cursor']}" in filled.good("list", "-n", "3")
    page = filled.json("list", "--cursor", page["next_cursor"])
    ids += [item["id"] for item in page["items"]]
    assert page["next_cursor"] == ""
    assert len(ids) == len(set(ids)) == 4


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--project", "books"], {"one.md", "two.md"}),
        (["--under", "shelf"], {"one.md", "two.md"}),
        (["--until", "2002-01-01"], {"jsonl:l"}),
        (["--project", "nobody"], set()),
    ],
    ids=str,
)
def test_list_is_narrowed(filled: Home, words: list[str], found: set[str]) -> None:
    """By project, folder and time."""
    items = filled.json("list", *words)["items"]
    places = {Path(i["source"]["path"]).name if i["source"].get("path") else i["source"]["uri"][:7] for i in items}
    assert places == found


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["-n", "0"], "--limit"),
        (["-n", "100000"], "`limit`"),
        (["-n", "many"], "--limit"),
        (["--cursor", "x"], "`cursor`"),
        (["--modality", "smell"], "--modality"),
        (["--since", "yesterday-ish"], "`since`"),
        (["--since", "2026-02-01", "--until", "2026-01-01"], "`until`"),
    ],
    ids=str,
)
def test_a_bad_listing_is_refused(home: Home, words: list[str], named: str) -> None:
    """With the option or the field."""
    assert named in home.bad("list", *words, status=2)


def test_a_dry_run_shows_and_changes_nothing(filled: Home) -> None:
    """What would go is listed."""
    said = filled.good("forget", "--project", "books", "--dry-run")
    assert said.startswith("would forget 2 items (2 chunks)\n")
    assert "one.md" in said
    summary = filled.json("forget", "--project", "books", "--dry-run")
    assert (summary["items"], summary["is_dry_run"], len(summary["examples"])) == (2, True, 2)
    assert _left(filled) == _ALL
    assert len(filled.recalled("volume shelf")) == 2


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        (["--project", "books"], {"one.md", "two.md"}),
        (["--path", "shelf"], {"one.md", "two.md"}),
        (["--path", "shelf/../shelf/one.md"], {"one.md"}),
        (["--until", "2002-01-01"], {"jsonl:l"}),
        (["--since", "2002-01-01", "--project", "desk"], {"memory:"}),
        (["--path", "shelf", "--project", "desk"], set()),
    ],
    ids=str,
)
def test_what_is_chosen_is_gone(filled: Home, words: list[str], gone: set[str]) -> None:
    """By path, project and time, all of which must match: from the store and from the index."""
    assert filled.json("forget", *words, "--yes")["items"] == len(gone)
    assert _left(filled) == _ALL - gone
    found = filled.recalled("volume shelf ink letter")
    assert len(found) == 4 - len(gone)
    assert filled.json("doctor")["ok"]


def test_a_conversation_is_forgotten(filled: Home) -> None:
    """By the session id that `get` shows; the rest of its file stays, and every turn is found with its time."""
    talk = [{"session_id": s, "role": r, "content": f"{r} volume {s}"} for s in "ab" for r in ("user", "assistant")]
    filled.write("talks/chat.json", json.dumps(talk))
    filled.good("index", "talks", "--project", "talks")
    shown = filled.good("recall", "volume", "--project", "talks")
    assert "User, Assistant" in shown
    (first, second) = sorted(i["id"] for i in filled.json("list", "-p", "talks")["items"])
    session = filled.json("get", first)["meta"]["fields"]["session"]
    assert f"session: {session}" in filled.good("get", first)
    assert filled.json("forget", "--session", session, "--yes")["items"] == 1
    assert [i["id"] for i in filled.json("list", "-p", "talks")["items"]] == [second]
    assert filled.json("forget", "--session", "no such", "--dry-run")["items"] == 0


def test_ids_are_forgotten(filled: Home) -> None:
    """Several at once; getting one of them fails afterwards."""
    ids = [item["id"] for item in filled.json("list", "-p", "books")["items"]]
    assert filled.good("forget", *ids, "--yes") == "forgot 2 items (2 chunks)\n"
    assert _left(filled) == {"memory:", "jsonl:l"}
    filled.bad("get", ids[0], status=1)


def test_unknown_ids_are_named_and_nothing_goes(filled: Home) -> None:
    """As `get` does; the known ones stay until all are right."""
    known = filled.json("list", "-p", "books")["items"][0]["id"]
    said = filled.bad("forget", "nonsense", known, "mi_none", "--yes", status=1)
    assert "no item `nonsense`, `mi_none`; nothing is forgotten" in said
    assert _left(filled) == _ALL


@pytest.mark.parametrize(("answer", "status", "left"), [("y\n", 0, 2), ("n\n", 1, 4), ("", 1, 4)])
def test_forgetting_asks_first(filled: Home, answer: str, status: int, left: int) -> None:
    """What would go is shown before the question; no answer is a no."""
    done = filled.cairn("forget", "-p", "books", stdin=answer)
    assert done.returncode == status
    assert done.stdout.startswith("would forget 2 items")
    assert "forget them?" in done.stdout
    assert len(_left(filled)) == left


def test_nothing_to_forget_is_said_and_not_asked(filled: Home) -> None:
    """In the words of what was wanted."""
    assert filled.good("forget", "-p", "nobody") == "nothing matches\n"
    assert filled.good("forget", "-p", "nobody", "--yes") == "nothing matches\n"
    assert not filled.json("forget", "-p", "nobody", "--yes")["is_dry_run"]
    assert filled.json("forget", "-p", "nobody", "--yes", "--dry-run")["is_dry_run"]


def test_a_program_must_say_that_it_means_it(filled: Home) -> None:
    """It cannot be asked."""
    done = filled.cairn("forget", "-p", "books", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--yes" in done.stderr
    assert _left(filled) == _ALL


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], "`ids`: nothing selected"),
        ([""], "`ids`"),
        (["--since", "whenever"], "`since`"),
        (["--since", "2026-02-01", "--until", "2026-01-01"], "`until`"),
    ],
    ids=ascii,
)
def test_a_bad_choice_is_refused(home: Home, words: list[str], named: str) -> None:
    """Before anything is shown or asked."""
    assert named in home.bad("forget", *words, "--yes", status=2)


def test_stats_count_by_project_kind_and_language(filled: Home) -> None:
    """The same figures for people and for programs."""
    stats = filled.json("stats")
    assert stats.keys() == {"items", "chunks", "store_bytes", "index_bytes", "projects", "modalities", "languages"}
    assert (stats["items"], stats["projects"]) == (4, {"books": 2, "desk": 1, "letters": 1})
    shown = filled.good("stats")
    assert shown.startswith("4 items, 4 chunks, ")
    assert "projects: books 2" in shown


def test_compact_loses_nothing(filled: Home) -> None:
    """Everything is still found."""
    assert filled.good("compact") == "done\n"
    assert len(filled.recalled("volume shelf")) == 2
