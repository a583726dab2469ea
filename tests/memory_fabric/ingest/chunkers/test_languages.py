"""What is known of each language."""

from __future__ import annotations

import sys
import time

import pytest

from memory_fabric.ingest.chunkers.languages import Grammar, grammar_for, parse_within, parser_for
from tests.memory_fabric.ingest.chunkers.samples import SAMPLES


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_every_node_type_exists(language: str) -> None:
    """A node type that the grammar does not know would be a rule that never fires."""
    grammar = grammar_for(language)
    assert grammar is not None
    parser = parser_for(grammar)
    assert parser is not None
    assert parser.language is not None
    named = {*grammar.definitions, *grammar.wrappers, *grammar.transparent, *grammar.file_scopes}
    assert {name for name in named if parser.language.id_for_node_kind(name, True) is None} == set()


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_examples_are_valid(language: str) -> None:
    """The examples of the tests are programs without syntax errors."""
    grammar = grammar_for(language)
    assert grammar is not None
    parser = parser_for(grammar)
    assert parser is not None
    tree = parse_within(parser, SAMPLES[language].source.encode())
    assert tree is not None
    assert not tree.root_node.has_error


def test_unknown_language() -> None:
    """There is no grammar for what nobody listed."""
    assert grammar_for("cobol") is None


def test_missing_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A grammar whose wheel is not installed, or has another shape, gives no parser."""
    assert parser_for(Grammar("tree_sitter_never_published", {})) is None
    monkeypatch.setitem(sys.modules, "tree_sitter_empty", sys)
    assert parser_for(Grammar("tree_sitter_empty", {}, function="language_never_written")) is None


def test_large_programs_are_parsed_in_slices() -> None:
    """The tree of a program larger than one slice is the tree of the whole."""
    grammar = grammar_for("python")
    assert grammar is not None
    parser = parser_for(grammar)
    assert parser is not None
    source = ("def ёж(x):\n    return x\n\n\n" * 5000).encode()
    tree = parse_within(parser, source)
    assert tree is not None
    assert tree.root_node.named_child_count == 5000
    assert not tree.root_node.has_error


def test_patience_ends_for_short_texts_too() -> None:
    """Each empty line doubles what this takes; in one go it would take longer than anybody waits."""
    grammar = grammar_for("tsx")
    assert grammar is not None
    parser = parser_for(grammar)
    assert parser is not None
    begin = time.thread_time()
    assert parse_within(parser, b"(" + b"\n" * 60 + b"}") is None
    assert time.thread_time() - begin < 2.0


def test_patience_ends() -> None:
    """What would take the square of its length is given up, and the parser is as good as new."""
    grammar = grammar_for("html")
    assert grammar is not None
    parser = parser_for(grammar)
    assert parser is not None
    begin = time.thread_time()
    assert parse_within(parser, b"<<A <<B\n" * 12_500, patience_s=0.05) is None
    assert time.thread_time() - begin < 1.0
    tree = parse_within(parser, b"<p>x</p>")
    assert tree is not None
    assert not tree.root_node.has_error
