"""A folder that the daemon follows by itself, through a crash of the daemon."""

from __future__ import annotations

import signal
import time
from hashlib import blake2b
from pathlib import Path

import pytest

from cli.client import CairnClient
from tests.e2e.running import PATIENCE_S, Daemon, write_notes

pytestmark = pytest.mark.slow


def _held(client: CairnClient, tree: Path) -> dict[str, str]:
    """Return the content hash of every item, by path."""
    items = client.list_items(path_prefix=str(tree), limit=1_000).items
    return {item.source.path: item.meta.content_hash for item in items}


def _on_disk(tree: Path) -> dict[str, str]:
    return {str(path): blake2b(path.read_bytes(), digest_size=16).hexdigest() for path in tree.rglob("*.md")}


def _until_level(client: CairnClient, tree: Path) -> None:
    """Look until no file is pending: nobody tells when the daemon has followed by itself."""
    deadline = time.monotonic() + PATIENCE_S
    while any(row.state == "pending" for row in client.coverage(str(tree))):
        assert time.monotonic() < deadline


def test_a_daemon_killed_during_a_change_misses_nothing(own_profile: Path, tree: Path) -> None:
    """Files come, change, move and go before and after it is killed; the next one holds exactly what is there."""
    own_profile.mkdir()
    daemon = Daemon(own_profile)
    daemon.start()
    with daemon.client() as client:
        client.follow([str(tree)])
        _until_level(client, tree)
        write_notes(tree, range(40, 80))
        _until_level(client, tree)
        moved = {item.source.path: item.id for item in client.list_items(limit=1_000).items}[str(tree / "note1.md")]
        for number in range(20, 40):
            (tree / f"note{number}.md").unlink()
    daemon.end(signal.SIGKILL)
    for number in range(40, 60):
        (tree / f"note{number}.md").write_text(f"# Note {number}\n\nRevised to revision{number}.\n")
    (tree / "note1.md").rename(tree / "moved.md")
    write_notes(tree, range(80, 100))
    daemon.start()
    with daemon.client() as client:
        _until_level(client, tree)
        assert _held(client, tree) == _on_disk(tree)
        assert {item.source.path: item.id for item in client.list_items(limit=1_000).items}[
            str(tree / "moved.md")
        ] == moved
        assert client.recall("revision47").items[0].cite.path == str(tree / "note47.md")
    daemon.end()
