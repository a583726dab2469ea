"""Forgetting with proof, as people meet it: with a real daemon, and the check without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands.home import Home, home_in

pytestmark = pytest.mark.slow


def test_a_receipt_from_the_command_line(tmp_path: Path) -> None:
    """Forgotten, listed, verified without a daemon, and refused when a byte of it is changed."""
    with home_in(tmp_path) as home:
        home.good("remember", "-p", "old", "the river qzxsecretword reads a cache")
        home.good("remember", "-p", "kept", "the river stays")
        shown = home.good("forget", "-p", "old", "--audit", "--dry-run")
        assert shown.startswith("would forget 1 items")
        assert home.json("audit", "list") == {"erasures": []}
        done = home.json("forget", "-p", "old", "--audit", "--yes", "--receipt", "old.json")
        assert (done["items"], done["erasure"]["state"], done["erasure"]["found"]) == (1, "erased", 0)
        receipt = home.work / "old.json"
        assert receipt.read_text() == done["erasure"]["receipt"]
        assert [row["id"] for row in home.json("audit", "list")["erasures"]] == [done["erasure"]["id"]]
        assert "erased: 1 items, 0 traces found" in home.good("audit", "list")
        home.good("down")
        _check_offline(home, receipt)


def _check_offline(home: Home, receipt: Path) -> None:
    said = home.good("audit", "verify-receipt", "old.json")
    assert said.startswith("valid, signed by ")
    assert "not looked at: " in said
    public = json.loads(receipt.read_text())["public_key"]
    assert home.json("audit", "verify-receipt", "old.json", "--key", public)["ok"]
    assert home.cairn("audit", "verify-receipt", "old.json", "--key", "ab" * 32).returncode == 1
    assert home.cairn("audit", "verify-receipt", "old.json", "--key", "nonsense").returncode == 2
    receipt.write_text(receipt.read_text().replace('"items": 1', '"items": 2'))
    changed = home.cairn("audit", "verify-receipt", "old.json")
    assert (changed.returncode, changed.stdout) == (1, "not valid: it was changed after it was signed\n")


def test_a_receipt_needs_an_audit(tmp_path: Path) -> None:
    """A mistake in the command is told before anything goes."""
    with home_in(tmp_path) as home:
        done = home.cairn("forget", "-p", "x", "--yes", "--receipt", "x.json")
        assert done.returncode == 2
        assert "--receipt needs --audit" in done.stderr
