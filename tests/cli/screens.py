"""A screen of known width and abilities, whose output a test reads."""

from __future__ import annotations

import re

import pytest

from cli import progress, render
from cli.screen import Screen

__all__ = ["CSI", "put_screen"]

CSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What our own styles are written with."""


def put_screen(monkeypatch: pytest.MonkeyPatch, *, cells: int = 80, is_terminal: bool = True) -> None:
    """Let all output go to a colour terminal of `cells` columns, or to a pipe."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", str(cells))
    monkeypatch.setenv("TTY_COMPATIBLE", "1" if is_terminal else "0")
    screen = Screen()
    assert screen.is_terminal == is_terminal
    assert screen.width == cells or not is_terminal
    for module in (render, progress):
        monkeypatch.setattr(module, "out", screen)
