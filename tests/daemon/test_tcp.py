"""The door for other machines."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog.testing

from daemon.config import TcpConfig
from daemon.tcp import tcp_listener
from foundation.config import ConfigError


@pytest.fixture
def config(tmp_path: Path) -> TcpConfig:
    """A whole one; that the files hold a certificate and a key is the server's to check."""
    for name in ("certificate", "key", "token"):
        (tmp_path / name).write_text(f"{name} of sixteen characters and more\n")
        (tmp_path / name).chmod(0o600)
    return TcpConfig(
        port=50051,
        certificate_file=str(tmp_path / "certificate"),
        key_file=str(tmp_path / "key"),
        token_file=str(tmp_path / "token"),
    )


def test_a_whole_configuration_is_a_listener(config: TcpConfig) -> None:
    """The token is stripped of its line end."""
    listener = tcp_listener(config)
    assert listener is not None
    assert (listener.host, listener.port) == ("127.0.0.1", 50051)
    assert listener.token == "token of sixteen characters and more"
    assert listener.key.startswith(b"key of")


def test_port_zero_is_off() -> None:
    """Nothing else is looked at."""
    assert tcp_listener(TcpConfig(key_file="/nowhere")) is None


def test_everything_that_is_missing_is_named_together() -> None:
    """All three keys, and the way out."""
    with pytest.raises(ConfigError) as caught:
        tcp_listener(TcpConfig(port=1, key_file="/nowhere"))
    first, second, third = caught.value.mistakes
    assert first == "`daemon.tcp.certificate_file`: missing"
    assert second == "`daemon.tcp.key_file`: cannot read `/nowhere`: No such file or directory"
    assert third.startswith("`daemon.tcp.token_file`: missing; TCP needs TLS and a token")


def test_a_file_of_nobody_is_named_with_the_rest(config: TcpConfig) -> None:
    """It is a mistake of the configuration like any other."""
    with pytest.raises(ConfigError, match="cannot read `~nouser-of-this-name/k`: no user of this name"):
        tcp_listener(TcpConfig("", 1, config.certificate_file, "~nouser-of-this-name/k", config.token_file))


def test_a_short_token_is_refused(config: TcpConfig) -> None:
    """It could be guessed."""
    Path(config.token_file).write_text("hunter2\n")
    with pytest.raises(ConfigError, match="fewer than 16 characters"):
        tcp_listener(config)


@pytest.mark.parametrize("token", ["пароль из многих букв", "two lines of it\nare not one token", "\x00" * 20])
def test_a_token_that_no_client_could_send_is_refused(config: TcpConfig, token: str) -> None:
    """A header carries one line of ASCII."""
    Path(config.token_file).write_text(token)
    with pytest.raises(ConfigError, match="one line of printable ASCII"):
        tcp_listener(config)


def test_a_key_that_others_can_read_is_reported(config: TcpConfig) -> None:
    """By its key in the configuration, never by what it holds."""
    Path(config.key_file).chmod(0o644)
    with structlog.testing.capture_logs() as events:
        tcp_listener(config)
    assert events == [{"event": "secret_file_open_to_others", "key": "daemon.tcp.key_file", "log_level": "warning"}]
