"""Telling the service manager."""

from __future__ import annotations

import socket
import tempfile
import uuid

import pytest

from daemon.notify import notify


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_a_state_arrives(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a socket in the file system, or on an abstract one."""
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        name = f"{short}/notify" if kind == "path" else f"@cairn-{uuid.uuid4()}"
        manager.bind(name.replace("@", "\0"))
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        assert notify("READY=1\nSTATUS=serving")
        assert manager.recv(4096) == b"READY=1\nSTATUS=serving"


def test_nobody_listening_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started by hand, or by a manager that has gone."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all")
    assert not notify("READY=1")
