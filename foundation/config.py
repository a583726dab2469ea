"""Configuration in layers: TOML files, environment and command line over typed defaults.

Every mistake of every layer is reported, together, each with its file, key and line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec

from foundation.errors import InputError

__all__ = ["ConfigError", "Layer", "env_layer", "file_layer", "load_layers", "override_layer", "to_toml"]

T = TypeVar("T", bound=msgspec.Struct)

_HEADER = re.compile(r"^\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-.\"']+)\s*=")


class ConfigError(InputError):
    """One or more mistakes in the configuration.

    Args:
        mistakes: Each with its place.
    """

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("config", mistakes[0])
        self.message = "\n".join(mistakes)
        self.mistakes = tuple(mistakes)


class Layer(msgspec.Struct, frozen=True):
    """One source of settings."""

    name: str
    """Shown in errors: a file, `environment`, or `command line`."""
    values: dict[str, Any]
    lines: dict[str, int] = {}
    """Line of each dotted key, where the source has lines."""


def file_layer(path: Path) -> Layer:
    """Return the settings of a TOML file; a file that does not exist has none.

    Raises:
        ConfigError: The file is not TOML or cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Layer(str(path), {})
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}"]) from error
    try:
        return Layer(str(path), tomllib.loads(text), _lines(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path}: {error}"]) from error


def _lines(text: str) -> dict[str, int]:
    """Return the line of each key; good enough for tables and plain keys, which is what people write."""
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[1].replace('"', "").replace(" ", "")
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            name = key[1].replace('"', "").replace("'", "")
            found.setdefault(f"{table}.{name}" if table else name, number)
    return found


def env_layer(environment: Mapping[str, str], prefix: str = "CAIRN__") -> Layer:
    """Return the settings of variables such as `CAIRN__MEMORY__EMBED__THREADS=1`."""
    pairs = {
        name.removeprefix(prefix).lower().replace("__", "."): value
        for name, value in environment.items()
        if name.startswith(prefix)
    }
    return _dotted("environment", pairs)


def override_layer(settings: Sequence[str]) -> Layer:
    """Return the settings of `key.path=value` words of a command line.

    Raises:
        ConfigError: A word has no `=`.
    """
    pairs = {}
    for setting in settings:
        key, mark, value = setting.partition("=")
        if not mark:
            raise ConfigError([f"command line: `{setting}` is not of the form key.path=value"])
        pairs[key.strip()] = value.strip()
    return _dotted("command line", pairs)


def _dotted(name: str, pairs: Mapping[str, str]) -> Layer:
    values: dict[str, Any] = {}
    for key, text in pairs.items():
        *tables, last = key.split(".")
        place = values
        for table in tables:
            inner = place.setdefault(table, {})
            if not isinstance(inner, dict):
                raise ConfigError([f"{name}: `{key}`: `{table}` is a value, not a table"])
            place = inner
        place[last] = _value(text)
    return Layer(name, values)


def _value(text: str) -> Any:
    """A value is read as TOML; what is not TOML is a plain string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def load_layers(schema: type[T], layers: Sequence[Layer]) -> T:
    """Merge layers, the last one wins, and return them as `schema`.

    Args:
        schema: Struct whose fields have defaults; nested structs are tables.
        layers: Weakest first.

    Raises:
        ConfigError: Unknown keys and wrong types, all of them.
    """
    mistakes: list[str] = []
    merged: dict[str, Any] = {}
    for layer in layers:
        good = _checked(schema, layer.values, "", layer, mistakes)
        _merge(merged, good)
    if mistakes:
        raise ConfigError(mistakes)
    return msgspec.convert(merged, schema)


def _checked(
    schema: type[msgspec.Struct], values: Mapping[str, Any], path: str, layer: Layer, mistakes: list[str]
) -> dict[str, Any]:
    hints = get_type_hints(schema)
    good: dict[str, Any] = {}
    for key, value in values.items():
        dotted = f"{path}.{key}" if path else key
        place = f"{layer.name}:{layer.lines[dotted]}" if dotted in layer.lines else layer.name
        if key not in hints:
            mistakes.append(f"{place}: unknown key `{dotted}`; known here: {', '.join(sorted(hints))}")
        elif isinstance(hints[key], type) and issubclass(hints[key], msgspec.Struct):
            if isinstance(value, dict):
                good[key] = _checked(hints[key], value, dotted, layer, mistakes)
            else:
                mistakes.append(f"{place}: `{dotted}` is a table, not a value")
        else:
            _leaf(hints[key], key, value, f"{place}: `{dotted}`", good, mistakes)
    return good


def _leaf(kind: Any, key: str, value: Any, place: str, good: dict[str, Any], mistakes: list[str]) -> None:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        mistakes.append(f"{place}: {str(error)[:1].lower()}{str(error)[1:]}")
    else:
        good[key] = value


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def to_toml(config: msgspec.Struct) -> str:
    """Return a configuration as TOML: plain keys of a table first, then its tables."""
    return "\n".join(_table(msgspec.to_builtins(config), "")) + "\n"


def _table(values: Mapping[str, Any], path: str) -> list[str]:
    lines = [f"{key} = {_literal(value)}" for key, value in values.items() if not isinstance(value, dict)]
    if path and lines:
        lines = ["", f"[{path}]", *lines]
    for key, value in values.items():
        if isinstance(value, dict):
            lines += _table(value, f"{path}.{key}" if path else key)
    return lines


def _literal(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_literal(item) for item in value)}]"
    # JSON's strings, numbers and booleans are TOML's too
    return msgspec.json.encode(value).decode()
