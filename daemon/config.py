"""The whole configuration, and where its layers lie."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from foundation.config import ConfigError, Layer, env_layer, file_layer, load_layers, override_layer
from foundation.paths import expanded_path
from foundation.places import Places
from memory_fabric.config import MemoryConfig

__all__ = ["PROJECT_KEYS", "CairnConfig", "DaemonConfig", "TcpConfig", "load_config", "preset_folder"]

PROJECT_KEYS = (
    "daemon.log_level",
    "memory.ingest.chunk_chars",
    "memory.ingest.is_following_gitignore",
    "memory.ingest.max_chunk_chars",
    "memory.recall",
)
"""What a project's `.cairn.toml` may set: the file came with the project, so it may tune but open no door."""

_Count = Annotated[int, msgspec.Meta(ge=1, le=1024)]


class TcpConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A door for other machines; off while `port` is 0."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    certificate_file: str = ""
    """PEM chain."""
    key_file: str = ""
    """PEM private key."""
    token_file: str = ""
    """Holds the token that clients send."""


class DaemonConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `[daemon]` section."""

    socket: str = ""
    """Where to listen; empty is `cairn.sock` in the profile."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    drain_s: Annotated[float, msgspec.Meta(ge=0.0, le=600.0)] = 5.0
    """Seconds that requests in flight get when the daemon stops."""
    max_recalls: _Count = 8
    """Quick requests at once."""
    max_runs: _Count = 4
    """Index and other long runs at once."""
    watch: tuple[str, ...] = ()
    """Folders that are followed for as long as the daemon runs."""
    tcp: TcpConfig = TcpConfig()


class CairnConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything."""

    daemon: DaemonConfig = DaemonConfig()
    memory: MemoryConfig = MemoryConfig()


def preset_folder() -> Path:
    """Return the folder of the configurations that ship with Cairn."""
    return Path(__file__).resolve().parent.parent / "configs"


def load_config(places: Places, *, preset: str = "", overrides: Sequence[str] = ()) -> CairnConfig:
    """Merge built-in defaults, a preset, the user's file, the project's, environment and command line.

    Args:
        places: Of the profile.
        preset: A name in `configs/`, or a file of one's own; weaker than the user's file.
        overrides: `key.path=value` words.

    Raises:
        ConfigError: All mistakes of all layers.
    """
    layers = [_preset_layer(preset)] if preset else []
    layers += [file_layer(places.config), *_project_layers()]
    layers += [env_layer(os.environ), override_layer(overrides)]
    config = load_layers(CairnConfig, layers)
    mistakes = [*_path_mistakes(config), *_server_mistakes(config)]
    if mistakes:
        raise ConfigError(mistakes)
    return config


def _path_mistakes(config: CairnConfig) -> Iterator[str]:
    tcp, ingest = config.daemon.tcp, config.memory.ingest
    files = {f"daemon.tcp.{name}": getattr(tcp, name) for name in ("certificate_file", "key_file", "token_file")}
    for key, text in {"daemon.socket": config.daemon.socket, **files}.items():
        if text:
            yield from _path_mistake(key, text)
    folders = {"daemon.watch": config.daemon.watch, "memory.ingest.roots": ingest.roots}
    for key, texts in {**folders, "memory.ingest.denied": ingest.denied}.items():
        for text in texts:
            # the daemon outlives the folder that it was started in
            yield from _path_mistake(key, text, is_absolute=True)


def _path_mistake(key: str, text: str, *, is_absolute: bool = False) -> Iterator[str]:
    try:
        path = expanded_path(text)
    except ValueError as error:
        yield f"`{key}`: `{text}`: {error}"
        return
    if "\x00" in text:
        yield f"`{key}`: `{text}` holds a NUL character"
    elif is_absolute and not path.is_absolute():
        yield f"`{key}`: `{text}` is not an absolute path"


def _server_mistakes(config: CairnConfig) -> Iterator[str]:
    if config.memory.dense.backend == "qdrant_server" and not config.memory.dense.url.strip():
        yield "`memory.dense.url`: missing; `qdrant_server` needs an address such as `http://127.0.0.1:6333`"


def _preset_layer(preset: str) -> Layer:
    named = preset_folder() / f"{preset}.toml"
    is_name = preset.isidentifier() or preset.replace("-", "_").isidentifier()
    try:
        path = named if is_name and named.is_file() else expanded_path(preset)
    except (ValueError, OSError):
        # whoever opens it finds out why it cannot be
        path = Path(preset)
    return file_layer(path, is_required=True)


def _project_layers() -> list[Layer]:
    try:
        folder = Path.cwd()
    except FileNotFoundError:
        # started in a folder that has been deleted since
        return []
    return [file_layer(folder / ".cairn.toml", allowed=PROJECT_KEYS)]
