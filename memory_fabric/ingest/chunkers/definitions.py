"""Finding the definitions of a syntax tree and the rows that belong to each.

Work is done on whole rows: a definition owns the rows it touches, with the comments and decorators right above it.
Only the top level and the bodies of classes, modules and the like are looked at, never every node.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from tree_sitter import Node

from memory_fabric.ingest.chunkers.anatomy import (
    ATTRIBUTES,
    COMMENTS,
    body_of,
    comment_text,
    holds_function,
    inner_docstring,
    lead_of,
    name_of,
    signature_of,
)
from memory_fabric.ingest.chunkers.languages import Grammar
from memory_fabric.ingest.chunkers.lines import LineMap

__all__ = ["DefinitionFinder", "Piece", "is_definition"]

_CONTAINERS = frozenset({"class", "module"})
_ABOVE = COMMENTS | ATTRIBUTES
_SPECIFIERS = frozenset({"struct_specifier", "union_specifier", "enum_specifier", "class_specifier"})
_VALUED = frozenset(
    "lexical_declaration variable_declaration field_definition public_field_definition expression_statement".split()
)
_STORED = ("create_table", "create_view", "create_materialized_view", "create_type")

_MAX_DEPTH = 40
"""Deeper nests are left whole: real code has none, and a recursion must end."""

_LARGE = 1.2
"""A container up to this share of the wanted size stays whole."""


class Piece(msgspec.Struct):
    """Some rows, and the definition they belong to.

    `first` is the first row (0-based), `stop` the row after the last, `owner` the scope that the rows stand in.
    """

    first: int
    stop: int
    owner: str = ""
    symbol: str = ""
    kind: str = "module"
    signature: str = ""
    docstring: str = ""
    is_gap: bool = True
    """Whether these are the rows between definitions."""
    joined: tuple[str, ...] = ()
    """Symbols of the definitions that were joined into this piece."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the symbols that are defined here; a scope around other definitions is named by these."""
        if self.joined or self.is_gap or not self.symbol or self.kind == "module":
            return self.joined
        return (self.symbol,)


class DefinitionFinder:
    """Splits a document into definitions and the rows between them.

    Args:
        lines: The document.
        source: The same in UTF-8, as it was parsed.
        grammar: The language.
        wanted_chars: Wanted size of a span; larger classes and modules are opened.
    """

    def __init__(self, lines: LineMap, source: bytes, grammar: Grammar, wanted_chars: int) -> None:
        self._lines = lines
        self._source = source
        self._grammar = grammar
        self._large = wanted_chars * _LARGE
        self.borders: set[int] = set()
        """Rows where a statement, with the comment above it, begins: the best places for a cut."""

    def pieces(self, root: Node) -> list[Piece]:
        """Return pieces that lie end to end and cover every row."""
        return self._inside(root, Piece(0, self._lines.rows, kind=""), None, 0)

    def _inside(self, parent: Node, owner: Piece, above: int | None, depth: int) -> list[Piece]:
        """Split the rows of `owner` among the children of `parent`; `above` is where a comment before them begins."""
        found: list[Piece] = []
        row, stop, scope = owner.first, owner.stop, owner.symbol
        last_row = -1
        for node in self._children(parent, depth):
            begin, end = node.start_point.row, min(self._row_after(node), stop)
            if node.type in _ABOVE:
                # a comment behind code on the same row says nothing of what follows
                above = begin if above is None and begin > last_row else above
                last_row = end - 1
                continue
            begin = begin if above is None else self._near(above, begin)
            above, last_row = None, end - 1
            self.borders.add(begin)
            inner = self._definition(node, depth)
            begin = max(begin, row)
            if inner is None or end <= begin:
                continue
            if inner.type in self._grammar.file_scopes and body_of(inner) is None:
                scope = name_of(inner)
                continue
            if begin > row:
                found.append(Piece(row, begin, scope, scope))
            found += self._define(node, inner, Piece(begin, end, scope), owner.kind, depth)
            row = end
        if row < stop:
            found.append(Piece(row, stop, scope, scope))
        return found

    def _children(self, parent: Node, depth: int) -> Iterator[Node]:
        for node in parent.named_children:
            if node.type in self._grammar.transparent and depth < _MAX_DEPTH:
                yield from self._children(node, depth + 1)
            else:
                yield node

    def _near(self, above: int, first: int) -> int:
        """Comments belong to the definition only when no blank line parts them."""
        row = first
        while row > above and not self._lines.is_blank(row - 1):
            row -= 1
        return row

    @staticmethod
    def _row_after(node: Node) -> int:
        row, column = node.end_point
        return row if column == 0 and row > node.start_point.row else row + 1

    # ---- what is a definition ---------------------------------------------------------------------------------

    def _definition(self, node: Node, depth: int) -> Node | None:
        """Return the definition that `node` is or holds."""
        if node.type in self._grammar.definitions and is_definition(node):
            return node
        if node.type in self._grammar.wrappers and depth < _MAX_DEPTH:
            inner = (self._definition(child, depth + 1) for child in node.named_children)
            return next((found for found in inner if found is not None), None)
        return None

    def _define(self, outer: Node, inner: Node, piece: Piece, owner_kind: str, depth: int) -> list[Piece]:
        """Name a piece, and open it when it holds more than one fragment should."""
        name = name_of(inner)
        scope = piece.owner
        piece.is_gap = False
        piece.kind = self._kind(inner, name, owner_kind)
        piece.symbol = f"{scope}.{name}" if scope and name and not self._grammar.is_flat else name or scope
        body = body_of(inner)
        piece.signature = signature_of(self._source, outer, body)
        piece.docstring = self._docstring(outer, body, piece.first)
        if body is None or self._lines.size(piece.first, piece.stop) <= self._large or depth >= _MAX_DEPTH:
            return [piece]
        if self._grammar.is_flat or piece.kind in _CONTAINERS:
            return _headed(piece, self._members(piece, inner, body, depth))
        self.borders.update(child.start_point.row for child in self._statements(body))
        return [piece]

    def _members(self, piece: Piece, node: Node, body: Node, depth: int) -> list[Piece]:
        lead = lead_of(body).start_point.row
        above = lead if node.start_point.row < lead < body.start_point.row else None
        start = max(body.start_point.row if above is None else above, piece.first)
        within = Piece(min(start, piece.stop), piece.stop, symbol=piece.symbol, kind=piece.kind)
        return self._inside(body, within, above, depth + 1)

    @staticmethod
    def _statements(body: Node) -> list[Node]:
        children = body.named_children
        return children[0].named_children if len(children) == 1 and children[0].type == "statement_list" else children

    def _kind(self, node: Node, name: str, owner_kind: str) -> str:
        kind = self._grammar.definitions[node.type]
        if node.type == "statement" and node.named_children:
            made = node.named_children[0].type
            return "type" if made in _STORED else "function" if made == "create_function" else kind
        if node.type == "declaration" and _defined_type(node) is not None:
            return "type"
        if kind == "function" and (owner_kind == "class" or "." in name):
            return "method"
        return kind

    def _docstring(self, outer: Node, body: Node | None, first: int) -> str:
        if body is not None and self._grammar.has_docstrings and (inside := inner_docstring(body)):
            return inside
        row = outer.start_point.row
        return comment_text(self._lines.part(first, row)) if row > first else ""


def _defined_type(node: Node) -> Node | None:
    kind = node.child_by_field_name("type")
    return kind.child_by_field_name("body") if kind is not None else None


def is_definition(node: Node) -> bool:
    """A variable is a definition only when it holds a function; a struct only when it has a body."""
    if node.type in _VALUED:
        return holds_function(node)
    if node.type in _SPECIFIERS:
        return node.child_by_field_name("body") is not None
    if node.type == "declaration":
        declared = node.child_by_field_name("declarator")
        while declared is not None and declared.type != "function_declarator":
            declared = declared.child_by_field_name("declarator")
        return declared is not None or _defined_type(node) is not None
    return True


def _headed(piece: Piece, members: list[Piece]) -> list[Piece]:
    """Put the rows of a container before its first member, under the container's own name."""
    if not members or (members[0].is_gap and len(members) == 1):
        return [piece]
    if members[0].is_gap:
        members.pop(0)
    if members[0].first > piece.first:
        piece.stop = members[0].first
        return [piece, *members]
    return members
