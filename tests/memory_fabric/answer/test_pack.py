"""Context packs never exceed their budget, quote each place once, and read in order."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import ChunkId
from memory_fabric.answer.pack import pack_context, place_of
from memory_fabric.operations import ContextPack
from memory_fabric.recall.retrieve import cite_of
from memory_fabric.records import ChunkRow, Cite, Freshness, Hit, RecallResult, ScoreParts
from tests.memory_fabric.fabric_parts import go_on
from tests.memory_fabric.rows import make_row


def words(text: str) -> int:
    """Count tokens as words."""
    return len(text.split())


def book(item: int, *texts: str, symbol: str = "") -> list[ChunkRow]:
    """Return the fragments of one item, end to end."""
    rows, line = [], 1
    for ordinal, text in enumerate(texts):
        row = make_row(item * 100 + ordinal, text, item=item, modality="code" if symbol else "text", symbol=symbol)
        end = line + text.count("\n") - text.endswith("\n")
        rows.append(msgspec.structs.replace(row, ordinal=ordinal, line_start=line, line_end=end))
        line += text.count("\n")
    return rows


def packed(hits: list[tuple[ChunkRow, float]], all_rows: list[ChunkRow], budget: int) -> ContextPack:
    """Pack hits of known rows."""

    def around(chunk_id: ChunkId, before: int, after: int) -> list[ChunkRow]:
        (core,) = [row for row in all_rows if row.id == chunk_id]
        return [
            row for row in all_rows if row.item_key == core.item_key and -before <= row.ordinal - core.ordinal <= after
        ]

    found = tuple(
        Hit(row.item_id, score, ScoreParts(), row.text[:20].strip(), cite_of(row), row.modality, "p", row.id)
        for row, score in hits
    )
    rows = {row.id: row for row in all_rows}
    return pack_context(
        RecallResult(found, 1.0), rows, neighbours=around, budget_tokens=budget, count_tokens=words, check=go_on
    )


@given(texts=st.lists(st.text(alphabet="ab \n", min_size=1, max_size=200), max_size=8), budget=st.integers(0, 80))
def test_a_pack_keeps_its_budget(texts: list[str], budget: int) -> None:
    """Tokens are counted over quote and citation, and fragments are numbered from 1."""
    rows = book(1, *texts)
    pack = packed([(row, 1.0 / (n + 1)) for n, row in enumerate(rows) if n % 2 == 0], rows, budget)
    assert pack.tokens == words(pack.text) <= budget
    assert [fragment.number for fragment in pack.fragments] == list(range(1, len(pack.fragments) + 1))
    whole = "".join(texts)
    assert all(fragment.text in whole for fragment in pack.fragments)


def test_what_touches_is_one_quotation() -> None:
    """Two hits side by side come as one, with the lines of both; nothing is quoted twice."""
    rows = book(1, "one two\n", "three four\n", "five\n")
    pack = packed([(rows[1], 0.9), (rows[0], 0.5)], rows[:2], 50)
    assert [(f.text, f.hit.cite.line, f.hit.cite.line_end) for f in pack.fragments] == [("one two\nthree four", 1, 2)]
    assert pack.fragments[0].hit.score == 0.9


def test_sources_come_by_their_best_hit_and_lines_in_order() -> None:
    """The later part of the best source stands before the other source, behind its own earlier part."""
    one = book(1, "aa\n", "bb\n", "cc\n", "dd\n")
    two = book(2, "ee\n")
    far = [msgspec.structs.replace(row, context=str(row.ordinal)) for row in one]
    pack = packed([(far[3], 0.9), (two[0], 0.8), (far[0], 0.2)], [*far, *two], 60)
    assert [fragment.text for fragment in pack.fragments] == ["aa", "dd", "ee"]
    assert pack.text.index("aa") < pack.text.index("dd") < pack.text.index("ee")


def test_a_hit_is_widened_while_the_budget_allows() -> None:
    """To the whole function, not into the next one."""
    rows = [*book(1, "def a():\n", "    x = 1\n", "    return x\n", symbol="a")]
    rows.append(msgspec.structs.replace(make_row(103, "def b(): 1", item=1, modality="code", symbol="b"), ordinal=3))
    wide, narrow = packed([(rows[1], 1.0)], rows, 60), packed([(rows[1], 1.0)], rows, 6)
    assert [fragment.text for fragment in wide.fragments] == ["def a():\n    x = 1\n    return x"]
    assert [fragment.text for fragment in narrow.fragments] == ["    x = 1"]


def test_the_first_that_does_not_fit_is_quoted_in_part_with_its_own_lines() -> None:
    """Its snippet, cited by the lines of the snippet."""
    (row,) = book(1, "alpha beta gamma\n" + "filler words here\n" * 30)
    pack = packed([(row, 1.0)], [row], 8)
    assert [(f.text, f.hit.cite.line, f.hit.cite.line_end) for f in pack.fragments] == [("alpha beta gamma\nfil", 1, 2)]


def test_what_aged_is_marked() -> None:
    """A model must know that the source says something else by now."""
    (row,) = book(1, "alpha\n")
    marks: dict[Freshness, str] = {"stale": "(stale:", "gone": "(gone:", "unknown": "(the source could not"}
    for freshness, mark in marks.items():
        hit = Hit(row.item_id, 1.0, ScoreParts(), "alpha", cite_of(row), "text", "p", row.id, freshness=freshness)
        pack = pack_context(
            RecallResult((hit,), 1.0),
            {row.id: row},
            neighbours=lambda *_: [],
            budget_tokens=50,
            count_tokens=words,
            check=go_on,
        )
        assert mark in pack.text


def test_places_read_as_people_write_them() -> None:
    """A line range, a line, a page, a uri."""
    assert place_of(Cite(path="a.py", line=3, line_end=9)) == "a.py:3-9"
    assert place_of(Cite(path="a.py", line=3, line_end=3)) == "a.py:3"
    assert place_of(Cite(path="a.pdf", line=3, line_end=9, page=2)) == "a.pdf page 2"
    assert place_of(Cite(uri="memory:1")) == "memory:1"
