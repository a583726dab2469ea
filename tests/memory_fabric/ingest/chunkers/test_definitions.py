"""Finding definitions and their rows."""

from __future__ import annotations

import pytest
from hypothesis import given

from memory_fabric.ingest.chunkers.definitions import DefinitionFinder, Piece
from memory_fabric.ingest.chunkers.languages import grammar_for, parser_for
from memory_fabric.ingest.chunkers.lines import LineMap
from tests.memory_fabric.ingest.chunkers.coverage import pieces_of_code
from tests.memory_fabric.ingest.chunkers.samples import SAMPLES


def _find(source: str, language: str, wanted: int = 40) -> tuple[list[Piece], set[int]]:
    grammar = grammar_for(language)
    assert grammar is not None
    parser = parser_for(grammar)
    assert parser is not None
    data = source.encode()
    finder = DefinitionFinder(LineMap(source), data, grammar, wanted)
    return finder.pieces(parser.parse(data).root_node), finder.borders


@pytest.mark.slow
@given(piece=pieces_of_code)
def test_pieces_lie_end_to_end(piece: tuple[str, str]) -> None:
    """Every row of a broken program belongs to exactly one piece, and no piece is empty."""
    language, source = piece
    pieces, _ = _find(source, language)
    row = 0
    for found in pieces:
        assert found.first == row < found.stop
        row = found.stop
    assert row == LineMap(source).rows


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_gaps_have_no_signature(language: str) -> None:
    """Rows between definitions bear the name of their scope and nothing else."""
    for piece in _find(SAMPLES[language].source, language)[0]:
        if piece.is_gap:
            assert (piece.kind, piece.symbol, piece.signature, piece.docstring) == ("module", piece.owner, "", "")
        else:
            assert piece.signature


def test_owner_is_the_scope_around() -> None:
    """A method's owner is its class, a class's owner the namespace."""
    pieces, _ = _find(SAMPLES["csharp"].source, "csharp")
    owners = {piece.symbol: piece.owner for piece in pieces if not piece.is_gap}
    assert owners["Cairn.Core.Store"] == "Cairn.Core"
    assert owners["Cairn.Core.Store.PutAsync"] == "Cairn.Core.Store"


def test_small_containers_stay_closed() -> None:
    """A class that fits into a fragment is one piece."""
    pieces, _ = _find(SAMPLES["python"].source, "python", 1000)
    assert [piece.symbol for piece in pieces if not piece.is_gap] == ["read_all", "Parser"]


def test_borders_are_statements_with_their_comments() -> None:
    """A cut is best before the comment of a statement, not between the two."""
    source = "import os\n# Why.\nLIMIT = 1\n\n\ndef f():\n    a = [\n        1,\n    ]\n    return a\n"
    _, borders = _find(source, "python")
    assert borders == {0, 1, 5, 6, 9}


def test_two_definitions_on_one_row() -> None:
    """The first one owns the row that both touch."""
    pieces, _ = _find("class A { f() {\n} } class B { g() {\n} }\n", "javascript", 5)
    assert [(piece.symbol, piece.first, piece.stop) for piece in pieces] == [("A.f", 0, 2), ("B", 2, 3)]
