"""Definitions and uses are read from the tree that the chunker made."""

from __future__ import annotations

import pytest

from memory_fabric.ingest.chunkers.code import chunk_code
from memory_fabric.ingest.names.code import CodeNames


def _read(text: str, language: str) -> CodeNames:
    names = CodeNames()
    chunk_code(text, language=language, wanted_chars=1000, max_chars=1600, on_tree=names.take)
    return names


PYTHON = """\
import os
from a.store import Store as Box, helper
import a.tools as tools

class Shelf(Box):
    def put(self, thing):
        self.check(thing)
        helper(thing)
        helper(thing)
        tools.mark(thing)
        thing.settle()
        return print(os.path.join(thing))

    def check(self, thing):
        def inner():
            pass
        inner()
"""


def test_python_definitions_have_scopes() -> None:
    """Small classes stay one fragment; their methods are definitions all the same."""
    found = [(d.symbol, d.kind, d.line_start, d.line_end) for d in _read(PYTHON, "python").definitions]
    assert found == [
        ("Shelf", "class", 5, 17),
        ("Shelf.put", "method", 6, 12),
        ("Shelf.check", "method", 14, 17),
        ("Shelf.check.inner", "function", 15, 16),
    ]


def test_python_uses_say_where_their_names_come_from() -> None:
    """Imported names carry their module, own members `self`, unknown ones a full stop; builtins are left out."""
    uses = [(r.relation, r.kind, r.name, r.hint, r.scope, r.count) for r in _read(PYTHON, "python").references]
    assert uses == [
        ("imports", "module", "store", "a/store", "", 1),
        ("imports", "symbol", "Store", "a/store", "", 1),
        ("imports", "symbol", "helper", "a/store", "", 1),
        ("imports", "module", "tools", "a/tools", "", 1),
        ("calls", "symbol", "Store", "a/store", "Shelf", 1),
        ("calls", "symbol", "check", "self", "Shelf.put", 1),
        ("calls", "symbol", "helper", "a/store", "Shelf.put", 2),
        ("calls", "symbol", "mark", "a/tools", "Shelf.put", 1),
        ("calls", "symbol", "settle", ".", "Shelf.put", 1),
        ("calls", "symbol", "inner", "", "Shelf.check", 1),
    ]


@pytest.mark.parametrize(
    ("language", "text", "defined", "used"),
    [
        ("typescript", "import {a} from './x'\nfunction f() { return a(new B()) }\n", {"f"}, {("a", "./x"), ("B", "")}),
        ("tsx", "import Row from './row'\nexport const T = () => { return <Row/> }\n", {"T"}, {("Row", "")}),
        (
            "javascript",
            "class A extends B { go() { this.step() } step() {} }\n",
            {"A", "go", "step"},
            {("step", "self")},
        ),
        ("rust", "use crate::x::y;\nfn f() { y(); z.w(); }\n", {"f"}, {("y", "x"), ("w", ".")}),
        ("go", 'package p\nimport "e.org/q"\nfunc F() { q.G() }\n', {"F"}, {("G", "e.org/q")}),
        ("c", '#include "a.h"\nint f(void) { return g(); }\n', {"f"}, {("g", "")}),
        ("cpp", "class A : B { void f() { n::g(); } };\n", {"A", "f"}, {("B", ""), ("g", "")}),
        (
            "java",
            "class A extends B { void f() { c.g(); new D(); } }\n",
            {"A", "f"},
            {("B", ""), ("g", "."), ("D", "")},
        ),
        ("csharp", "class A : B { void F() { c.G(); } }\n", {"A", "F"}, {("B", ""), ("G", ".")}),
        ("ruby", "class A < B\n  def f\n    c.g(1)\n  end\nend\n", {"A", "f"}, {("B", ""), ("g", ".")}),
        ("php", "<?php\nclass A extends B { function f() { g(); } }\n", {"A", "f"}, {("B", ""), ("g", "")}),
        ("bash", "source lib.sh\nf() { g one; }\n", {"f"}, {("g", "")}),
    ],
)
def test_each_language_gives_names(language: str, text: str, defined: set[str], used: set[tuple[str, str]]) -> None:
    """What it defines, and what it calls, with where that comes from."""
    names = _read(text, language)
    assert {d.name for d in names.definitions} == defined
    assert used <= {(r.name, r.hint) for r in names.references if r.relation == "calls"}


def test_style_rules_are_no_definitions() -> None:
    """No other file calls them."""
    assert _read("a { color: red }\n", "css").definitions == ()


def test_broken_code_gives_what_can_be_read() -> None:
    """An unfinished file is the rule while somebody types."""
    names = _read("def good():\n    helper()\n\ndef bad(:\n", "python")
    assert "good" in {d.name for d in names.definitions}
    assert "helper" in {r.name for r in names.references}
