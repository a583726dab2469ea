"""Values go into SQLite and come back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.store.drafts import FileState
from memory_fabric.store.rows import checksum, file_state, file_values, pack_ids, unpack_ids


@given(st.lists(st.integers(min_value=1, max_value=2**63 - 1)))
def test_ids_survive_packing(ids: list[int]) -> None:
    """Eight bytes an id, in order."""
    assert list(unpack_ids(pack_ids(ids))) == ids


def test_a_cut_journal_line_is_noticed() -> None:
    """A length that is no multiple of eight cannot be ids."""
    with pytest.raises(ValueError, match="multiple"):
        unpack_ids(pack_ids([1, 2])[:-3])


@given(inode=st.integers(min_value=0, max_value=2**64 - 1), device=st.integers(min_value=0, max_value=2**64 - 1))
def test_numbers_of_64_bits_survive(inode: int, device: int) -> None:
    """Some file systems use the highest bit."""
    state = FileState("/a", 1, 2, inode, device, b"h", "indexed")
    values = file_values(state)
    assert all(-(2**63) <= value < 2**63 for value in values if isinstance(value, int))
    assert file_state(values) == state


@pytest.mark.slow
@given(st.text(max_size=20), st.text(min_size=1, max_size=20), st.data())
def test_a_changed_character_changes_the_checksum(context: str, text: str, data: st.DataObject) -> None:
    """The words cannot change unnoticed."""
    place = data.draw(st.integers(min_value=0, max_value=len(text) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda letter: letter != text[place]))
    assert checksum(context, text) != checksum(context, text[:place] + other + text[place + 1 :])
