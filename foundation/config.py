"""Configuration in layers: TOML files, environment and command line over typed defaults.

Every mistake of every layer is reported, together, each with its file, line and key.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from foundation.errors import InputError
from foundation.toml_lines import key_lines
from foundation.toml_text import parse_toml, read_toml

__all__ = ["ConfigError", "Layer", "env_layer", "file_layer", "load_layers", "override_layer", "to_toml"]

T = TypeVar("T", bound=msgspec.Struct)

_MAX_MISTAKES = 50
"""More are not looked for: a file with so many was not written for us."""

_MAX_CHARS = 600
"""Of one mistake, which quotes what was written."""

_POSITION = re.compile(r"\s*\(at line (\d+), column (\d+)\)$")


class ConfigError(InputError):
    """One or more mistakes in the configuration.

    Args:
        mistakes: Each with its place; at least one. They may quote a stranger: a line each, nothing a terminal obeys.
    """

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(_quoted(mistake) for mistake in mistakes)
        super().__init__("config", self.mistakes[0])
        self.message = "\n".join(self.mistakes)


def _quoted(text: str) -> str:
    # from the middle: the place stands in front, the reason at the end
    cut = text if len(text) <= _MAX_CHARS else f"{text[: _MAX_CHARS // 2]}…{text[-_MAX_CHARS // 2 :]}"
    return cut if cut.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in cut)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


class Layer(msgspec.Struct, frozen=True):
    """One source of settings."""

    name: str
    """Shown in errors: a file, `environment`, or `command line`."""
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    """Where each dotted key was said, e.g. `config.toml:12`."""
    texts: dict[str, str] = {}
    """Each dotted key as it was typed, where a source has text only: a string field takes `1` as it stands."""
    mistakes: tuple[str, ...] = ()
    """What could not even be read."""
    allowed: tuple[str, ...] = ()
    """Dotted keys and tables that this source may set; empty allows all."""


def file_layer(path: Path, *, is_required: bool = False, allowed: Sequence[str] = ()) -> Layer:
    """Return the settings of a TOML file.

    Args:
        path: A file that does not exist has no settings.
        is_required: Whether its absence is a mistake.
        allowed: Keys and tables that it may set; empty allows all.
    """
    name = str(path)
    try:
        text = read_toml(path)
        values = parse_toml(text)
        places = {key: f"{name}:{line}" for key, line in key_lines(text).items()}
    except (FileNotFoundError, NotADirectoryError) as error:
        return Layer(name, mistakes=(f"{name}: cannot be read: {error.strerror}",) if is_required else ())
    except OSError as error:
        return Layer(name, mistakes=(f"{name}: cannot be read: {error.strerror}",))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return Layer(name, mistakes=(f"{name}:{line}: not UTF-8",))
    except tomllib.TOMLDecodeError as error:
        return Layer(name, mistakes=(_syntax_mistake(name, str(error)),))
    except (ValueError, RecursionError) as error:
        said = "nested too deeply" if isinstance(error, RecursionError) else error
        return Layer(name, mistakes=(f"{name}: {said}",))
    return Layer(name, values, places, allowed=tuple(allowed))


def _syntax_mistake(name: str, said: str) -> str:
    position = _POSITION.search(said)
    place = f"{name}:{position[1]}:{position[2]}" if position else name
    return f"{place}: {_lowered(_POSITION.sub('', said))}"


def env_layer(environment: Mapping[str, str], prefix: str = "CAIRN__") -> Layer:
    """Return the settings of variables such as `CAIRN__MEMORY__EMBED__THREADS=1`."""
    said = [
        (name.removeprefix(prefix).lower().replace("__", "."), value, name)
        for name, value in sorted(environment.items())
        if name.startswith(prefix)
    ]
    return _spoken("environment", said)


def override_layer(settings: Sequence[str]) -> Layer:
    """Return the settings of `key.path=value` words of a command line; of one key said twice the last counts."""
    said, mistakes = {}, []
    for setting in settings:
        key, mark, value = setting.partition("=")
        if mark and key.strip():
            said[key.strip()] = (key.strip(), value.strip(), setting)
        else:
            mistakes.append(f"command line: `{setting}` is not of the form key.path=value")
    return _spoken("command line", said.values(), mistakes)


def _spoken(name: str, said: Iterable[tuple[str, str, str]], mistakes: Sequence[str] = ()) -> Layer:
    """Nest dotted keys; each comes with its text and the words to show in errors."""
    values: dict[str, Any] = {}
    places, texts, wrong = {}, {}, list(mistakes)
    for key, text, words in said:
        *tables, last = key.split(".")
        place: Any = values
        for table in tables:
            place = place.setdefault(table, {}) if isinstance(place, dict) else None
        if not isinstance(place, dict) or last in place:
            wrong.append(f"{name}: `{words}`: `{key}` is a value and a table at once")
            continue
        place[last] = _parsed(text)
        places[key], texts[key] = f"{name}: `{words}`", text
    return Layer(name, values, places, texts, tuple(wrong))


def _parsed(text: str) -> Any:
    """A value is read as TOML; what is not TOML, or more than we would read of it, is a plain string."""
    try:
        found = parse_toml(f"value = {text}")
    except ValueError:
        return text
    return found["value"] if found.keys() == {"value"} else text


def load_layers(schema: type[T], layers: Sequence[Layer]) -> T:
    """Merge layers, the last one wins, and return them as `schema`.

    Args:
        schema: Struct whose fields have defaults; nested structs are tables.
        layers: Weakest first.

    Raises:
        ConfigError: Unreadable files, unknown keys and wrong types, all of them up to a sane number.
    """
    mistakes: list[str] = []
    merged: dict[str, Any] = {}
    for layer in layers:
        mistakes += layer.mistakes
        _merge(merged, _checked(schema, layer.values, "", layer, mistakes))
    if len(mistakes) >= _MAX_MISTAKES:
        mistakes.append(f"these are the first {len(mistakes)} mistakes; there may be more")
    if mistakes:
        raise ConfigError(mistakes)
    try:
        return msgspec.convert(merged, schema)
    except msgspec.ValidationError as error:
        # each value is right by itself: what remains is a rule over several of them
        raise ConfigError([_lowered(str(error))]) from error


def _checked(
    schema: type[msgspec.Struct], values: Mapping[str, Any], path: str, layer: Layer, mistakes: list[str]
) -> dict[str, Any]:
    hints = get_type_hints(schema, include_extras=True)
    good: dict[str, Any] = {}
    for key, value in values.items():
        if len(mistakes) >= _MAX_MISTAKES:
            break
        dotted = f"{path}.{key}" if path else key
        place = layer.places.get(dotted, layer.name)
        kind = hints.get(key)
        if kind is None:
            mistakes.append(f"{place}: unknown key `{dotted}`; {_suggestion(key, hints)}")
        elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            if isinstance(value, dict):
                good[key] = _checked(kind, value, dotted, layer, mistakes)
            else:
                mistakes.append(f"{place}: `{dotted}` is a table, not a value")
        elif layer.allowed and not _is_within(dotted, layer.allowed):
            mistakes.append(f"{place}: `{dotted}` may not be set here; set it in the user's own configuration")
        else:
            try:
                good[key] = _converted(value, kind, layer.texts.get(dotted))
            except msgspec.ValidationError as error:
                mistakes.append(f"{place}: `{dotted}`: {_lowered(str(error))}{_allowed(kind)}")
    return good


def _suggestion(key: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(key, names, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(f'`{name}`' for name in names)}"


def _allowed(kind: Any) -> str:
    """Return what an enumerated key may be, to be put behind what is wrong with it."""
    return f"; one of {', '.join(f'`{value}`' for value in get_args(kind))}" if get_origin(kind) is Literal else ""


def _is_within(dotted: str, allowed: Sequence[str]) -> bool:
    return any(dotted == name or dotted.startswith(f"{name}.") for name in allowed)


def _converted(value: Any, kind: Any, text: str | None) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        if text is None:
            raise
        try:
            return msgspec.convert(text, kind)
        except msgspec.ValidationError:
            pass
        raise


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def _lowered(said: str) -> str:
    return said[:1].lower() + said[1:]


def to_toml(config: msgspec.Struct) -> str:
    """Return a configuration as TOML: plain keys of a table first, then its tables."""
    return "\n".join(_table(msgspec.to_builtins(config), "")).strip() + "\n"


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
    # JSON's strings, numbers and booleans are TOML's too, but for one control character
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
