"""TOML that somebody else may have written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.toml_text import MAX_BYTES, parse_toml, read_toml

_DEEP = ".".join("a" * 33)


@pytest.mark.parametrize(
    "text",
    [f"{_DEEP} = 1", f"[{_DEEP}]", f"a = {{ {_DEEP} = 1 }}", f'x = "y"\n"a" . {_DEEP[4:]} . \'b.c\' . d = 1'],
)
def test_a_key_of_too_many_parts_is_refused(text: str) -> None:
    """In headers and inline tables too, and with parts in quotes."""
    assert tomllib.loads(text)
    with pytest.raises(ValueError, match="more than 32 parts"):
        parse_toml(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{_DEEP[2:]} = 1",
        f"# {_DEEP}",
        f'a = "{_DEEP}"',
        f"a = '{_DEEP}'",
        f'a = """x\n"" {_DEEP} """',
        f"a = '''\n{_DEEP}\n'''",
        f'a = "\\"{_DEEP}"',
    ],
)
def test_what_only_looks_like_a_deep_key_is_none(text: str) -> None:
    """Dots in comments and strings count for nothing."""
    assert parse_toml(text) == tomllib.loads(text)


@pytest.mark.parametrize(
    "unit", ["a", "a.", '"', '\\"', "'", '"""', '\\"""', "a ", '"a".', "a. ", "#", "[", "\n", "\\"]
)
@pytest.mark.parametrize("start", ["", '"', 'a = """', "a = '''"])
def test_the_scan_is_linear(start: str, unit: str) -> None:
    """A lot of anything is answered; a scan that starts over at each character would take hours."""
    with pytest.raises(ValueError, match=r".+"):
        parse_toml(start + unit * (MAX_BYTES // 4 // len(unit)) + "\x00")


@given(st.text(alphabet="ab.\"'\\#=\n[]{} ", max_size=60))
def test_any_text_is_parsed_as_ever(text: str) -> None:
    """Short texts give what the parser gives."""
    try:
        wanted = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(tomllib.TOMLDecodeError):
            parse_toml(text)
    else:
        assert parse_toml(text) == wanted


def test_exactly_the_limit_is_read(tmp_path: Path) -> None:
    """One byte more is not."""
    file = tmp_path / "a.toml"
    file.write_bytes(b"#" * MAX_BYTES)
    assert len(read_toml(file)) == MAX_BYTES
