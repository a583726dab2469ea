"""Where the server listens: a Unix socket of the user's own, and TCP; what goes wrong is told with what to do."""

from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path
from urllib.parse import quote

import grpc
import msgspec

from foundation.errors import CairnError, ConflictError, InputError, ResourceError
from foundation.places import SOCKET_BYTES, is_answering

__all__ = ["TcpListener", "check_tcp", "open_socket", "open_tcp"]

_ELSEWHERE = "choose another place by `daemon.socket`"


class TcpListener(msgspec.Struct, frozen=True):
    """A door for other machines: never without TLS and a token."""

    host: str
    port: int
    """0 takes a free one; see `GrpcServer.tcp_port`."""
    certificate: bytes
    """PEM chain."""
    key: bytes
    """PEM private key."""
    token: str


def check_tcp(tcp: TcpListener) -> None:
    """Refuse a door without protection.

    Raises:
        InputError: Certificate, key or token is missing.
    """
    missing = [name for name in ("certificate", "key", "token") if not getattr(tcp, name)]
    if missing:
        raise InputError(f"daemon.tcp.{missing[0]}", "TCP needs a certificate, a key and a token")


def open_tcp(server: grpc.Server, tcp: TcpListener) -> int:
    """Listen on TCP and return the port.

    Raises:
        failure: The address is taken, not ours or not allowed, or the certificate is none.
    """
    host = f"[{tcp.host}]" if ":" in tcp.host else tcp.host
    try:
        credentials = grpc.ssl_server_credentials([(tcp.key, tcp.certificate)])
        return int(server.add_secure_port(f"{host}:{tcp.port}", credentials))
    except RuntimeError as error:
        failure = _why_not(tcp.host, tcp.port, f"cannot listen on `{host}:{tcp.port}`")
        raise failure from error


def _why_not(host: str, port: int, what: str) -> CairnError:
    """Return why gRPC, which tells nothing, could not listen."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except socket.gaierror as error:
        return InputError("daemon.tcp.host", f"{what}: {error.strerror}", fix="127.0.0.1 is this machine")
    except OSError as error:
        said = f"{what}: {error.strerror}"
        match error.errno:
            case errno.EADDRINUSE:
                return ConflictError(said, fix="stop what uses it, or choose another `daemon.tcp.port`")
            case errno.EACCES:
                return ResourceError(said, fix="choose a `daemon.tcp.port` above 1023")
            case errno.EADDRNOTAVAIL:
                return InputError("daemon.tcp.host", said, fix="127.0.0.1 is this machine, 0.0.0.0 all its addresses")
            case _:
                return ResourceError(said)
    return ConflictError(
        f"{what}: certificate and key are no pair in PEM",
        fix="see `daemon.tcp.certificate_file` and `daemon.tcp.key_file`",
    )


def open_socket(server: grpc.Server, path: Path) -> None:
    """Listen on a Unix socket that only its owner may use.

    Raises:
        ConflictError: Others may enter the folder, or the path is in use.
        ResourceError: The path is too long, or the folder cannot be written.
    """
    if (size := len(os.fsencode(path))) > SOCKET_BYTES:
        raise ResourceError(f"the socket's path has {size} bytes, more than {SOCKET_BYTES}: `{path}`", fix=_ELSEWHERE)
    try:
        _prepare(path)
        server.add_insecure_port(f"unix:{quote(str(path))}")
        # the folder is closed to others, so nobody could have come in between
        path.chmod(0o600)
    except OSError as error:
        raise ResourceError(f"cannot listen on `{path}`: {error.strerror}", fix=_ELSEWHERE) from error
    except RuntimeError as error:
        why = "" if os.access(path.parent, os.W_OK | os.X_OK) else ": its folder cannot be written"
        raise ResourceError(f"cannot listen on `{path}`{why}", fix=_ELSEWHERE) from error


def _prepare(path: Path) -> None:
    """Take a dead daemon's socket away; the folder keeps others out between its making and its `chmod`.

    Raises:
        ConflictError: Others may enter the folder, or something that is not ours is in the way.
    """
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.stat()
    if status.st_mode & 0o077:
        # a folder that many use, such as /tmp, must stay open to them
        is_own = status.st_uid == os.getuid() and not status.st_mode & stat.S_ISVTX
        own = f"chmod 700 {folder}, or " if is_own else ""
        raise ConflictError(f"others may enter `{folder}`", fix=f"{own}choose another folder by `daemon.socket`")
    if not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise ConflictError(f"`{path}` is there and is no socket", fix=f"move it away, or {_ELSEWHERE}")
    if is_answering(str(path)):
        raise ConflictError(f"another program listens on `{path}`", fix=f"stop it, or {_ELSEWHERE}")
    path.unlink()
