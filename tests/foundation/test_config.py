"""Layers of configuration."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.config import ConfigError, Layer, env_layer, file_layer, load_layers, override_layer, to_toml


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table."""

    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    name: str = "x"
    mode: Literal["slow", "fast"] = "slow"
    folders: tuple[str, ...] = ()
    share: float = 0.5


class Outer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything."""

    inner: Inner = Inner()
    is_on: bool = False


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a layer may be written."""
    return tmp_path / "config.toml"


def mistakes_of(*layers: Layer) -> tuple[str, ...]:
    """Return what is wrong with layers."""
    with pytest.raises(ConfigError) as caught:
        load_layers(Outer, layers)
    return caught.value.mistakes


def test_no_layers_are_the_defaults() -> None:
    """Nothing said, nothing changed."""
    assert load_layers(Outer, []) == Outer()


def test_the_last_layer_wins_key_by_key(file: Path) -> None:
    """A layer replaces the keys that it says and leaves the others."""
    file.write_text("is_on = true\n[inner]\ncount = 2\nname = 'file'\n")
    layers = [file_layer(file), env_layer({"T__INNER__COUNT": "3"}, "T__"), override_layer(["inner.count=4"])]
    assert load_layers(Outer, layers[:1]).inner == Inner(count=2, name="file")
    assert load_layers(Outer, layers[:2]).inner.count == 3
    assert load_layers(Outer, layers) == Outer(Inner(count=4, name="file"), is_on=True)


def test_an_unknown_key_names_file_line_and_key(file: Path) -> None:
    """And the key that was probably meant."""
    file.write_text("is_on = true\n\n[inner]\n# comment\ncuont = 2\n")
    assert mistakes_of(file_layer(file)) == (f"{file}:5: unknown key `inner.cuont`; did you mean `count`?",)


def test_an_unknown_table_is_named_once(file: Path) -> None:
    """What stands below it is not looked at."""
    file.write_text("[zzz]\na = 1\nb = 2\n")
    assert mistakes_of(file_layer(file)) == (f"{file}:1: unknown key `zzz`; known here: `inner`, `is_on`",)


def test_a_wrong_type_names_file_line_and_key(file: Path) -> None:
    """Dotted and inline keys have lines, too."""
    file.write_text("inner.count = 'two'\ninner.mode = 'quick'\n")
    found = mistakes_of(file_layer(file))
    assert found[0] == f"{file}:1: `inner.count`: expected `int`, got `str`"
    assert found[1].startswith(f"{file}:2: `inner.mode`: invalid enum value 'quick'")


def test_a_value_out_of_range_is_refused(file: Path) -> None:
    """Ranges are part of the type."""
    file.write_text("inner = { count = 0 }\n")
    assert mistakes_of(file_layer(file)) == (f"{file}:1: `inner.count`: expected `int` >= 1",)


def test_a_table_where_a_value_belongs_and_the_other_way_round(file: Path) -> None:
    """Both are told by their place."""
    file.write_text("inner = 3\n[is_on]\nx = 1\n")
    first, second = mistakes_of(file_layer(file))
    assert first == f"{file}:1: `inner` is a table, not a value"
    assert second.startswith(f"{file}:2: `is_on`: expected `bool`")


def test_all_mistakes_of_all_layers_come_together(file: Path, tmp_path: Path) -> None:
    """Syntax, encoding, unknown keys, wrong types, environment and command line in one report."""
    file.write_text("[inner\n")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"a = 1\nb = '\xff'\n")
    found = mistakes_of(
        file_layer(file),
        file_layer(binary),
        env_layer({"T__INNER__COUNT": "many", "T__NOPE": "1"}, "T__"),
        override_layer(["inner.share=much", "what"]),
    )
    assert found[0].startswith(f"{file}:1:7: expected ']'")
    assert found[1] == f"{binary}:2: not UTF-8"
    assert found[2] == "environment: `T__INNER__COUNT`: `inner.count`: expected `int`, got `str`"
    assert found[3].startswith("environment: `T__NOPE`: unknown key `nope`")
    assert found[4] == "command line: `what` is not of the form key.path=value"
    assert found[5].startswith("command line: `inner.share=much`: `inner.share`: expected `float`")
    assert len(found) == 6


def test_a_file_that_does_not_exist_says_nothing_unless_it_was_named(tmp_path: Path) -> None:
    """The user's file is optional; one given by name is not."""
    path = tmp_path / "none.toml"
    assert load_layers(Outer, [file_layer(path)]) == Outer()
    assert mistakes_of(file_layer(path, is_required=True)) == (f"{path}: cannot be read: No such file or directory",)


def test_a_folder_in_place_of_a_file_is_a_mistake(tmp_path: Path) -> None:
    """It exists, so it was meant."""
    assert mistakes_of(file_layer(tmp_path)) == (f"{tmp_path}: cannot be read: Is a directory",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("a = " + "{b=" * 100_000, "nested too deeply"),
        (".".join("a" * 100_000) + " = 1", "a key has more than 32 parts"),
        ("a = " + "1" * 5_000, "a number has too many digits"),
        ("[" + "a" * 200_000 + "]\n" + "".join(f"b{n}=1\n" for n in range(1_000)), "too many keys, or too long ones"),
        ("#" * (1024 * 1024 + 1), "larger than 1048576 bytes"),
    ],
    ids=lambda text: text[:20],
)
def test_a_file_made_to_choke_us_is_a_mistake(file: Path, text: str, reason: str) -> None:
    """A project's file came with the project: neither hours nor all memory are spent on it."""
    file.write_text(text)
    assert mistakes_of(file_layer(file)) == (f"{file}: {reason}",)


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    """Opening a pipe would wait for a writer, and `/dev/zero` has no end."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "zero"):
        assert mistakes_of(file_layer(tmp_path / name)) == (f"{tmp_path / name}: not a regular file",)


def test_a_file_behind_a_link_is_read(file: Path, tmp_path: Path) -> None:
    """People keep their configuration elsewhere."""
    file.write_text("is_on = true\n")
    (tmp_path / "link").symlink_to(file)
    assert load_layers(Outer, [file_layer(tmp_path / "link")]).is_on


def test_mistakes_cannot_drive_a_terminal(file: Path) -> None:
    """A stranger's words are quoted: one line, no escapes, not at any length."""
    file.write_text('"\\u001b]0;x\\u0007\\n" = 1\n[inner]\nmode = "\\u202e' + "x" * 5_000 + '"\n')
    found = mistakes_of(file_layer(file))
    assert found[0].startswith(f"{file}: unknown key `\\x1b]0;x\\x07\\n`")
    assert "\\u202exxx" in found[1]
    assert max(map(len, found)) < 700


def test_a_file_full_of_mistakes_is_told_in_part(file: Path) -> None:
    """Nobody reads five thousand lines."""
    file.write_text("".join(f"b{n} = 1\n" for n in range(5_000)))
    found = mistakes_of(file_layer(file), override_layer(["nope=1"]))
    assert len(found) == 51
    assert found[-1] == "these are the first 50 mistakes; there may be more"


def test_a_word_that_cannot_be_parsed_is_text() -> None:
    """Too deep and too long ones, too."""
    for word in ("[" * 100_000, "1" * 5_000):
        assert mistakes_of(override_layer([f"inner.count={word}"]))[0].endswith("expected `int`, got `str`")


def test_a_layer_that_may_not_say_everything_is_held_to_it(file: Path) -> None:
    """Allowed keys pass, others are refused with their line."""
    file.write_text("is_on = true\n[inner]\nname = 'a'\n")
    found = mistakes_of(file_layer(file, allowed=["inner"]))
    assert found == (f"{file}:1: `is_on` may not be set here; set it in the user's own configuration",)
    file.write_text("[inner]\nname = 'a'\n")
    assert load_layers(Outer, [file_layer(file, allowed=["inner.name"])]).inner.name == "a"


def test_text_is_read_as_the_field_wants_it() -> None:
    """A string field takes `1` and `true` as they stand; others take TOML."""
    said = {"T__INNER__NAME": "1", "T__IS_ON": "true", "T__INNER__FOLDERS": '["a", "b"]', "T__INNER__SHARE": "1"}
    assert load_layers(Outer, [env_layer(said, "T__")]) == Outer(
        Inner(name="1", folders=("a", "b"), share=1.0), is_on=True
    )
    assert load_layers(Outer, [override_layer(["inner.name=a=b\nc = 1"])]).inner.name == "a=b\nc = 1"


def test_other_variables_are_left_alone() -> None:
    """Only the prefix makes a setting."""
    assert load_layers(Outer, [env_layer({"T_IS_ON": "true", "CAIRN_PROFILE": "/x"}, "T__")]) == Outer()


def test_the_last_word_of_a_command_line_counts() -> None:
    """As everywhere on command lines."""
    assert load_layers(Outer, [override_layer(["inner.count=2", "inner.count=3"])]).inner.count == 3


@pytest.mark.parametrize("said", [["inner=1", "inner.count=2"], ["inner.count=2", "inner=1"], ["inner.count.x=1"]])
def test_a_value_and_a_table_at_once_is_a_mistake(said: list[str]) -> None:
    """Whatever the order."""
    assert mistakes_of(override_layer(said))


_STRUCTS = st.builds(
    Outer,
    inner=st.builds(
        Inner,
        count=st.integers(1, 2**31),
        name=st.text(),
        folders=st.lists(st.text(), max_size=3).map(tuple),
        share=st.floats(allow_nan=False, allow_infinity=False),
    ),
    is_on=st.booleans(),
)


@given(_STRUCTS)
def test_what_is_written_reads_back(config: Outer) -> None:
    """`to_toml` is TOML, and is the same configuration."""
    assert load_layers(Outer, [Layer("again", tomllib.loads(to_toml(config)))]) == config
