"""Cutting conversations: runs of short turns, pieces of long ones."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.ingest.chunkers.turns import chunk_turns
from memory_fabric.records import ChunkSpan, Turn
from tests.memory_fabric.ingest.chunkers.coverage import assert_covers


def _cut(*said: tuple[str, float | None], wanted: int = 200, limit: int = 320) -> tuple[str, list[ChunkSpan]]:
    texts = [text for text, _ in said]
    starts = [0, *accumulate(map(len, texts))]
    turns = [Turn(start, text.partition(":")[0], when) for start, (text, when) in zip(starts, said, strict=False)]
    text = "".join(texts)
    return text, chunk_turns(text, turns, wanted_chars=wanted, max_chars=limit)


def test_short_turns_are_gathered() -> None:
    """Up to half of the wanted size; the run names everybody who speaks in it, once."""
    text, spans = _cut(
        ("Ann: one\n\n", 5.0), ("Bob: two\n\n", 9.0), ("Ann: six\n\n", 10.0), ("Bob: " + "x " * 50, 11.0)
    )
    assert [(span.symbol, span.symbol_kind, span.timestamp_s) for span in spans] == [
        ("Ann, Bob", "speaker", 5.0),
        ("Bob", "speaker", 11.0),
    ]
    assert text[: spans[0].end] == "Ann: one\n\nBob: two\n\nAnn: six\n\n"
    assert [(span.line_start, span.line_end) for span in spans] == [(1, 6), (7, 7)]


def test_a_silence_ends_a_run() -> None:
    """An hour; what has no time says nothing about silence."""
    _, apart = _cut(("Ann: one\n", 0.0), ("Bob: two\n", 3601.0))
    _, together = _cut(("Ann: one\n", 0.0), ("Bob: two\n", None), ("Ann: six\n", 9e9))
    assert (len(apart), len(together)) == (2, 1)


def test_a_question_stays_with_its_long_answer() -> None:
    """The first piece holds both, the others are the answer's; headings of the answer are known."""
    answer = "Bob: # How\n\n" + "Some words about it. " * 40
    text, spans = _cut(("Ann: how?\n\n", 1.0), (answer, 2.0), ("Ann: thanks\n", 3.0))
    assert [span.symbol for span in spans] == ["Ann, Bob", *["Bob"] * (len(spans) - 2), "Ann"]
    assert [span.timestamp_s for span in spans] == [1.0, *[2.0] * (len(spans) - 2), 3.0]
    assert text[spans[0].start : spans[0].end].startswith("Ann: how?\n\nBob:")
    assert all(span.end - span.start <= 320 for span in spans)


def test_what_stands_before_the_first_speaker_is_nobodys() -> None:
    """A title is searched and cited as any other text."""
    spans = chunk_turns("# Title\n\nAnn: hi", [Turn(0), Turn(9, "Ann")], wanted_chars=10, max_chars=100)
    assert [span.symbol for span in spans] == ["", "Ann"]


@given(st.lists(st.text("ab: \n#`-", min_size=1, max_size=300), min_size=1, max_size=8), st.integers(1, 200))
def test_every_conversation_is_covered_whole(texts: list[str], wanted: int) -> None:
    """Spans lie end to end, none over the limit."""
    text, spans = _cut(*((text, None) for text in texts), wanted=wanted, limit=wanted * 2)
    assert_covers(text, spans, wanted * 2)
