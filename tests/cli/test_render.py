"""What people see: places, marks, tables, on wide and narrow screens."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import msgspec
import pytest

from cli.models import (
    Answer,
    AnswerSentence,
    CheckRow,
    Cite,
    ForgetSummary,
    Hit,
    Item,
    Meta,
    RecallResult,
    ScoreParts,
    Skipped,
    Source,
)
from cli.render import (
    place,
    show_answer,
    show_checks,
    show_forgotten,
    show_items,
    show_result,
    show_skipped,
    show_status,
)
from cli.screen import visible
from tests.cli.screens import CSI, put_screen

_MARK = "\x1b[1;33m"
_PLAIN = "\x1b[0m"
_PARTS = ScoreParts(0.5, None, 0.1, 0.2, 0.0, None, None, None)


def _result(snippet: str, *words: str, path: str = "/x/a.md", symbol: str = "") -> RecallResult:
    marks = tuple((snippet.index(word), snippet.index(word) + len(word)) for word in words)
    cite = Cite(path=path, line=3, line_end=4, symbol=symbol)
    hit = Hit("mi_1", 0.9, _PARTS, snippet, cite, "text", "p", marks, 2)
    return RecallResult((hit,), 1.5, {"sparse": 0.5}, ("no vector search",))


def _item(number: int, path: str, project: str = "p", fields: dict[str, str] | None = None) -> Item:
    return Item(f"mi_{number:026}", "text", Source(path=path), Meta(project=project, fields=fields or {}), "", 3)


@pytest.mark.parametrize(
    ("snippet", "words"),
    [
        ("a plain word here", ["word"]),
        ("кот сидел на окне", ["кот", "окне"]),
        ("猫は窓に座っていた", ["窓"]),
        ("🙂🙂 word 🙂", ["word"]),
        ("e\u0301te\u0301 word", ["word"]),
        ("one\ntwo word\nthree", ["word"]),
        ("tab\tword", ["word"]),
        ("\x1b[31m\x07\r word", ["word"]),
        ("first\r\nsecond word\r\n", ["word"]),
    ],
)
def test_a_match_is_marked_where_it_stands(
    snippet: str, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In any script, at any width of its letters, and after characters that are not shown as they are."""
    put_screen(monkeypatch)
    show_result(_result(snippet, *words), is_explained=False)
    printed = capsys.readouterr().out
    for word in words:
        assert f"{_MARK}{word}{_PLAIN}" in printed
    assert printed.count(_MARK) == len(words)


def test_a_turn_is_shown_with_speaker_and_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To the minute, behind its place."""
    put_screen(monkeypatch)
    cite = Cite("/x/a.json", line=3, line_end=4, symbol="Анна", timestamp="2024-05-01T10:00:30.000Z")
    hit = Hit("mi_1", 0.9, _PARTS, "word", cite, "conversation", "p", (), 0)
    show_result(RecallResult((hit,), 1.5, {}, ()), is_explained=False)
    assert "a.json:3-4  Анна  2024-05-01 10:00  0.900" in CSI.sub("", capsys.readouterr().out)


def test_a_document_cannot_drive_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not by its text, its path, its symbol; our own styles are the only escapes."""
    put_screen(monkeypatch)
    bad = "\x1b]0;root\x07\x1b[2J\x9b2J\r\u202e"
    show_result(_result(f"{bad} word", "word", path=f"/x/{bad}.md", symbol=bad), is_explained=True)
    show_items([_item(1, f"/x/{bad}", bad, {bad: bad})])
    show_skipped([Skipped(f"/x/{bad}", bad)])
    show_checks([CheckRow(bad, False, bad, bad)])
    show_forgotten(ForgetSummary(1, 1, True, (_item(1, bad),)))
    rest = CSI.sub("", capsys.readouterr().out)
    assert not set(rest) & set("\x1b\x07\x9b\r\u202e")
    assert "␛]0;root␇" in rest


def test_long_lines_are_cut_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line of a fragment fits forty columns with its match in view; a program gets the whole line."""
    snippet = f"{'x' * 200} needle {'y' * 200}\nshort"
    put_screen(monkeypatch, cells=40)
    show_result(_result(snippet, "needle"), is_explained=False)
    lines = CSI.sub("", capsys.readouterr().out).splitlines()
    assert any("needle" in line for line in lines)
    assert max(map(len, lines[:3])) <= 40
    put_screen(monkeypatch, cells=40, is_terminal=False)
    show_result(_result(snippet, "needle"), is_explained=False)
    assert snippet.splitlines()[0] in capsys.readouterr().out


def test_no_colour_when_piped_or_unwanted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe gets no escape at all; `NO_COLOR` keeps the weight of the letters and drops the colours."""
    put_screen(monkeypatch, is_terminal=False)
    show_result(_result("a word", "word"), is_explained=False)
    assert "\x1b" not in capsys.readouterr().out
    put_screen(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("cli.render.out.no_color", True)
    show_result(_result("a word", "word"), is_explained=False)
    assert f"\x1b[1mword{_PLAIN}" in capsys.readouterr().out


def test_a_leg_that_did_not_answer_is_not_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unknown is not zero."""
    put_screen(monkeypatch, is_terminal=False)
    show_result(_result("a"), is_explained=True)
    printed = capsys.readouterr().out
    assert "dense 0.500  recency 0.100  quality 0.200  boost 0.000" in printed
    assert "sparse 0.000" not in printed
    assert "+2 more like this" in printed
    assert "1 answer in 1.5 ms (sparse 0.5)" in printed
    assert "degraded: no vector search" in printed


@pytest.mark.parametrize(("freshness", "style"), [("stale", "1;33"), ("gone", "1;31"), ("unknown", "2;33")])
def test_an_answer_that_aged_says_so(
    freshness: str, style: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a colour of its own, behind the score; a fresh one says nothing."""
    put_screen(monkeypatch)
    fresh = _result("a word")
    show_result(fresh, is_explained=False)
    assert "fresh" not in capsys.readouterr().out
    aged = msgspec.structs.replace(fresh.items[0], freshness=freshness)
    show_result(msgspec.structs.replace(fresh, items=(aged,)), is_explained=False)
    assert f"\x1b[{style}m  {freshness}\x1b[0m" in capsys.readouterr().out


def test_an_answer_is_numbered_and_its_sources_follow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A document cannot drive the terminal through its sentences either."""
    put_screen(monkeypatch, is_terminal=False)
    cite = Cite(path="/x/a.md", line=3, line_end=4, symbol="Kettle.boil")
    show_answer(Answer(True, (AnswerSentence(1, "It whistles.\x1b[31m", cite, 0.9, "stale"),), (), 0.91, 2.0, ()))
    assert capsys.readouterr().out == (
        f"It whistles.{visible(chr(27))}[31m [1]\n\n[1] /x/a.md:3-4  Kettle.boil  stale\nconfidence 0.91, 2.0 ms\n"
    )
    show_answer(Answer(False, (), (cite,), 0.05, 2.0, ("no vector search",)))
    assert capsys.readouterr().out.startswith("not in memory\nnearest:\n   /x/a.md:3-4")


def test_nothing_found_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Silence would look like a fault."""
    put_screen(monkeypatch, is_terminal=False)
    show_result(RecallResult((), 0.1, {}, ()), is_explained=False)
    assert capsys.readouterr().out == "nothing found\n0 answers in 0.1 ms\n"


def test_places_are_as_short_as_they_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From where one stands, from home, or whole; lines, pages and addresses."""
    home, inner = tmp_path / "home", tmp_path / "home" / "work" / "deep"
    inner.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(inner.parent)
    assert place(Cite(path=str(inner / "a.md"), line=3)) == f"deep{os.sep}a.md:3"
    assert place(Cite(path=str(home / "b.md"), line=3, line_end=9)) == "~/b.md:3-9"
    assert place(Cite(path="/etc/c.pdf", line=3, page=7)) == "/etc/c.pdf page 7"
    assert place(Cite(uri="jsonl:p/1", line=1)) == "jsonl:p/1"


@pytest.mark.parametrize("member", ["in/a.txt", "../up.txt", "../../../up.txt", "/abs.txt", "b.zip!/../c.txt"])
def test_a_member_is_shown_with_its_archive(
    member: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever a member calls itself, one sees the archive that it is in."""
    monkeypatch.chdir(tmp_path)
    put_screen(monkeypatch, is_terminal=False)
    show_skipped([Skipped(f"{tmp_path}/old.zip!/{member}", "binary")])
    assert capsys.readouterr().out == f"  skipped old.zip!/{member}: binary\n"


def test_a_user_without_a_home_sees_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a number which nobody has."""

    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.chdir(tmp_path)
    assert place(Cite(path="/etc/c.md", line=3)) == "/etc/c.md:3"


def test_an_id_stays_in_one_piece(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal of any width, because it is copied from there; a program gets one line for each item."""
    items = [_item(number, f"/far/{'away/' * 30}{number}.md") for number in range(3)]
    for cells in (40, 72, 200):
        put_screen(monkeypatch, cells=cells)
        show_items(items)
        printed = CSI.sub("", capsys.readouterr().out)
        assert all(item.id in printed for item in items)
    put_screen(monkeypatch, cells=40, is_terminal=False)
    show_items(items)
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["id", "kind", "project", "chunks", "where"]
    assert [row.split() for row in rows] == [[item.id, "text", "p", "3", item.source.path] for item in items]


def test_many_skipped_files_are_counted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten are shown."""
    put_screen(monkeypatch, is_terminal=False)
    show_skipped([Skipped(f"/x/{number}", "binary") for number in range(13)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert lines[0] == "  skipped /x/0: binary"
    assert lines[-1] == "  … and 3 more; see `cairn coverage`"


def test_findings_come_with_advice(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Only those that are bad."""
    put_screen(monkeypatch, is_terminal=False)
    show_checks([CheckRow("store", True, "sound", "nothing"), CheckRow("sparse", False, "3 behind", "wait")])
    assert capsys.readouterr().out == "ok   store: sound\nFAIL sparse: 3 behind\n     wait\n"


def test_a_dry_run_shows_what_would_go(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The real one only counts."""
    put_screen(monkeypatch, is_terminal=False)
    show_forgotten(ForgetSummary(1, 3, True, (_item(7, "/x/a.md"),)))
    show_forgotten(ForgetSummary(1, 3, False, (_item(7, "/x/a.md"),)))
    first, *rows, last = capsys.readouterr().out.splitlines()
    assert (first, last) == ("would forget 1 items (3 chunks)", "forgot 1 items (3 chunks)")
    assert any("/x/a.md" in row for row in rows)


def test_an_index_that_lags_says_how_far(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Journal entries, state and reason."""
    put_screen(monkeypatch, is_terminal=False)
    index = {"applied_seq": 3, "journal_seq": 5, "points": 9, "status": "rebuilding", "detail": "model changed"}
    base = {"version": "1", "pid": 7, "uptime_s": 3.2, "profile": "/p[/b]", "items": 1, "chunks": 2, "rss_mb": 80.0}
    show_status({**base, "indexes": {"dense": index}, "engines": {"text model": "none"}})
    printed = capsys.readouterr().out
    assert "cairn 1, process 7, up 3 s, /p[/b]" in printed
    assert "  dense: 9 chunks, rebuilding, 2 journal entries behind: model changed" in printed


def test_what_a_source_said_of_an_item_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mail's sender, a record's speaker: one a line, below the item."""
    put_screen(monkeypatch)
    show_items([_item(1, "/x/a.eml", fields={"from": "Ann <ann@example.org>", "speaker": "[b]Ann\n[/b]"})])
    printed = CSI.sub("", capsys.readouterr().out)
    assert "from: Ann <ann@example.org>\n" in printed
    assert "speaker: [b]Ann [/b]\n" in printed


def test_stages_stand_in_one_order(capsys: pytest.CaptureFixture[str]) -> None:
    """The order in which they ended differs from question to question."""
    stages = {"snippets": 1.0, "sparse": 2.0, "fuse": 3.0, "rerank": 4.0, "dense": 5.0, "embed": 6.0}
    show_result(RecallResult((), 9.0, stages, ()), is_explained=False)
    printed = capsys.readouterr().out
    assert "(embed 6.0, dense 5.0, sparse 2.0, fuse 3.0, rerank 4.0, snippets 1.0)" in printed
