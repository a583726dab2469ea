"""What a definition looks like in each language's syntax tree."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Mapping
from typing import Any

import msgspec
from tree_sitter import Language, Parser

__all__ = ["Grammar", "grammar_for", "parser_for"]


class Grammar(msgspec.Struct, frozen=True):
    """Node types of one language."""

    module: str
    """The wheel's import name."""
    definitions: Mapping[str, str]
    """Node type to kind: `function`, `method`, `class`, `type`, `module` or `rule`."""
    function: str = "language"
    """The wheel's function that gives the grammar."""
    wrappers: frozenset[str] = frozenset()
    """Nodes that hold one definition: decorators, exports, templates."""
    is_flat: bool = False
    """Whether small neighbours belong together: style rules, statements, markup."""


_JS = {
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "class_declaration": "class",
    "method_definition": "method",
    "lexical_declaration": "function",
    "variable_declaration": "function",
}
_TS = {
    **_JS,
    "abstract_class_declaration": "class",
    "interface_declaration": "type",
    "type_alias_declaration": "type",
    "enum_declaration": "type",
    "internal_module": "module",
    "module": "module",
    "function_signature": "function",
}
_C = {
    "function_definition": "function",
    "struct_specifier": "type",
    "union_specifier": "type",
    "enum_specifier": "type",
    "type_definition": "type",
}
_EXPORT = frozenset({"export_statement"})

_GRAMMARS = {
    "python": Grammar(
        "tree_sitter_python",
        {"function_definition": "function", "class_definition": "class"},
        wrappers=frozenset({"decorated_definition"}),
    ),
    "javascript": Grammar("tree_sitter_javascript", _JS, wrappers=_EXPORT),
    "typescript": Grammar(
        "tree_sitter_typescript", _TS, "language_typescript", _EXPORT | {"ambient_declaration", "expression_statement"}
    ),
    "tsx": Grammar(
        "tree_sitter_typescript", _TS, "language_tsx", _EXPORT | {"ambient_declaration", "expression_statement"}
    ),
    "rust": Grammar(
        "tree_sitter_rust",
        {
            "function_item": "function",
            "function_signature_item": "function",
            "struct_item": "type",
            "enum_item": "type",
            "union_item": "type",
            "trait_item": "class",
            "impl_item": "class",
            "mod_item": "module",
            "type_item": "type",
            "macro_definition": "function",
        },
    ),
    "go": Grammar(
        "tree_sitter_go",
        {"function_declaration": "function", "method_declaration": "method", "type_declaration": "type"},
    ),
    "c": Grammar("tree_sitter_c", _C),
    "cpp": Grammar(
        "tree_sitter_cpp",
        {**_C, "class_specifier": "class", "struct_specifier": "class", "namespace_definition": "module"},
        wrappers=frozenset({"template_declaration", "linkage_specification"}),
    ),
    "java": Grammar(
        "tree_sitter_java",
        {
            "class_declaration": "class",
            "interface_declaration": "class",
            "enum_declaration": "class",
            "record_declaration": "class",
            "annotation_type_declaration": "type",
            "method_declaration": "method",
            "constructor_declaration": "method",
        },
    ),
    "csharp": Grammar(
        "tree_sitter_c_sharp",
        {
            "namespace_declaration": "module",
            "file_scoped_namespace_declaration": "module",
            "class_declaration": "class",
            "struct_declaration": "class",
            "interface_declaration": "class",
            "record_declaration": "class",
            "enum_declaration": "type",
            "delegate_declaration": "type",
            "method_declaration": "method",
            "constructor_declaration": "method",
            "property_declaration": "method",
        },
    ),
    "ruby": Grammar(
        "tree_sitter_ruby",
        {"class": "class", "module": "module", "method": "method", "singleton_method": "method"},
    ),
    "php": Grammar(
        "tree_sitter_php",
        {
            "function_definition": "function",
            "class_declaration": "class",
            "interface_declaration": "class",
            "trait_declaration": "class",
            "enum_declaration": "class",
            "method_declaration": "method",
            "namespace_definition": "module",
        },
        "language_php",
    ),
    "bash": Grammar("tree_sitter_bash", {"function_definition": "function"}),
    "sql": Grammar("tree_sitter_sql", {"statement": "rule"}, is_flat=True),
    "html": Grammar(
        "tree_sitter_html", {"element": "rule", "script_element": "rule", "style_element": "rule"}, is_flat=True
    ),
    "css": Grammar(
        "tree_sitter_css",
        {
            "rule_set": "rule",
            "media_statement": "rule",
            "supports_statement": "rule",
            "keyframes_statement": "rule",
            "at_rule": "rule",
        },
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
