"""Progress: a bar for people, JSON lines for programs, silence in a pipe; the result in any case."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from cli.models import IndexSummary, Progress
from cli.progress import follow
from tests.cli.screens import CSI, put_screen

_SUMMARY = IndexSummary(2, 0, 2, 4, 0, 0, (), 0, 0.5, 8.0)


def _events() -> Iterator[Progress | IndexSummary]:
    # the first look knows no total, and a phase may have a name that is new to us
    yield Progress(0, 0, "files", 0.0, 0.0, "scan", "/x/\x1b[2J")
    yield Progress(1, 0, "files", 10.0, 0.0, "scan")
    yield Progress(1, 2, "files", 10.0, 0.1, "index")
    yield Progress(2, 2, "files", 10.0, 0.0, "index")
    yield Progress(4, 4, "chunks", 5.0, 0.0, "\x1b[31mpolish")
    yield _SUMMARY


@pytest.mark.parametrize("cells", [20, 40, 80])
def test_a_bar_is_shown_on_a_terminal_and_taken_away(
    cells: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Phases by their names, how much of how much; no line is wider than the screen; nothing of it stays."""
    put_screen(monkeypatch, cells=cells)
    assert follow(_events(), is_json=False) == _SUMMARY
    printed = capsys.readouterr().out
    assert "\x1b[2J" not in printed
    assert "\x1b[31m" not in printed
    assert printed.endswith("\x1b[2K")
    frames = CSI.sub("", printed.replace("\r", "\n")).splitlines()
    assert max(map(len, frames)) <= cells
    if cells == 80:
        assert {"looking", "reading"} <= {frame.split()[0] for frame in frames if frame.strip()}
        assert any("2/2 files" in frame and "10/s" in frame for frame in frames)


def test_the_bar_shows_the_daemons_own_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was done before this run is no speed; what is not known is not shown."""
    put_screen(monkeypatch, cells=80)
    follow(
        iter(
            [
                Progress(90_000, 100_000, "chunks", 0.0, 0.0, "embed"),
                Progress(90_100, 100_000, "chunks", 2.5, 3_960.0, "embed"),
            ]
        ),
        is_json=False,
    )
    frames = CSI.sub("", capsys.readouterr().out.replace("\r", "\n")).splitlines()
    shown = [frame.rstrip() for frame in frames if "chunks" in frame]
    assert shown[-1].endswith("90100/100000 chunks 2.5/s 1:06:00")
    assert not any("/s" in frame for frame in shown if "90000/" in frame)


def test_a_pipe_gets_the_result_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """No bar in a log file."""
    put_screen(monkeypatch, is_terminal=False)
    assert follow(_events(), is_json=False) == _SUMMARY
    assert capsys.readouterr().out == ""


def test_programs_get_a_line_for_each_step(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Also on a terminal; the result is left to the command."""
    put_screen(monkeypatch)
    assert follow(_events(), is_json=True) == _SUMMARY
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["progress"]["done"] for line in lines] == [0, 1, 1, 2, 4]
    assert set(lines[0]["progress"]) == {"done", "total", "unit", "rate", "eta_s", "phase", "path"}


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_run_that_breaks_off_leaves_the_screen_in_order(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error comes out, and the cursor is there again."""

    def broken() -> Iterator[Progress]:
        yield Progress(1, 2, "files", 10.0, 0.1, "index")
        raise KeyboardInterrupt

    put_screen(monkeypatch, is_terminal=is_terminal)
    with pytest.raises(KeyboardInterrupt):
        follow(broken(), is_json=False)
    printed = capsys.readouterr().out
    assert printed.count("\x1b[?25l") == printed.count("\x1b[?25h") == int(is_terminal)


def test_a_line_is_not_said_twice(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """One that comes again after another one has news."""
    one, two = (Progress(n, 2, "questions", 0.0, 0.0, "eval") for n in (1, 2))
    assert follow(iter([one, one, two, two, one, _SUMMARY]), is_json=True) == _SUMMARY
    lines = [json.loads(line)["progress"]["done"] for line in capsysbinary.readouterr().out.splitlines()]
    assert lines == [1, 2, 1]
