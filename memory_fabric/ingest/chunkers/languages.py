"""What a definition looks like in each language's syntax tree."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from tree_sitter import Language, Parser, Tree

__all__ = ["Grammar", "grammar_for", "parse_within", "parser_for"]

_SLICE_BYTES = 65_536
_PATIENCE_S = 0.5
_PATIENCE_S_A_BYTE = 1e-6
"""Programs take a tenth of this; text that is none can take the square of its length (measured: 100 kB, 9 s) and more:
in TSX each empty line behind a bracket that is never closed doubles it (forty of them, a minute and a half)."""


class Grammar(msgspec.Struct, frozen=True):
    """Node types of one language."""

    module: str
    """The wheel's import name."""
    definitions: Mapping[str, str]
    """Node type to kind: `function`, `class`, `type`, `module`, or empty for a rule or an element."""
    function: str = "language"
    """The wheel's function that gives the grammar."""
    wrappers: frozenset[str] = frozenset()
    """Nodes that hold one definition: decorators, exports, templates."""
    transparent: frozenset[str] = frozenset()
    """Nodes whose children count as their parent's: conditional compilation, guards, statement lists."""
    file_scopes: frozenset[str] = frozenset()
    """Namespaces that may have no body and then name all that follows in the file."""
    is_flat: bool = False
    """Whether small neighbours belong together: style rules, statements, markup."""
    has_docstrings: bool = False
    """Whether a string at the beginning of a body documents it."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _kinds(*, function: str = "", klass: str = "", type_: str = "", module: str = "", rule: str = "") -> dict[str, str]:
    named = {"function": function, "class": klass, "type": type_, "module": module, "": rule}
    return {node_type: kind for kind, node_types in named.items() for node_type in node_types.split()}


_ECMA = _kinds(
    function="function_declaration generator_function_declaration method_definition lexical_declaration "
    "variable_declaration expression_statement",
    klass="class_declaration",
)
_JS = _ECMA | _kinds(function="field_definition")
_TS = _ECMA | _kinds(
    function="function_signature public_field_definition",
    klass="abstract_class_declaration",
    type_="interface_declaration type_alias_declaration enum_declaration",
    module="internal_module module",
)
_TS_WRAPPERS = _words("export_statement ambient_declaration expression_statement")
_C = _kinds(
    function="function_definition declaration preproc_function_def",
    type_="struct_specifier union_specifier enum_specifier type_definition",
)
_CONDITIONAL = _words("preproc_ifdef preproc_if preproc_else preproc_elif preproc_elifdef")

_GRAMMARS = {
    "python": Grammar(
        "tree_sitter_python",
        _kinds(function="function_definition", klass="class_definition"),
        wrappers=_words("decorated_definition"),
        transparent=_words(
            "if_statement try_statement with_statement else_clause elif_clause except_clause finally_clause block"
        ),
        has_docstrings=True,
    ),
    "javascript": Grammar("tree_sitter_javascript", _JS, wrappers=_words("export_statement")),
    "typescript": Grammar("tree_sitter_typescript", _TS, "language_typescript", _TS_WRAPPERS),
    "tsx": Grammar("tree_sitter_typescript", _TS, "language_tsx", _TS_WRAPPERS),
    "rust": Grammar(
        "tree_sitter_rust",
        _kinds(
            function="function_item function_signature_item macro_definition",
            klass="trait_item impl_item",
            type_="struct_item enum_item union_item type_item",
            module="mod_item",
        ),
        transparent=_words("foreign_mod_item declaration_list"),
    ),
    "go": Grammar(
        "tree_sitter_go", _kinds(function="function_declaration method_declaration", type_="type_declaration")
    ),
    "c": Grammar("tree_sitter_c", _C, transparent=_CONDITIONAL | _words("linkage_specification declaration_list")),
    "cpp": Grammar(
        "tree_sitter_cpp",
        _C
        | _kinds(
            klass="class_specifier struct_specifier",
            type_="alias_declaration concept_definition",
            module="namespace_definition",
        ),
        wrappers=_words("template_declaration"),
        transparent=_CONDITIONAL | _words("linkage_specification declaration_list"),
    ),
    "java": Grammar(
        "tree_sitter_java",
        _kinds(
            function="method_declaration constructor_declaration compact_constructor_declaration",
            klass="class_declaration interface_declaration enum_declaration record_declaration",
            type_="annotation_type_declaration",
        ),
        transparent=_words("enum_body_declarations"),
    ),
    "csharp": Grammar(
        "tree_sitter_c_sharp",
        _kinds(
            function="method_declaration constructor_declaration destructor_declaration property_declaration "
            "indexer_declaration operator_declaration local_function_statement",
            klass="class_declaration struct_declaration interface_declaration record_declaration",
            type_="enum_declaration delegate_declaration",
            module="namespace_declaration file_scoped_namespace_declaration",
        ),
        transparent=_words("preproc_if preproc_else preproc_elif global_statement"),
        file_scopes=_words("file_scoped_namespace_declaration"),
    ),
    "ruby": Grammar(
        "tree_sitter_ruby",
        _kinds(function="method singleton_method", klass="class", module="module"),
        wrappers=_words("call argument_list"),
        transparent=_words("singleton_class body_statement"),
    ),
    "php": Grammar(
        "tree_sitter_php",
        _kinds(
            function="function_definition method_declaration",
            klass="class_declaration interface_declaration trait_declaration enum_declaration",
            module="namespace_definition",
        ),
        "language_php",
        transparent=_words("if_statement else_clause compound_statement"),
        file_scopes=_words("namespace_definition"),
    ),
    "bash": Grammar("tree_sitter_bash", _kinds(function="function_definition")),
    "sql": Grammar("tree_sitter_sql", _kinds(rule="statement"), is_flat=True),
    "html": Grammar("tree_sitter_html", _kinds(rule="element script_element style_element"), is_flat=True),
    "css": Grammar(
        "tree_sitter_css",
        _kinds(rule="rule_set media_statement supports_statement keyframes_statement at_rule"),
        is_flat=True,
    ),
}

_ALIASES = {"jsx": "javascript", "shell": "bash", "sh": "bash", "c#": "csharp", "c++": "cpp"}
_local = threading.local()


def grammar_for(language: str) -> Grammar | None:
    """Return what is known of a language, or None."""
    return _GRAMMARS.get(_ALIASES.get(language, language))


def parser_for(grammar: Grammar) -> Parser | None:
    """Return this thread's parser, or None when the wheel is not installed. Parsers are not thread-safe."""
    parsers: dict[tuple[str, str], Parser | None] = _local.__dict__.setdefault("parsers", {})
    key = (grammar.module, grammar.function)
    if key not in parsers:
        try:
            module: Any = importlib.import_module(grammar.module)
            parsers[key] = Parser(Language(getattr(module, grammar.function)()))
        except (ImportError, AttributeError):
            parsers[key] = None
    return parsers[key]


def parse_within(parser: Parser, source: bytes, *, patience_s: float | None = None) -> Tree | None:
    """Return the syntax tree, or None when the text is so unlike a program that the parser loses itself.

    Args:
        parser: From `parser_for`.
        source: UTF-8.
        patience_s: Processor time of this thread that parsing may take; by default it grows with the source.
    """
    budget_s = _PATIENCE_S + len(source) * _PATIENCE_S_A_BYTE if patience_s is None else patience_s
    end_s = time.thread_time() + budget_s
    try:
        # asking for slices lets other threads run in between, which parsing in one go does not
        return parser.parse(
            lambda offset, _: source[offset : offset + _SLICE_BYTES],
            progress_callback=lambda _offset, _has_error: time.thread_time() > end_s,
        )
    except ValueError:
        parser.reset()
        return None
