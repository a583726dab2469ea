"""What is stored is shown on the terminal and never obeyed by it."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cli.screen import Screen, cut, print_json, visible

_ATTACKS = {
    "colour": "\x1b[31mred",
    "clear": "\x1b[2J\x1b[H",
    "title": "\x1b]0;you are root\x07",
    "clipboard": "\x1b]52;c;ZXZpbA==\x1b\\",
    "eight bits": "\x9b31m",
    "over it": "password: none\rpassword: 1234",
    "backspaces": "rm -rf /\b\b\b\b",
    "other way": "abc\u202egnp.exe",
    "delete": "a\x7fb",
    "nul": "a\x00b",
}


def _is_harmless(text: str) -> bool:
    return not any(
        (unicodedata.category(letter) == "Cc" and letter not in "\n\t") or letter in "\u202a\u202b\u202c\u202d\u202e"
        for letter in text
    )


@pytest.mark.parametrize("text", _ATTACKS.values(), ids=_ATTACKS)
def test_what_drives_a_terminal_is_made_visible(text: str) -> None:
    """Nothing is left to obey, and each character stands where it stood."""
    shown = visible(text)
    assert _is_harmless(shown)
    assert len(shown) == len(text)
    assert shown != text


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_harmless_and_keeps_its_positions(text: str) -> None:
    """Letters, breaks and tabs are not touched."""
    shown = visible(text)
    assert _is_harmless(shown)
    assert len(shown) == len(text)
    assert all(
        a == b for a, b in zip(text, shown, strict=True) if unicodedata.category(a)[0] not in "CZ" or a in "\n\t"
    )


def test_line_ends_of_other_systems_are_line_ends() -> None:
    """No strange sign stands at the end of each line of a file from Windows."""
    assert visible("one\r\ntwo\r\n") == "one \ntwo \n"


@pytest.mark.parametrize("text", _ATTACKS.values(), ids=_ATTACKS)
def test_no_way_of_printing_lets_it_through(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Strings, styled text and cells of tables all pass the same gate."""
    screen, table = Screen(), Table(box=None)
    table.add_column(text)
    table.add_row(text)
    screen.print(text)
    screen.print(Text(text, style="bold"))
    screen.print(table)
    assert _is_harmless(capsys.readouterr().out)


@pytest.mark.parametrize("text", ["[bold]x", "[/x]", ":warning: x", "[link=file:///etc/passwd]x[/link]"])
def test_text_is_no_markup(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A bracket or a colon in a document is just that, also in a table."""
    screen, table = Screen(), Table(box=None, show_header=False, pad_edge=False)
    table.add_row(text)
    screen.print(text)
    screen.print(table)
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [text, text]


def _marked(plain: str, word: str) -> Text:
    text = Text(plain)
    start = plain.index(word)
    text.stylize("bold", start, start + len(word))
    return text


def _match(text: Text) -> str:
    (span,) = [span for span in text.spans if span.style == "bold"]
    return text.plain[span.start : span.end]


@pytest.mark.parametrize("fill", ["x", "ж", "猫", "e\u0301"], ids=["latin", "cyrillic", "wide", "combining"])
@pytest.mark.parametrize(("before", "after"), [(0, 200), (5, 200), (100, 100), (200, 0), (200, 2)])
def test_a_long_line_is_cut_around_its_match(fill: str, before: int, after: int) -> None:
    """It fits, the match is whole and still marked, and what is missing is told."""
    line = cut(_marked(fill * before + "needle" + fill * after, "needle"), 40)
    assert line.cell_len <= 40
    assert _match(line) == "needle"
    assert "…" in line.plain


def test_a_long_line_without_a_match_keeps_its_beginning() -> None:
    """Wide characters are not cut in half."""
    assert cut(Text("猫" * 100), 10).plain == "猫猫猫猫 …"
    assert cell_len(cut(Text("a" + "猫" * 100), 10).plain) <= 10


def test_a_line_that_fits_is_left_alone() -> None:
    """Also when it fits exactly, in columns and not in characters."""
    line = Text("猫" * 20, style=Style(bold=True))
    assert cut(line, 40) is line


def test_json_is_utf8_on_one_line(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Line breaks and escapes of a document stay inside its string."""
    print_json({"text": "кот\n\x1b[31m"})
    printed = capsysbinary.readouterr().out
    assert printed.count(b"\n") == 1
    assert b"\x1b" not in printed
    assert json.loads(printed) == {"text": "кот\n\x1b[31m"}
