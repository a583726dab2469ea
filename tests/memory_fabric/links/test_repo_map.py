"""A map shows the best entries that fit, in the order of the file."""

from __future__ import annotations

from foundation.ids import ItemId
from memory_fabric.links.repo_map import Ranked, draw_map
from memory_fabric.store.drafts import Definition
from memory_fabric.store.names import LinkedItem


def _file(name: str, key: int) -> LinkedItem:
    return LinkedItem(key, ItemId(f"mi_{key}"), "p", f"/r/{name}", f"/r/{name}", "", "", "code")


def _words(text: str) -> int:
    return len(text.split())


def test_members_stand_below_their_class() -> None:
    """In the order of their lines, whatever their ranks; files in the order of theirs."""
    a, b = _file("a.py", 1), _file("b.py", 2)
    entries = [
        Ranked(a, 0.5, Definition("m", "C.m", "method", "def m()", 4, 5)),
        Ranked(a, 0.2, Definition("C", "C", "class", "class C", 1, 9)),
        Ranked(b, 0.3),
    ]
    text, tokens, files, symbols = draw_map(entries, root="/r", budget_tokens=100, count_tokens=_words)
    assert text == "a.py\n  1: class C\n    4: def m()\nb.py"
    assert (tokens, files, symbols) == (_words(text), 2, 2)


def test_the_budget_is_filled_and_kept() -> None:
    """As many of the best as fit, and not one more."""
    entries = [Ranked(_file(f"f{n}.py", n), 1.0 / (n + 1)) for n in range(50)]
    for budget in range(60):
        text, tokens, files, _ = draw_map(entries, root="/r", budget_tokens=budget, count_tokens=_words)
        assert tokens == files == min(budget, 50)
        assert text.split() == [f"f{n}.py" for n in range(files)]
