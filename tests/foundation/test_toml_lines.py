"""Lines of keys."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from foundation.config import to_toml
from foundation.toml_lines import key_lines

_TEXT = '''# comment [not.a.table]
plain = 1
[table.inner]   # comment
"quoted key" = """
fake = 1
[fake]
"""
dotted.key = { one = 1, two.three = [1,
 2, { four = "]" }], "five six" = 'a=b' } # comment
array = [
  "seven = 1", # [no]
  'eight',
]
[[rows]]
when = 2024-01-01T00:00:00Z
[[rows]]
when = 2025-01-01T00:00:00Z
[ "spaced" . name ]
last = -1.5e3
'''


def test_every_way_to_write_a_key_is_found() -> None:
    """Tables, quoted and dotted keys, inline tables, arrays of tables; never what stands inside a string."""
    tomllib.loads(_TEXT)
    lines = key_lines(_TEXT)
    assert lines["plain"] == 2
    assert lines["table.inner"] == 3
    assert lines["table.inner.quoted key"] == 4
    assert lines["table.inner.dotted.key.two.three"] == 8
    assert lines["table.inner.dotted.key.two.three.four"] == 9
    assert lines["table.inner.dotted.key.five six"] == 9
    assert lines["table.inner.array"] == 10
    assert lines["rows.when"] == 15
    assert lines["spaced.name.last"] == 19
    assert not any("fake" in key or "seven" in key for key in lines)


@given(st.text(alphabet="ab.=[]{}\"'#,\n 1\\", max_size=60))
def test_nonsense_ends(text: str) -> None:
    """What is not TOML ends the walk; every line it gives is a line of the text."""
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())


_NAMES = st.text(alphabet="abcxyz_-09", min_size=1, max_size=8)
_VALUES = st.one_of(st.integers(-9, 9), st.booleans(), st.text(max_size=20), st.lists(st.text(max_size=5), max_size=3))


@given(st.dictionaries(_NAMES, st.dictionaries(_NAMES, _VALUES, max_size=4), max_size=4))
def test_each_key_stands_on_its_line(tables: dict[str, dict[str, object]]) -> None:
    """The line that is given begins with the key, whatever the strings around it hold."""
    text = "\n".join(
        line
        for name, table in tables.items()
        for line in (f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items()))
    )
    assert tomllib.loads(text) == tables
    lines, rows = key_lines(text), text.split("\n")
    for name, table in tables.items():
        assert rows[lines[name] - 1] == f"[{name}]"
        for key in table:
            assert rows[lines[f"{name}.{key}"] - 1].startswith(f"{key} = ")


def _toml(value: object) -> str:
    import msgspec

    return to_toml(msgspec.defstruct("One", ["it"])(value)).removeprefix("it = ").rstrip("\n")
