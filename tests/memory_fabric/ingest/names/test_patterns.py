"""The patterns of uses fit the grammars that are installed."""

from __future__ import annotations

import pytest

from memory_fabric.ingest.chunkers.languages import grammar_for, parser_for
from memory_fabric.ingest.names.patterns import USES, is_everywhere, query_for

_LANGUAGES = "python javascript typescript tsx rust go c cpp java csharp ruby php bash sql html css".split()


@pytest.mark.parametrize("language", _LANGUAGES)
def test_a_query_fits_its_grammar(language: str) -> None:
    """A node type that a new grammar renames is told here, and not by links that are missing."""
    grammar = grammar_for(language)
    assert grammar is not None
    parser = parser_for(grammar)
    assert parser is not None
    assert parser.language is not None
    query = query_for(grammar, parser.language)
    assert query is query_for(grammar, parser.language)
    has_uses = f"{grammar.module}.{grammar.function}" in USES
    assert (query.pattern_count > 1) == has_uses == (language not in {"sql", "html", "css"})


def test_the_own_names_of_a_language_say_nothing() -> None:
    """A builtin counts as one only where it stands as one."""
    assert is_everywhere("print", "tree_sitter_python", is_member=False)
    assert not is_everywhere("print", "tree_sitter_python", is_member=True)
    assert is_everywhere("append", "tree_sitter_python", is_member=True)
    assert is_everywhere("forEach", "tree_sitter_javascript", is_member=True)
