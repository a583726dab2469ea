"""Where the server listens; what is in the way is told with what to do, and is never harmed."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import grpc
import pytest

from foundation.errors import CairnError, ConflictError, InputError, ResourceError
from servers.grpc_api.listeners import TcpListener, open_tcp
from tests.servers.grpc_api.serving import serve


def _refused_in(folder: Path) -> CairnError:
    with pytest.raises(CairnError) as caught, serve(folder):
        pass
    return caught.value


def test_a_file_in_the_way_is_not_harmed(folder: Path) -> None:
    """The path of a socket may be mistyped: what lies there is somebody's work."""
    path = folder / "cairn.sock"
    path.write_text("years of work")
    error = _refused_in(folder)
    assert isinstance(error, ConflictError)
    assert error.message == f"`{path}` is there and is no socket"
    assert "daemon.socket" in error.fix
    assert path.read_text() == "years of work"


def test_a_folder_or_a_link_in_the_way_is_not_harmed(folder: Path, tmp_path: Path) -> None:
    """Neither, nor what a link leads to."""
    (tmp_path / "diary").write_text("dear")
    (folder / "cairn.sock").symlink_to(tmp_path / "diary")
    assert "is no socket" in _refused_in(folder).message
    (folder / "cairn.sock").unlink()
    (folder / "cairn.sock").mkdir()
    assert "is no socket" in _refused_in(folder).message
    assert (tmp_path / "diary").read_text() == "dear"


def test_a_socket_that_answers_is_left_to_its_owner(folder: Path) -> None:
    """Another program's clients must not end up here."""
    path = folder / "cairn.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        error = _refused_in(folder)
        assert isinstance(error, ConflictError)
        assert error.message == f"another program listens on `{path}`"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_a_path_that_is_too_long_is_told_before_anything_is_made(tmp_path: Path) -> None:
    """With its length and the limit."""
    folder = tmp_path / ("x" * 110)
    error = _refused_in(folder)
    assert isinstance(error, ResourceError)
    assert "bytes, more than 10" in error.message
    assert "daemon.socket" in error.fix
    assert not folder.exists()


@pytest.mark.parametrize("parent", ["/proc/cairn", "/dev/null/cairn"])
def test_a_folder_that_cannot_be_made_is_told(parent: str) -> None:
    """A file system that takes no files, and a file in the place of a folder."""
    error = _refused_in(Path(parent))
    assert isinstance(error, ResourceError)
    assert error.message.startswith(f"cannot listen on `{parent}/cairn.sock`: ")
    assert "daemon.socket" in error.fix


def test_a_missing_folder_is_made_for_its_owner(tmp_path: Path) -> None:
    """With all those above it."""
    with serve(tmp_path / "run"):
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


def test_a_shared_folder_is_not_to_be_closed(tmp_path: Path) -> None:
    """Nobody is told to `chmod 700` what others live in."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    assert _refused_in(tmp_path / "shared").fix == "choose another folder by `daemon.socket`"
    (tmp_path / "shared").chmod(0o755)
    assert _refused_in(tmp_path / "shared").fix.startswith(f"chmod 700 {tmp_path / 'shared'}, or ")


def _tcp_error(host: str, port: int) -> CairnError:
    listener = TcpListener(host, port, b"certificate", b"key", "token")
    with pytest.raises(CairnError) as caught:
        open_tcp(grpc.server(None), listener)
    return caught.value


def test_a_port_that_is_taken_is_told() -> None:
    """With the setting to change."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        error = _tcp_error("127.0.0.1", taken.getsockname()[1])
    assert isinstance(error, ConflictError)
    assert "Address already in use" in error.message
    assert "daemon.tcp.port" in error.fix


@pytest.mark.parametrize("host", ["203.0.113.7", "2001:db8::7"])
def test_an_address_of_another_machine_is_told(host: str) -> None:
    """The field is named. Both are for documentation only: RFC 5737, RFC 3849."""
    error = _tcp_error(host, 50051)
    if isinstance(error, ResourceError):
        pytest.skip(f"this machine speaks no such protocol: {error}")
    assert isinstance(error, InputError)
    assert error.field == "daemon.tcp.host"


def test_a_name_that_is_no_address_is_told() -> None:
    """Such names never resolve: RFC 6761."""
    error = _tcp_error("nowhere.invalid", 50051)
    assert isinstance(error, InputError)
    assert error.field == "daemon.tcp.host"


def test_a_certificate_that_is_none_is_told() -> None:
    """It is what is left when the address is fine."""
    error = _tcp_error("127.0.0.1", 0)
    assert isinstance(error, ConflictError)
    assert "certificate and key are no pair in PEM" in error.message
    assert "daemon.tcp.certificate_file" in error.fix
