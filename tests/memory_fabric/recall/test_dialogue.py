"""Turns: their neighbours, their speakers."""

from __future__ import annotations

import msgspec
import pytest

from foundation.ids import ChunkId
from memory_fabric.recall.dialogue import around, speaker_of, turns_of_others, with_neighbours
from memory_fabric.records import ChunkRow
from tests.memory_fabric.rows import make_row


def turn(number: int, text: str = "Ann: yes", *, item: int | None = None, day: float = 1.0) -> ChunkRow:
    """Return a turn of a conversation."""
    return make_row(number, text, item=item, modality="conversation", timestamp_s=day)


def echoed(*rows: ChunkRow) -> list[float]:
    """Return the scores of turns of which only the first has one."""
    turns = {row.id: row for row in rows}
    scores = with_neighbours({row.id: float(row is rows[0]) for row in rows}, turns)
    return [round(scores[row.id], 2) for row in rows]


def test_two_turns_to_each_side_answer_together() -> None:
    """A question and its answer share their words between them."""
    assert echoed(*(turn(n, item=1) for n in (5, 4, 6, 3, 7, 8))) == [1.0, 0.1, 0.1, 0.1, 0.1, 0.0]


def test_imported_turns_of_one_date_are_one_talk() -> None:
    """Another date, another project, or no date is another talk."""
    other = msgspec.structs.replace(turn(4), project="q")
    undated = msgspec.structs.replace(turn(7), is_dated=False)
    assert echoed(turn(5), turn(6), turn(3, day=2.0), other, undated) == [1.0, 0.1, 0.0, 0.0, 0.0]


def test_what_contradicts_takes_nothing_away() -> None:
    """A cosine below 0 says that a neighbour is about something else."""
    turns = {ChunkId(n): turn(n) for n in (1, 2)}
    assert with_neighbours({ChunkId(1): 0.5, ChunkId(2): -0.4}, turns)[ChunkId(1)] == 0.5


def test_the_first_turn_has_none_before() -> None:
    """Ids begin at 1."""
    assert around(turn(2)) == [1, 3, 4]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Ann: hello", "ann"),
        ("Анна Петрова: привет", "анна петрова"),
        ("O'Neil Jr.: well", "o'neil jr."),
        ("see http://a.b/c", ""),
        ("12: twelve", ""),
        ("no speaker at all", ""),
    ],
)
def test_who_speaks(text: str, speaker: str) -> None:
    """By the name before the colon."""
    assert speaker_of(turn(1, text)) == speaker
    assert speaker_of(make_row(1, text)) == ""


def test_a_stored_speaker_is_believed() -> None:
    """A reader of exports knows; several in one fragment are nobody."""
    row = make_row(1, "hello", modality="conversation", symbol="Ann", symbol_kind="speaker")
    assert speaker_of(row) == "ann"
    assert speaker_of(msgspec.structs.replace(row, symbol="Ann, Bob")) == ""


@pytest.mark.parametrize(
    ("question", "others"),
    [
        ("when did Ann go there", {2}),
        ("what does bob think", {1}),
        ("did Ann meet Bob", set()),
        ("who went there", set()),
        ("the announcement", set()),
    ],
)
def test_the_one_who_is_named_speaks_for_himself(question: str, others: set[int]) -> None:
    """Where two are named, or nobody, all turns are equal."""
    rows = [turn(1, "Ann Lee: yes"), turn(2, "Bob: no"), make_row(3, "Eve: a line of prose")]
    assert turns_of_others(rows, question) == others
