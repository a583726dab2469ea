"""The daemon as its users meet it: a process, a socket, signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from cli.errors import NoDaemonError, RpcError
from cli.models import ForgetSummary
from proto.cairn.v1 import memory_pb2, memory_pb2_grpc
from tests.e2e.running import NO_MODEL, Daemon, summary_of

pytestmark = pytest.mark.slow


@pytest.fixture
def daemon(own_profile: Path) -> Iterator[Daemon]:
    """A daemon that serves, without a model."""
    own_profile.mkdir()
    started = Daemon(own_profile)
    started.start()
    yield started
    if started.process is not None and started.process.poll() is None:
        started.end()


def test_a_folder_is_indexed_and_answers_come_with_lines(daemon: Daemon, tree: Path) -> None:
    """The main job over the wire."""
    with daemon.client() as client:
        assert summary_of(client.index([str(tree)])).items == 40
        best = client.recall("marker17").items[0]
        assert (best.cite.path, best.cite.line) == (str(tree / "note17.md"), 1)
        forgotten = list(client.forget(path=str(tree / "note17.md")))[-1]
        assert isinstance(forgotten, ForgetSummary)
        assert forgotten.items == 1
        assert client.recall("marker17", k=1).items[:1] != (best,)


def test_the_socket_and_the_profile_are_private(daemon: Daemon) -> None:
    """Nobody else can enter the folder or use the socket."""
    assert stat.S_IMODE(daemon.profile.stat().st_mode) == 0o700
    assert stat.S_IMODE((daemon.profile / "cairn.sock").stat().st_mode) == 0o600


def test_a_second_daemon_is_refused_with_the_first_ones_process(daemon: Daemon) -> None:
    """The error names who holds the profile and what to do."""
    command = [sys.executable, "-m", "daemon", "--profile", str(daemon.profile)]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert daemon.process is not None
    assert f"process {daemon.process.pid}" in second.stderr
    assert "cairn down" in second.stderr


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x", "k": 0}, "k"),
        ({"text": "x", "k": 10**9}, "k"),
        ({"text": "x\x00"}, "text"),
        ({"text": "x", "modality": ["smell"]}, "modality"),
        ({"text": "x", "strategy": "luck"}, "strategy"),
        ({"text": "x", "since": "yesterday-ish"}, "since"),
        ({"text": "x", "since": "2026-02-01", "until": "2026-01-01"}, "until"),
    ],
)
def test_a_bad_question_is_refused_with_its_field(daemon: Daemon, fields: dict[str, object], field: str) -> None:
    """INVALID_ARGUMENT, the reason, and the field."""
    with daemon.client() as client, pytest.raises(RpcError) as caught:
        client.recall(**fields)  # type: ignore[arg-type]  # bad on purpose
    assert caught.value.status == "invalid_argument"
    assert caught.value.reason == "INVALID_ARGUMENT"
    assert caught.value.field == field


def test_bytes_that_are_no_text_are_refused(daemon: Daemon) -> None:
    """A string field with broken UTF-8 is the caller's mistake, not an internal error."""
    with grpc.insecure_channel(f"unix:{daemon.profile / 'cairn.sock'}") as channel:
        call = channel.unary_unary("/cairn.v1.Memory/Recall")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"\x0a\x02\xff\xfe", timeout=10)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("path", ["/proc", "/nowhere/at/all"])
def test_a_path_outside_what_is_allowed_is_refused(daemon: Daemon, path: str) -> None:
    """INVALID_ARGUMENT with the field `paths`."""
    with daemon.client() as client, pytest.raises(RpcError) as caught:
        list(client.index([path]))
    assert (caught.value.status, caught.value.field) == ("invalid_argument", "paths")


def test_an_unknown_item_is_not_found(daemon: Daemon) -> None:
    """NOT_FOUND with advice."""
    with daemon.client() as client, pytest.raises(RpcError) as caught:
        client.get("mi_nothing")
    assert caught.value.status == "not_found"
    assert "cairn list" in caught.value.fix


def test_a_deadline_really_stops_an_index_run(daemon: Daemon, tmp_path: Path) -> None:
    """The client's deadline ends the work: not everything is written, and the next run finishes."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3000):
        (folder / f"{number}.txt").write_text(f"line {number}\n" * 600)
    socket_path = daemon.profile / "cairn.sock"
    with grpc.insecure_channel(f"unix:{socket_path}") as channel:
        stub = memory_pb2_grpc.MemoryStub(channel)  # type: ignore[no-untyped-call]  # generated
        with pytest.raises(grpc.RpcError) as caught:
            list(stub.Index(memory_pb2.IndexRequest(paths=[str(folder)]), timeout=0.3))
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    with daemon.client() as client:
        assert client.stats().items < 3000
        # a batch that was being written when the deadline passed may still become durable: it is not read again either
        rest = summary_of(client.index([str(folder)]))
        assert 0 < rest.items < 3000
        assert rest.items + rest.unchanged == 3000
        assert client.stats().items == 3000


def test_sigterm_drains_and_says_so_to_systemd(own_profile: Path) -> None:
    """READY=1 when it serves, STOPPING=1 when it stops, exit status 0, and no socket left."""
    own_profile.mkdir()
    address = own_profile / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        listener.settimeout(10)
        daemon = Daemon(own_profile)
        daemon.start(NOTIFY_SOCKET=str(address))
        assert b"READY=1" in listener.recv(4096)
        assert daemon.end() == 0
        assert b"STOPPING=1" in listener.recv(4096)
    assert not (own_profile / "cairn.sock").exists()
    assert not (own_profile / "daemon.json").exists()


def test_the_log_holds_no_content(daemon: Daemon, tree: Path) -> None:
    """Neither what was indexed nor what was asked is written to the log."""
    (tree / "secret.md").write_text("the xylophone is hidden in the attic\n")
    with daemon.client() as client:
        summary_of(client.index([str(tree)]))
        client.recall("where is the zeppelin xylophone")
        with pytest.raises(RpcError):
            client.recall("zeppelin", k=0)
    daemon.end()
    log = (daemon.profile / "logs" / "daemon.jsonl").read_text()
    assert "xylophone" not in log
    assert "zeppelin" not in log
    assert all(json.loads(line)["event"] for line in log.splitlines())


def test_tcp_without_token_and_tls_is_refused(own_profile: Path) -> None:
    """The error names the missing keys."""
    own_profile.mkdir()
    command = [sys.executable, "-m", "daemon", "--profile", str(own_profile)]
    command += ["--set", NO_MODEL, "--set", "daemon.tcp.port=50051"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "daemon.tcp.token_file" in done.stderr


def test_nobody_answers_without_a_daemon(own_profile: Path) -> None:
    """The client says what to do."""
    from cli.connect import connect

    with pytest.raises(NoDaemonError, match="cairn up"):
        connect(own_profile, is_starting=False)


def test_the_daemon_ends_with_its_profile_unlocked(daemon: Daemon) -> None:
    """After an end by SIGKILL the next start needs no cleaning up."""
    daemon.end(signal.SIGKILL)
    daemon.start()
    with daemon.client() as client:
        assert client.info().pid != os.getpid()
        assert client.info().serving
