"""What passes the door."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import format_rfc3339
from servers.errors import RequestError
from servers.grpc_api.validate import MAX_K, Door


def _refused(door: Door) -> list[str]:
    with pytest.raises(RequestError) as caught:
        door.close()
    return [field for field, _ in caught.value.violations]


@given(st.integers(-(2**63), 2**63 - 1))
def test_k_passes_exactly_in_its_range(k: int) -> None:
    """1 and 1000 are in, 0 and 1001 are out."""
    door = Door()
    door.within("k", k, 1, MAX_K)
    if 1 <= k <= MAX_K:
        door.close()
    else:
        assert _refused(door) == ["k"]


@given(st.text(max_size=50))
def test_a_text_passes_unless_blank_or_broken(text: str) -> None:
    """Nothing else is refused, and nothing is changed."""
    door = Door()
    assert door.text("text", text) == text
    if text.strip() and "\x00" not in text:
        door.close()
    else:
        assert set(_refused(door)) == {"text"}


@given(st.floats())
def test_a_number_passes_when_it_is_one(value: float) -> None:
    """NaN and infinity are no weights."""
    door = Door()
    door.finite("weight", value)
    if 0 <= value < float("inf"):
        door.close()
    else:
        assert _refused(door) == ["weight"]


@given(st.datetimes())
def test_a_time_that_passes_can_be_written_again(when: object) -> None:
    """Every accepted moment lies in the years that can be shown."""
    door = Door()
    moment = door.moment("since", str(when))
    door.close()
    assert moment is not None
    assert format_rfc3339(moment)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "tomorrow", "\x00", "٢٠٢٦"])
def test_a_time_that_cannot_be_shown_is_refused(text: str) -> None:
    """Zones can push a moment out of the calendar."""
    door = Door()
    assert door.moment("since", text) is None
    assert _refused(door) == ["since"]


@pytest.mark.parametrize(("path", "is_good"), [("/a", True), ("~/a", True), ("a", False), ("./a", False), ("", False)])
def test_a_path_must_mean_the_same_to_both_sides(path: str, is_good: bool) -> None:
    """The daemon's working folder is not the client's."""
    door = Door()
    door.path("paths", path)
    if is_good:
        door.close()
    else:
        assert _refused(door) == ["paths"]


@pytest.mark.parametrize("cursor", ["²", "-1", "1" * 19, "x", "１"])
def test_a_cursor_is_digits(cursor: str) -> None:
    """What no listing gave is refused before it reaches the store."""
    door = Door()
    door.cursor("cursor", cursor)
    assert _refused(door) == ["cursor"]
