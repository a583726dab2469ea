"""Walking JSON with lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.ingest.readers.json_scan import Key, Leaf, label, scan

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def leaves_of(value: object, path: tuple[Key, ...] = ()) -> list[tuple[tuple[Key, ...], str]]:
    """Walk a parsed value the plain way."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves_of(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for place, inner in enumerate(value) for leaf in leaves_of(inner, (*path, place))]
    return [(path, value if isinstance(value, str) else json.dumps(value))]


@given(VALUES, st.sampled_from([None, 0, 2]))
def test_agrees_with_the_standard_parser(value: object, indent: int | None) -> None:
    """The leaves are those of the parsed document, in order."""
    written = json.dumps(value, indent=indent)
    assert [(leaf.path, leaf.text) for leaf in scan(written)] == leaves_of(json.loads(written))


@given(st.text(alphabet='{}[]",:1a \\n\n', max_size=30))
def test_refuses_what_the_standard_parser_refuses(text: str) -> None:
    """Malformed documents raise ValueError, well-formed ones do not."""
    try:
        json.loads(text, strict=False)
    except ValueError:
        with pytest.raises(ValueError, match=r"line|Invalid"):
            list(scan(text))
    else:
        list(scan(text))


def test_lines_are_those_of_the_values() -> None:
    """A leaf stands at the line of its value."""
    assert list(scan('{\n"a": 1,\n"b":\n  ["x",\n "y"]}')) == [
        Leaf(("a",), "1", 2),
        Leaf(("b", 0), "x", 4),
        Leaf(("b", 1), "y", 5),
    ]


def test_depth_is_limited() -> None:
    """Hundreds of levels are read, a hundred thousand brackets are refused at once."""
    (leaf,) = scan("[" * 200 + "1" + "]" * 200)
    assert len(leaf.path) == 200
    with pytest.raises(ValueError, match="line 1"):
        list(scan("[" * 100_000))


def test_labels() -> None:
    """Paths are written as in code."""
    assert label(("a", 0, "b c")) == "a[0].b c"
    assert label((1, "x")) == "[1].x"
    assert label(()) == ""
