"""The whole configuration, and where its layers lie."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from foundation.config import Layer, env_layer, file_layer, load_layers, override_layer
from memory_fabric.config import MemoryConfig

__all__ = ["CairnConfig", "DaemonConfig", "TcpConfig", "load_config"]


class TcpConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A door for other machines; off while `port` is 0."""

    host: str = "127.0.0.1"
    port: int = 0
    certificate_file: str = ""
    """PEM chain."""
    key_file: str = ""
    """PEM private key."""
    token_file: str = ""
    """Holds the token that clients send."""


class DaemonConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `[daemon]` section."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    drain_s: float = 5.0
    """Seconds that requests in flight get when the daemon stops."""
    max_recalls: int = 8
    """Quick requests at once."""
    max_runs: int = 4
    """Index and other long runs at once."""
    watch: tuple[str, ...] = ()
    """Folders that are followed for as long as the daemon runs."""
    tcp: TcpConfig = TcpConfig()


class CairnConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything."""

    daemon: DaemonConfig = DaemonConfig()
    memory: MemoryConfig = MemoryConfig()


def load_config(profile: Path, *, extra: Path | None = None, overrides: Sequence[str] = ()) -> CairnConfig:
    """Merge built-in defaults, a named file, the profile's, the working folder's, environment and command line.

    Args:
        profile: Its `config.toml` is the user's file.
        extra: A profile of `configs/` or any other file; weaker than the user's.
        overrides: `key.path=value` words.

    Raises:
        ConfigError: All mistakes of all layers.
    """
    layers: list[Layer] = []
    if extra is not None:
        layers.append(file_layer(extra))
    layers += [file_layer(profile / "config.toml"), file_layer(Path.cwd() / ".cairn.toml")]
    layers += [env_layer(os.environ), override_layer(overrides)]
    return load_layers(CairnConfig, layers)
