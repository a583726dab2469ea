"""Cutting code by its syntax tree: a definition is a fragment that knows its name, signature and docstring."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate

from tree_sitter import Node

from memory_fabric.ingest.chunkers.definitions import DefinitionFinder, Piece
from memory_fabric.ingest.chunkers.languages import Grammar, grammar_for, parse_within, parser_for
from memory_fabric.ingest.chunkers.lines import LineMap, chunk_lines, cut_rows
from memory_fabric.ingest.chunkers.tame import is_tame
from memory_fabric.records import ChunkSpan

__all__ = ["OnTree", "chunk_code"]

_MAX_PARSED_CHARS = 1_500_000
"""Larger files are data or generated, and their tree would take up to 260 times their size in memory."""

OnTree = Callable[[Node, Grammar, bytes], None]
"""Reads something else from a syntax tree while it is there."""

_SMALL = 160
"""Characters below which a definition joins its equally small sibling."""

_CRUMB = 80
"""Characters below which the rows between definitions, or a class's head, are no fragment of their own."""

_ROOM = 1.6
"""How far, in shares of the wanted size, a neighbour may grow by taking in a crumb."""

_MAX_NAMES = 40
_MAX_SYMBOL_CHARS = 300
"""Of joined names: they are searched with the text, and must not outweigh it."""

_CLOSER = re.compile(r"(?:[\s\])};,]++|\}[ \t]*//[^\n]*+|end\b|#endif\b[^\n]*+|</[\w:-]++>|\?>|// namespace[^\n]*+)*+")
"""What may stand after the last definition of a scope and means nothing alone."""


def chunk_code(
    text: str, *, language: str, wanted_chars: int, max_chars: int, on_tree: OnTree | None = None
) -> list[ChunkSpan]:
    """Cut source code; spans lie end to end and cover it whole. What has no grammar is cut by lines.

    Args:
        text: The document text.
        language: As in `languages.py`.
        wanted_chars: Wanted size of a span.
        max_chars: Hard limit.
        on_tree: Told the syntax tree, its grammar and the source: parsing costs more than all that is read from a tree.
    """
    grammar = grammar_for(language) if len(text) <= _MAX_PARSED_CHARS and text.strip() else None
    parser = parser_for(grammar) if grammar else None
    source = text.encode("utf-8", "surrogatepass") if parser else b""
    tree = parse_within(parser, source) if grammar and parser and is_tame(source, grammar.module) else None
    if grammar is None or tree is None:
        return chunk_lines(text, wanted_chars=wanted_chars, max_chars=max_chars)
    if on_tree is not None:
        on_tree(tree.root_node, grammar, source)
    lines = LineMap(text)
    finder = DefinitionFinder(lines, source, grammar, wanted_chars)
    join = _Joiner(lines, wanted_chars, max_chars, is_flat=grammar.is_flat)
    pieces = join.joined(finder.pieces(tree.root_node))
    spans: list[ChunkSpan] = []
    for piece in pieces:
        spans += _cut(lines, piece, wanted_chars, max_chars, finder.borders)
    return spans


class _Joiner:
    """Joins what is too small to stand alone with a neighbour."""

    def __init__(self, lines: LineMap, wanted: int, limit: int, *, is_flat: bool) -> None:
        self._lines = lines
        self._wanted = wanted
        self._room = min(limit, wanted * _ROOM)
        self._is_flat = is_flat

    def joined(self, pieces: list[Piece]) -> list[Piece]:
        """Return fewer pieces that cover the same rows."""
        joined: list[Piece] = []
        for piece in pieces:
            named = self._named_by(joined[-1], piece) if joined else None
            if named is None:
                joined.append(piece)
            else:
                names = tuple(dict.fromkeys([*joined[-1].names, *piece.names]))[:_MAX_NAMES]
                named.first, named.stop, named.joined = joined[-1].first, piece.stop, names
                joined[-1] = named
        return joined

    def _named_by(self, last: Piece, piece: Piece) -> Piece | None:
        """Return which of two neighbours names both, or None when each stands alone."""
        lines = self._lines
        size, last_size = lines.size(piece.first, piece.stop), lines.size(last.first, last.stop)
        if piece.is_gap and size < 2 * _CRUMB and _CLOSER.fullmatch(lines.part(piece.first, piece.stop)):
            return last
        if last.is_gap and last_size < 2 * _CRUMB and not lines.part(last.first, last.stop).strip():
            return piece
        if size + last_size > (self._room if min(size, last_size) < _CRUMB else self._wanted):
            return None
        if self._is_flat:
            half = self._wanted // 2
            is_joined = last_size < (half if size < half else _SMALL)
            return (last if last.symbol or not piece.symbol else piece) if is_joined else None
        return _named_sibling(last, last_size, piece, size)


def _named_sibling(last: Piece, last_size: int, piece: Piece, size: int) -> Piece | None:
    if last.owner != piece.owner:
        if last_size < _CRUMB and last.symbol == piece.owner and not last.is_gap:
            # the head of a class goes with its first member; the head of a namespace names less than the member
            return piece if last.kind == "module" else last
        return last if piece.is_gap and size < _CRUMB // 2 else None
    if last.is_gap and piece.is_gap:
        return last
    if last.is_gap:
        return piece if last_size < _CRUMB else None
    if piece.is_gap:
        return last if size < _CRUMB else None
    return last if max(size, last_size) < _SMALL else None


def _symbol(piece: Piece) -> str:
    """Return the names of all definitions in a piece, or that of the scope around it."""
    names = piece.names
    chars = accumulate(len(name) + 2 for name in names)
    fitting = [name for name, end in zip(names, chars, strict=True) if end <= _MAX_SYMBOL_CHARS]
    return ", ".join(fitting or names[:1]) or piece.symbol


def _cut(lines: LineMap, piece: Piece, wanted: int, limit: int, borders: set[int]) -> list[ChunkSpan]:
    """Return one span, or several that all carry the piece's names."""
    symbol = _symbol(piece)

    def make(start: int, end: int, first: int, last: int) -> ChunkSpan:
        return ChunkSpan(start, end, first, last, (), symbol, piece.kind, piece.signature, piece.docstring)

    if lines.size(piece.first, piece.stop) <= limit:
        return [make(lines.offset(piece.first), lines.offset(piece.stop), piece.first + 1, piece.stop)]
    return cut_rows(lines, piece.first, piece.stop, wanted_chars=wanted, max_chars=limit, make=make, borders=borders)
