"""Parts of a definition."""

from __future__ import annotations

import pytest
from tree_sitter import Node

from memory_fabric.ingest.chunkers.anatomy import (
    body_of,
    comment_text,
    holds_function,
    inner_docstring,
    lead_of,
    name_of,
    signature_of,
)
from memory_fabric.ingest.chunkers.languages import grammar_for, parser_for


def _first(source: str, language: str) -> Node:
    grammar = grammar_for(language)
    assert grammar is not None
    parser = parser_for(grammar)
    assert parser is not None
    node = parser.parse(source.encode()).root_node.named_child(0)
    assert node is not None
    return node


@pytest.mark.parametrize(
    ("language", "source", "name"),
    [
        ("c", "char **(*table(int x))[3] { }", "table"),
        ("c", "typedef int (*callback)(void *);", "callback"),
        ("c", "struct point { int x; } origin;", "point"),
        ("cpp", "const T& Map<K, V>::at(int i) const { }", "Map.at"),
        ("cpp", "auto ns::f() -> int { }", "ns.f"),
        ("cpp", "Row& operator<<(Row& a, int b) { }", "operator<<"),
        ("cpp", "bool operator<=>(Row a, Row b) { }", "operator<=>"),
        ("cpp", "File::~File() { }", "File.~File"),
        ("rust", "impl<'a, T: Into<String>> fmt::Debug for Store<'a, T> { }", "Store"),
        ("rust", "impl Close for a::b::File { }", "a.b.File"),
        ("ruby", "class Cairn::Store\nend", "Cairn.Store"),
        ("ruby", "def ready?\nend", "ready?"),
        ("javascript", "module.exports.open = function () { }", "open"),
        ("javascript", "A.prototype.run = () => 1", "A.run"),
        ("javascript", "const load = async () => 1", "load"),
        ("html", "<DIV\n class='x' ID=main>text</DIV>", "div#main"),
        ("html", "<p>text</p>", ""),
        ("css", "a::before, b > c\n{ }", "a::before, b > c"),
        ("css", "@font-face { font-family: x }", "@font-face"),
        ("sql", "CREATE TABLE IF NOT EXISTS a.b (c INT);", "a.b"),
        ("sql", "SELECT 1;", ""),
    ],
)
def test_names(language: str, source: str, name: str) -> None:
    """Names are read from declarators, receivers, assignments, selectors and the like."""
    assert name_of(_first(source, language)) == name


@pytest.mark.parametrize(
    ("source", "is_function"),
    [
        ("const f = () => 1", True),
        ("const f = async function () { }", True),
        ("const F = memo(function () { })", True),
        ("const f = 1", False),
        ("const f = call(1)", False),
        ("let f", False),
        ("f = function () { }", True),
        ("f()", False),
    ],
)
def test_variables_that_hold_functions(source: str, is_function: bool) -> None:
    """A variable counts as a definition when its value is a function, wrapped or not."""
    assert holds_function(_first(source, "javascript")) is is_function


@pytest.mark.parametrize(
    ("language", "source", "signature"),
    [
        ("python", "def f(\n    x: int,  # why\n) -> int:\n    # how\n    return x", "def f( x: int, # why ) -> int:"),
        ("typescript", "type Row = {\n  a: string\n  b: string\n}", "type Row"),
        ("typescript", "interface Row extends Base {\n  a: string\n}", "interface Row extends Base"),
        ("go", "type Row struct {\n\tA int\n}", "type Row struct"),
        ("css", "a,\nb {\n}", "a, b"),
        ("html", "<section\n id='a'>\n<p>x</p></section>", "<section id='a'>"),
        ("java", "@A @B(1)\npublic class C extends D { }", "public class C extends D"),
        ("c", "int f(int a,\n      int b);", "int f(int a, int b);"),
        ("ruby", "module A\n  # B.\n  class B; end\nend", "module A"),
    ],
)
def test_signatures(language: str, source: str, signature: str) -> None:
    """A signature ends where the body begins, stands on one line and has no decorators."""
    node = _first(source, language)
    assert signature_of(source.encode(), node, body_of(node)) == signature


def test_signatures_are_short() -> None:
    """A hundred parameters are kept in part."""
    source = f"def f({', '.join(f'parameter_{n}' for n in range(100))}):\n    pass"
    node = _first(source, "python")
    assert len(signature_of(source.encode(), node, body_of(node))) == 240


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("/**\n * Adds.\n *\n * Twice.\n */\n", "Adds.\n\nTwice."),
        ("/* Adds. */", "Adds."),
        ("/*! Adds. **/", "Adds."),
        ("/// Adds.\n/// Twice.\n", "Adds.\nTwice."),
        ("//! Inner.\n", "Inner."),
        ("# Adds.\n#: Twice.\n", "Adds.\n: Twice."),
        ("-- Adds.\n", "Adds."),
        ("<!-- Adds. -->", "Adds."),
        ("/// <summary>Adds.</summary>", "Adds."),
        ("    // Adds a * b / c.\n    @Override\n", "Adds a * b / c."),
        ("/// Adds to `Vec<T>`.\n#[inline]\n", "Adds to `Vec<T>`."),
        ("", ""),
    ],
)
def test_words_of_comments(comment: str, words: str) -> None:
    """The marks of comments go, their words stay, and attributes between them are left out."""
    assert comment_text(comment) == words


@pytest.mark.parametrize(
    ("source", "docstring"),
    [
        ('def f():\n    """Adds."""', "Adds."),
        ("def f():\n    r'''Adds \\d.'''", "Adds \\d."),
        ('def f():\n    """Adds.\n\n    Twice.\n      Or more.\n    """', "Adds.\n\nTwice.\n  Or more."),
        ("def f():\n    ''''Quoted' first.'''", "'Quoted' first."),
        ('def f():\n    ""', ""),
        ('def f():\n    x = """no"""', ""),
        ("def f():\n    pass", ""),
    ],
)
def test_docstrings(source: str, docstring: str) -> None:
    """The string at the beginning of a body is read without quotes, prefix and indentation."""
    body = body_of(_first(source, "python"))
    assert body is not None
    assert inner_docstring(body) == docstring


def test_lead_of_a_body() -> None:
    """Comments that a grammar leaves before the body are found from the body."""
    body = body_of(_first("class A:\n    # One.\n    # Two.\n    def f(self): ...\n", "python"))
    assert body is not None
    assert lead_of(body).start_point.row == 1
