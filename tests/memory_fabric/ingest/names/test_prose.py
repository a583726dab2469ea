"""Links and backticks of prose name files and symbols; the rest names nothing."""

from __future__ import annotations

import pytest

from memory_fabric.ingest.names.prose import link_references, page_links, prose_references


def _named(text: str) -> list[tuple[str, str, str]]:
    return [(r.kind, r.name, r.hint) for r in prose_references(text)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("see [the guide](../docs/guide.md#start)", [("file", "guide.md", "../docs/guide.md")]),
        ("see [it](<a%20b.md>)", [("file", "a b.md", "a b.md")]),
        ("[it]: notes/x.txt 'title'", [("file", "x.txt", "notes/x.txt")]),
        (
            "`the text <other.rst>`_ and :doc:`intro`",
            [("file", "other.rst", "other.rst"), ("file", "intro.rst", "intro.rst")],
        ),
        ("\n.. include:: parts/a.rst", [("file", "a.rst", "parts/a.rst")]),
        ("call `Store.open()` first", [("symbol", "open", "Store.open")]),
        ("call ``move_paths`` and :func:`~x.run`", [("symbol", "move_paths", ""), ("symbol", "run", "x.run")]),
        ("in `store/reads.py:40`", [("file", "reads.py", "store/reads.py")]),
        ("the key `memory.embed`", [("symbol", "embed", "memory.embed")]),
        ("[out](https://example.org/a.md) [here](#part) [mail](mailto:a@b.c)", []),
        ("run `cairn index --force` and `a b`", []),
        ("```\n[x](y.md) `call_me()`\n```", []),
        ("an empty [link]() and a lone ` tick", []),
    ],
)
def test_what_is_named(text: str, named: list[tuple[str, str, str]]) -> None:
    """Files by path, symbols by name; neither what leaves this tree nor an example."""
    assert _named(text) == named


def test_a_name_is_kept_once_with_its_first_line() -> None:
    """And how often it stands there."""
    (found,) = prose_references("intro\n`abc_d` here\nand `abc_d` there\n")
    assert (found.line, found.count) == (2, 2)


def test_links_of_a_page_keep_their_lines() -> None:
    """A page's text does not show where its links lead."""
    page = '<p>\n<a class="x" href="b.html">b</a>\n<a href=\'https://e.org\'>e</a><a href="../c.html#d">c</a>'
    links = page_links(page)
    assert links == (("b.html", 2), ("../c.html#d", 3))
    assert [(r.name, r.hint, r.line) for r in link_references(links)] == [
        ("b.html", "b.html", 2),
        ("c.html", "../c.html", 3),
    ]
