"""What passes the door."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import format_rfc3339
from servers.errors import RequestError
from servers.grpc_api.validate import MAX_K, MAX_PATHS, Door


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


@pytest.mark.parametrize("path", ["~nouser-of-this-name/x", "~" + 4_000 * "x", "~nouser-of-this-name/a.zip!/b"])
def test_a_path_from_a_home_that_nobody_has_is_refused(path: str) -> None:
    """Once, and with the reason."""
    door = Door()
    door.paths("paths", ["/a", path])
    with pytest.raises(RequestError, match="no user of this name") as caught:
        door.close()
    assert [field for field, _ in caught.value.violations] == ["paths"]


@pytest.mark.parametrize("path", ["/a/b.zip!/" + 300 * "x", "/" + 300 * "a"])
def test_a_path_that_is_not_there_passes(path: str) -> None:
    """What is gone, or stood in an archive, can be asked for and forgotten."""
    door = Door()
    assert door.path("path", path) == path
    door.close()


def test_a_prefix_is_normalised_as_an_indexed_path_is(tmp_path: Path) -> None:
    """What is indexed has no `..` and no links; one written so would find nothing. A member's name is no path here."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    door = Door()
    real = tmp_path.resolve() / "real"
    for text in ("real/", "./real", "real/../real", "link", "/real"):
        assert door.prefix("path_prefix", f"{tmp_path}/{text}") == str(real)
    assert door.prefix("path_prefix", f"{tmp_path}/link/a.zip!/../b") == f"{real}/a.zip!/../b"
    assert door.prefix("path_prefix", "") == ""
    door.close()


def test_more_paths_than_a_walk_can_hold_are_refused_together() -> None:
    """Once for all of them."""
    door = Door()
    assert door.paths("paths", ["/"] * MAX_PATHS) == ["/"] * MAX_PATHS
    door.close()
    door.paths("paths", ["relative"] * (MAX_PATHS + 1))
    assert _refused(door) == ["paths"]


@given(st.floats())
def test_a_weight_passes_from_0_to_1(value: float) -> None:
    """As in the configuration; two that are huge would make every score infinite."""
    door = Door()
    door.share("weights.dense", value)
    if 0 <= value <= 1:
        door.close()
    else:
        assert _refused(door) == ["weights.dense"]


def test_a_choice_said_twice_is_one() -> None:
    """A list as long as a message may be asks the store no longer question."""
    assert Door().among("modality", ["text", "code", "text"], ["text", "code"]) == ("text", "code")


@pytest.mark.parametrize("cursor", ["²", "-1", "1" * 19, "x", "１"])
def test_a_cursor_is_digits(cursor: str) -> None:
    """What no listing gave is refused before it reaches the store."""
    door = Door()
    door.cursor("cursor", cursor)
    assert _refused(door) == ["cursor"]
