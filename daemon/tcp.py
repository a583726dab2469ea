"""The door for other machines, checked before anything is opened: never without TLS and a token."""

from __future__ import annotations

import structlog

from daemon.config import TcpConfig
from foundation.config import ConfigError
from foundation.paths import expanded_path
from servers.grpc_api.server import TcpListener

__all__ = ["tcp_listener"]

_MIN_TOKEN_CHARS = 16

log = structlog.get_logger(__name__)


def tcp_listener(config: TcpConfig) -> TcpListener | None:
    """Return what the server needs to listen on TCP, or None while `port` is 0.

    Raises:
        ConfigError: A file is not named or cannot be read, or the token is too short; all of that together.
    """
    if not config.port:
        return None
    mistakes: list[str] = []
    certificate = _read("certificate_file", config.certificate_file, mistakes)
    key = _read("key_file", config.key_file, mistakes)
    token = _read("token_file", config.token_file, mistakes).decode(errors="replace").strip()
    if config.token_file and not mistakes and len(token) < _MIN_TOKEN_CHARS:
        mistakes.append(f"`daemon.tcp.token_file`: the token has fewer than {_MIN_TOKEN_CHARS} characters")
    if not (token.isascii() and token.isprintable()):
        # it travels in a header, and no client could send it
        mistakes.append("`daemon.tcp.token_file`: the token must be one line of printable ASCII")
    if mistakes:
        mistakes[-1] += "; TCP needs TLS and a token, or set `daemon.tcp.port` to 0"
        raise ConfigError(mistakes)
    for name in ("key_file", "token_file"):
        if expanded_path(getattr(config, name)).stat().st_mode & 0o077:
            log.warning("secret_file_open_to_others", key=f"daemon.tcp.{name}")
    return TcpListener(config.host, config.port, certificate, key, token)


def _read(name: str, path: str, mistakes: list[str]) -> bytes:
    if not path:
        mistakes.append(f"`daemon.tcp.{name}`: missing")
        return b""
    try:
        return expanded_path(path).read_bytes()
    except (ValueError, OSError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        mistakes.append(f"`daemon.tcp.{name}`: cannot read `{path}`: {said}")
        return b""
