"""Definitions and references of source code, read from the syntax tree that the chunker made anyway."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import msgspec
from tree_sitter import Node, QueryCursor

from memory_fabric.ingest.chunkers.anatomy import body_of, name_of, signature_of
from memory_fabric.ingest.chunkers.definitions import is_definition
from memory_fabric.ingest.chunkers.languages import Grammar, parser_for
from memory_fabric.ingest.names.imports import Import, imports_of
from memory_fabric.ingest.names.patterns import is_everywhere, query_for
from memory_fabric.store.drafts import Definition, Reference

__all__ = ["CodeNames"]

_MAX_DEFINITIONS = 4_000
_MAX_REFERENCES = 6_000
"""Of one file; more are data."""

_MAX_NAME = 120
_MATCH_LIMIT = 1_024
"""Matches in progress at once; patterns as flat as these need a few."""

_STDLIB = sys.stdlib_module_names


class _Scope(msgspec.Struct, frozen=True):
    """A definition and the bytes that it covers."""

    start: int
    end: int
    symbol: str
    kind: str


class CodeNames:
    """What one file defines and uses: filled by `take` while the file is cut."""

    def __init__(self) -> None:
        self.definitions: tuple[Definition, ...] = ()
        self.references: tuple[Reference, ...] = ()

    def take(self, root: Node, grammar: Grammar, source: bytes) -> None:
        """Read the tree."""
        parser = parser_for(grammar)
        if grammar.is_flat or parser is None or parser.language is None:
            # rules, statements and elements are no names that other files use
            return
        cursor = QueryCursor(query_for(grammar, parser.language), match_limit=_MATCH_LIMIT)
        found = cursor.captures(root)
        nodes = sorted(found.get("definition", ()), key=lambda node: (node.start_byte, -node.end_byte))
        definitions, scopes = _definitions(nodes[:_MAX_DEFINITIONS], grammar, source)
        self.definitions = tuple(definitions)
        self.references = tuple(_Uses(grammar.module, scopes).read(found))


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _definitions(nodes: Sequence[Node], grammar: Grammar, source: bytes) -> tuple[list[Definition], list[_Scope]]:
    found: list[Definition] = []
    scopes: list[_Scope] = []
    open_scopes: list[_Scope] = []
    for node in nodes:
        name = name_of(node) if is_definition(node) else ""
        if not name or len(name) > _MAX_NAME:
            continue
        while open_scopes and open_scopes[-1].end <= node.start_byte:
            open_scopes.pop()
        outer = open_scopes[-1] if open_scopes else None
        kind = grammar.definitions[node.type]
        if kind == "function" and ("." in name or (outer is not None and outer.kind == "class")):
            kind = "method"
        symbol = f"{outer.symbol}.{name}" if outer is not None else name
        scope = _Scope(node.start_byte, node.end_byte, symbol, kind)
        scopes.append(scope)
        open_scopes.append(scope)
        signature = signature_of(source, node, body_of(node))
        first, last = node.start_point.row + 1, node.end_point.row + 1
        found.append(Definition(name.rpartition(".")[2], symbol, kind, signature, first, last))
    return found, scopes


class _Uses:
    """Collects references, the same name in the same definition once.

    Args:
        language: The grammar's wheel.
        scopes: Definitions by their start, outer ones first.
    """

    def __init__(self, language: str, scopes: Sequence[_Scope]) -> None:
        self._language = language
        self._scopes = scopes
        self._modules: dict[str, str] = {}
        """Names that stand for a file here."""
        self._names: dict[str, tuple[str, str]] = {}
        """Names that came from a file: their name there, and the file."""
        self._seen: dict[tuple[str, str, str, str, str], list[int]] = {}

    def read(self, found: dict[str, list[Node]]) -> Iterator[Reference]:
        """Yield the references among the captures of a file."""
        for node in sorted(found.get("import", ()), key=lambda node: node.start_byte):
            for imported in imports_of(_text(node), self._language):
                self._import(imported, node.start_point.row + 1)
        uses = [(node, False) for node in found.get("call", ())] + [(node, True) for node in found.get("member", ())]
        uses.sort(key=lambda use: use[0].start_byte)
        self._uses(uses)
        for (relation, kind, name, hint, scope), (line, count) in self._seen.items():
            yield Reference(relation, kind, name, hint, scope, line, count)  # type: ignore[arg-type]  # two kinds here

    def _import(self, imported: Import, line: int) -> None:
        module = imported.module
        last = module.rstrip("/").rpartition("/")[2]
        if last and last not in {".", ".."}:
            self._note("imports", "module", last, module, "", line)
            if imported.alias:
                self._modules[imported.alias] = module
        for name, alias in imported.names:
            self._names[alias] = (name, module)
            self._note("imports", "symbol", name, module, "", line)

    def _uses(self, uses: Sequence[tuple[Node, bool]]) -> None:
        place, open_scopes = 0, list[_Scope]()
        for node, is_member in uses:
            start = node.start_byte
            while place < len(self._scopes) and self._scopes[place].start <= start:
                scope = self._scopes[place]
                while open_scopes and open_scopes[-1].end <= scope.start:
                    open_scopes.pop()
                open_scopes.append(scope)
                place += 1
            while open_scopes and open_scopes[-1].end <= start:
                open_scopes.pop()
            name = _text(node)
            if not name or len(name) > _MAX_NAME:
                continue
            name, hint = self._member(name, node) if is_member else self._names.get(name, (name, ""))
            if not hint.strip(".") and is_everywhere(name, self._language, is_member=is_member):
                continue
            symbol = open_scopes[-1].symbol if open_scopes else ""
            self._note("calls", "symbol", name, hint, symbol, node.start_point.row + 1)

    def _member(self, name: str, node: Node) -> tuple[str, str]:
        """Return a member's name, and what stands before its dot."""
        outer = node.parent
        owner = outer.named_child(0) if outer is not None else None
        if owner is None or owner.id == node.id or owner.end_byte - owner.start_byte > _MAX_NAME:
            return name, "." if owner is None or owner.id != node.id else ""
        text = _text(owner)
        if text in {"self", "cls", "this"}:
            return name, "self"
        if text in self._modules:
            return name, self._modules[text]
        if text in self._names:
            # a class that was imported, or a module out of a package: both are looked for by the one rule
            inner, module = self._names[text]
            return name, f"{module.rstrip('/')}/{inner}"
        return name, "."

    def _note(self, relation: str, kind: str, name: str, hint: str, scope: str, line: int) -> None:
        if self._language == "tree_sitter_python" and _is_stdlib(hint):
            return
        key = (relation, kind, name, hint, scope)
        seen = self._seen.get(key)
        if seen is not None:
            seen[1] += 1
        elif len(self._seen) < _MAX_REFERENCES:
            self._seen[key] = [line, 1]


def _is_stdlib(hint: str) -> bool:
    """Whether a module is of the standard library; `__future__` and its like are the language's, not the user's."""
    return hint.partition("/")[0] in _STDLIB
