"""Context packs never exceed their budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import ChunkId
from memory_fabric.recall.context_pack import pack_context, place_of
from memory_fabric.recall.retrieve import cite_of
from memory_fabric.records import Cite, Hit, RecallResult, ScoreParts
from tests.memory_fabric.rows import make_row


def words(text: str) -> int:
    """Count tokens as words."""
    return len(text.split())


@given(texts=st.lists(st.text(alphabet="ab \n", min_size=1, max_size=200), max_size=8), budget=st.integers(0, 80))
def test_a_pack_keeps_its_budget(texts: list[str], budget: int) -> None:
    """Tokens are counted over quote and citation, and fragments are numbered from 1."""
    rows = {ChunkId(n): make_row(n, text) for n, text in enumerate(texts, 1)}
    hits = tuple(
        Hit(row.item_id, 1.0, ScoreParts(), row.text[:20], cite_of(row), "text", "p", row.id) for row in rows.values()
    )
    pack = pack_context(RecallResult(hits, 1.0), rows, budget_tokens=budget, count_tokens=words, took_ms=1.0)
    assert pack.tokens <= budget
    assert words(pack.text) <= budget
    assert [fragment.number for fragment in pack.fragments] == list(range(1, len(pack.fragments) + 1))


def test_places_read_as_people_write_them() -> None:
    """A line range, a line, a page, a uri."""
    assert place_of(Cite(path="a.py", line=3, line_end=9)) == "a.py:3-9"
    assert place_of(Cite(path="a.py", line=3, line_end=3)) == "a.py:3"
    assert place_of(Cite(path="a.pdf", line=3, line_end=9, page=2)) == "a.pdf page 2"
    assert place_of(Cite(uri="memory:1")) == "memory:1"
