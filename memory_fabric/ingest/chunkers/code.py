"""Cutting code by its syntax tree: a definition is a fragment that knows its name, signature and docstring.

Work is done on whole rows: a definition owns the rows it touches, with the comments and decorators right above it.
Only the top level and the bodies of classes, modules and the like are looked at, never every node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from tree_sitter import Node

from memory_fabric.ingest.chunkers.languages import Grammar, grammar_for, parser_for
from memory_fabric.ingest.chunkers.lines import LineMap, chunk_lines, cut_rows
from memory_fabric.records import ChunkSpan

__all__ = ["chunk_code"]

_SMALL = 160
"""Characters below which a piece joins its neighbour."""

_CONTAINERS = frozenset({"class", "module"})
_ABOVE = frozenset(
    {"comment", "line_comment", "block_comment", "attribute_item", "decorator", "annotation", "marker_annotation"}
)
_MARKS = re.compile(r"^\s*(?:///?!?|/\*\*?|\*/|\*|#+|--)[ \t]?|\*/\s*$", re.MULTILINE)
_MAX_SIGNATURE = 240
_MAX_DOCSTRING = 600


class _Piece(msgspec.Struct):
    first: int
    stop: int
    symbol: str = ""
    kind: str = "module"
    signature: str = ""
    docstring: str = ""


def chunk_code(text: str, *, language: str, wanted_chars: int, max_chars: int) -> list[ChunkSpan]:
    """Cut source code; spans lie end to end and cover it whole. What has no grammar is cut by lines.

    Args:
        text: The document text.
        language: As in `languages.py`.
        wanted_chars: Wanted size of a span.
        max_chars: Hard limit.
    """
    grammar = grammar_for(language)
    parser = parser_for(grammar) if grammar else None
    if grammar is None or parser is None or not text.strip():
        return chunk_lines(text, wanted_chars=wanted_chars, max_chars=max_chars)
    source = text.encode("utf-8", "surrogatepass")
    root = parser.parse(source).root_node
    lines = LineMap(text)
    walker = _Walker(lines, source, grammar, wanted_chars)
    pieces = _covering(walker.pieces(root, "", 0, lines.rows), lines.rows)
    pieces = _merged(lines, pieces, wanted_chars, is_flat=grammar.is_flat)
    return [span for piece in pieces for span in _cut(lines, piece, wanted_chars, max_chars)]


class _Walker:
    """Finds definitions and gives them rows."""

    def __init__(self, lines: LineMap, source: bytes, grammar: Grammar, wanted: int) -> None:
        self._lines = lines
        self._source = source
        self._grammar = grammar
        self._wanted = wanted

    def pieces(self, parent: Node, scope: str, first: int, stop: int) -> list[_Piece]:
        """Return the definitions among the children of `parent`, and the text between them, as rows."""
        found: list[_Piece] = []
        row = first
        above: int | None = None
        for node in parent.named_children:
            node_first, node_stop = node.start_point[0], self._stop(node)
            inner = self._definition(node)
            if inner is None:
                is_above = node.type in _ABOVE and node_first >= row
                above = (node_first if above is None else above) if is_above else None
                continue
            begin = node_first if above is None else self._near(above, node_first)
            above = None
            if begin < row or node_stop > stop:
                # two definitions on one line: the first one owns it
                continue
            if begin > row:
                found.append(_Piece(row, begin, scope))
            found += self._define(node, inner, scope, begin, node_stop)
            row = node_stop
        if row < stop:
            found.append(_Piece(row, stop, scope))
        return found

    def _near(self, above: int, first: int) -> int:
        """Comments belong to the definition only when no blank line parts them."""
        row = first
        while row > above and not self._lines.is_blank(row - 1):
            row -= 1
        return row

    @staticmethod
    def _stop(node: Node) -> int:
        row, column = node.end_point
        return row if column == 0 and row > node.start_point[0] else row + 1

    def _definition(self, node: Node) -> Node | None:
        """Return the definition that `node` is or holds."""
        if node.type in self._grammar.definitions:
            return node if self._is_real(node) else None
        if node.type in self._grammar.wrappers:
            return next((d for child in node.named_children if (d := self._definition(child)) is not None), None)
        return None

    @staticmethod
    def _is_real(node: Node) -> bool:
        """A variable is a definition only when it holds a function; a struct only when it has a body."""
        if node.type in {"lexical_declaration", "variable_declaration"}:
            values = (child.child_by_field_name("value") for child in node.named_children)
            return any(v is not None and v.type in _FUNCTION_VALUES for v in values)
        if node.type in {"struct_specifier", "union_specifier", "enum_specifier", "class_specifier"}:
            return node.child_by_field_name("body") is not None
        return True

    def _define(self, node: Node, inner: Node, scope: str, first: int, stop: int) -> list[_Piece]:
        kind = self._grammar.definitions[inner.type]
        name = self._name(inner)
        symbol = f"{scope}.{name}" if scope and name else name or scope
        if kind == "function" and scope and self._grammar.module not in _FREE_FUNCTIONS:
            kind = "method"
        body = self._body(inner)
        piece = _Piece(first, stop, symbol, kind, self._signature(inner, body), self._docstring(node, body, first))
        is_large = self._lines.size(first, stop) > self._wanted * 1.2
        if kind not in _CONTAINERS or body is None or not is_large:
            return [piece]
        body_first = min(max(body.start_point[0], first), stop)
        members = self.pieces(body, symbol, body_first, stop)
        return self._with_header(piece, members)

    @staticmethod
    def _with_header(piece: _Piece, members: list[_Piece]) -> list[_Piece]:
        """The rows before the first member name the class itself."""
        if members and members[0].kind == "module":
            head = members.pop(0)
            return [msgspec.structs.replace(piece, stop=head.stop), *members]
        if members and members[0].first > piece.first:
            return [msgspec.structs.replace(piece, stop=members[0].first), *members]
        return members or [piece]

    # ---- names and texts --------------------------------------------------------------------------------------

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _name(self, node: Node) -> str:
        named = node.child_by_field_name("name") or node.child_by_field_name("type")
        if node.type == "impl_item":
            named = node.child_by_field_name("type")
        if named is None:
            named = self._inner_name(node)
        if named is None:
            return ""
        name = " ".join(self._text(named).split())[:120]
        receiver = node.child_by_field_name("receiver")
        if receiver is not None and (match := re.search(r"(\w+)\s*(?:\[[^\]]*\])?\s*\)$", self._text(receiver))):
            return f"{match[1]}.{name}"
        return name.replace("::", ".")

    def _inner_name(self, node: Node) -> Node | None:
        """Names that stand deeper: declarators of C, variables of JavaScript, specs of Go, objects of SQL."""
        if self._grammar.is_flat:
            return self._flat_name(node)
        declarator = node.child_by_field_name("declarator")
        while declarator is not None:
            inner = declarator.child_by_field_name("declarator") or declarator.child_by_field_name("name")
            if inner is None:
                return declarator
            declarator = inner
        for child in node.named_children:
            if (named := child.child_by_field_name("name")) is not None:
                return named
        return None

    @staticmethod
    def _flat_name(node: Node) -> Node | None:
        for child in node.named_children:
            if child.type in {"selectors", "object_reference", "keyframes_name"}:
                return child
            if child.type.startswith(("create_", "alter_", "drop_", "insert", "update", "delete")):
                return next((n for n in child.named_children if n.type in {"object_reference", "identifier"}), None)
        return None

    def _body(self, node: Node) -> Node | None:
        body = node.child_by_field_name("body")
        if body is None:
            body = next((child for child in node.named_children if child.type in _BODIES), None)
        return body

    def _signature(self, node: Node, body: Node | None) -> str:
        end = body.start_byte if body is not None else node.end_byte
        text = self._source[node.start_byte : min(end, node.start_byte + 4 * _MAX_SIGNATURE)].decode("utf-8", "replace")
        return " ".join(text.split())[:_MAX_SIGNATURE].rstrip("{ ").rstrip()

    def _docstring(self, node: Node, body: Node | None, first: int) -> str:
        inside = self._string_inside(body)
        if inside:
            return inside
        head = self._lines.text[self._lines.offset(first) : self._lines.offset(node.start_point[0])]
        comment = "\n".join(line for line in head.splitlines() if not line.lstrip().startswith(("@", "#[", "[")))
        return _MARKS.sub("", comment).strip()[:_MAX_DOCSTRING]

    def _string_inside(self, body: Node | None) -> str:
        if body is None or not body.named_children:
            return ""
        statement = body.named_children[0]
        if statement.type == "expression_statement" and statement.named_children:
            statement = statement.named_children[0]
        if statement.type != "string":
            return ""
        return self._text(statement).strip("rRbBuUfF").strip("\"'").strip()[:_MAX_DOCSTRING]


_FUNCTION_VALUES = frozenset({"arrow_function", "function_expression", "function", "generator_function", "class"})
_FREE_FUNCTIONS = frozenset({"tree_sitter_bash", "tree_sitter_c"})
_BODIES = frozenset(
    {
        "block",
        "class_body",
        "declaration_list",
        "field_declaration_list",
        "body_statement",
        "enum_body",
        "interface_body",
        "statement_block",
        "compound_statement",
        "enum_declaration_list",
    }
)


# ---- rows to spans --------------------------------------------------------------------------------------------


def _covering(pieces: list[_Piece], rows: int) -> list[_Piece]:
    """Close gaps and overlaps that broken syntax may leave, so that the pieces lie end to end."""
    whole: list[_Piece] = []
    row = 0
    for piece in pieces:
        if piece.stop <= row:
            continue
        if piece.first > row:
            whole.append(_Piece(row, piece.first))
        whole.append(msgspec.structs.replace(piece, first=max(piece.first, row)))
        row = piece.stop
    if row < rows:
        whole.append(_Piece(row, rows))
    return whole


def _merged(lines: LineMap, pieces: list[_Piece], wanted: int, *, is_flat: bool) -> list[_Piece]:
    """Join blank and tiny pieces with a neighbour; the first symbol names the whole."""
    small = wanted // 2 if is_flat else _SMALL
    merged: list[_Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if last is not None and _belongs(lines, last, piece, small, wanted):
            is_named = last.symbol or not piece.symbol or last.kind != "module"
            keep = last if is_named else piece
            merged[-1] = msgspec.structs.replace(keep, first=last.first, stop=piece.stop)
        else:
            merged.append(piece)
    return merged


def _belongs(lines: LineMap, last: _Piece, piece: _Piece, small: int, wanted: int) -> bool:
    size = lines.size(piece.first, piece.stop)
    if all(lines.is_blank(row) for row in range(piece.first, piece.stop)):
        return True
    last_size = lines.size(last.first, last.stop)
    if size + last_size > wanted:
        return False
    if last.kind == "module" and piece.kind != "module" and last_size >= small // 2:
        # imports and constants stay apart from the first definition
        return False
    return size < small and last_size < wanted - small if piece.kind == "module" else max(size, last_size) < small


def _cut(lines: LineMap, piece: _Piece, wanted: int, limit: int) -> Iterator[ChunkSpan]:
    def make(start: int, end: int, first: int, last: int) -> ChunkSpan:
        return ChunkSpan(
            start,
            end,
            first,
            last,
            symbol=piece.symbol,
            symbol_kind=piece.kind,
            signature=piece.signature,
            docstring=piece.docstring,
        )

    if lines.size(piece.first, piece.stop) <= limit:
        start, end = lines.offset(piece.first), lines.offset(piece.stop)
        yield make(start, end, piece.first + 1, piece.stop)
        return
    yield from cut_rows(lines, piece.first, piece.stop, wanted_chars=wanted, max_chars=limit, make=make)
