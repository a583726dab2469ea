"""What a use of a name looks like in each language's syntax tree.

`@call` is a bare name that is called, instantiated or derived from, `@member` one behind a dot, `@import` a statement
that names other files; the last is taken apart by `imports.py`.
"""

from __future__ import annotations

import builtins
import threading
from collections.abc import Mapping
from itertools import chain

from tree_sitter import Language, Query

from memory_fabric.ingest.chunkers.languages import Grammar

__all__ = ["USES", "is_everywhere", "query_for"]

_ECMA = """
(call_expression function: (identifier) @call)
(call_expression function: (member_expression property: (property_identifier) @member))
(new_expression constructor: (identifier) @call)
(import_statement) @import
(export_statement source: (string)) @import
(call_expression function: (identifier) @required arguments: (arguments . (string)) (#eq? @required "require")) @import
"""
_JSX = """
(jsx_opening_element name: (identifier) @call)
(jsx_self_closing_element name: (identifier) @call)
"""
_TS = "(extends_clause value: (identifier) @call) (implements_clause (type_identifier) @call)"
_C = """
(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (field_identifier) @member))
(preproc_include) @import
"""

USES: Mapping[str, str] = {
    "tree_sitter_python.language": """
        (call function: (identifier) @call)
        (call function: (attribute attribute: (identifier) @member))
        (decorator (identifier) @call)
        (decorator (attribute attribute: (identifier) @member))
        (class_definition superclasses: (argument_list (identifier) @call))
        (import_statement) @import
        (import_from_statement) @import""",
    "tree_sitter_javascript.language": _ECMA + _JSX + "(class_heritage (identifier) @call)",
    "tree_sitter_typescript.language_typescript": _ECMA + _TS,
    "tree_sitter_typescript.language_tsx": _ECMA + _TS + _JSX,
    "tree_sitter_rust.language": """
        (call_expression function: (identifier) @call)
        (call_expression function: (field_expression field: (field_identifier) @member))
        (call_expression function: (scoped_identifier name: (identifier) @call))
        (macro_invocation macro: (identifier) @call)
        (struct_expression name: (type_identifier) @call)
        (impl_item trait: (type_identifier) @call)
        (use_declaration) @import
        (mod_item !body) @import""",
    "tree_sitter_go.language": """
        (call_expression function: (identifier) @call)
        (call_expression function: (selector_expression field: (field_identifier) @member))
        (composite_literal type: (type_identifier) @call)
        (import_spec) @import""",
    "tree_sitter_c.language": _C,
    "tree_sitter_cpp.language": _C
    + """
        (call_expression function: (qualified_identifier name: (identifier) @call))
        (new_expression type: (type_identifier) @call)
        (base_class_clause (type_identifier) @call)""",
    "tree_sitter_java.language": """
        (method_invocation name: (identifier) @member)
        (object_creation_expression type: (type_identifier) @call)
        (superclass (type_identifier) @call)
        (super_interfaces (type_list (type_identifier) @call))
        (import_declaration) @import""",
    "tree_sitter_c_sharp.language": """
        (invocation_expression function: (identifier) @call)
        (invocation_expression function: (member_access_expression name: (identifier) @member))
        (object_creation_expression type: (identifier) @call)
        (base_list (identifier) @call)""",
    "tree_sitter_ruby.language": """
        (call method: (identifier) @member)
        (call receiver: (constant) @call)
        (superclass (constant) @call)
        (call method: (identifier) @required arguments: (argument_list . (string))
            (#match? @required "^require")) @import
        """,
    "tree_sitter_php.language_php": """
        (function_call_expression function: (name) @call)
        (member_call_expression name: (name) @member)
        (scoped_call_expression name: (name) @member)
        (object_creation_expression (name) @call)
        (base_clause (name) @call)
        (class_interface_clause (name) @call)
        (namespace_use_declaration) @import""",
    "tree_sitter_bash.language": """
        (command name: (command_name (word) @call))
        (command name: (command_name) @required argument: (word) (#match? @required "^(source|[.])$")) @import""",
}
"""By module and function of the grammar's wheel; a language that is not here gives definitions and no uses."""

_COMMON = frozenset(
    "push pop shift map filter reduce forEach then catch finally log error warn slice concat indexOf keys values "
    "entries hasOwnProperty toString equals hashCode println print printf sprintf len cap append make panic unwrap "
    "expect clone iter into_iter collect as_ref as_str to_string to_owned into from is_some is_none is_ok is_err ok "
    "err vec format assert assert_eq println write writeln size length empty begin end push_back emplace_back c_str "
    "get set add remove put contains isEmpty each select puts echo cd test exit return local export set_ read shift "
    "require require_relative new to_s to_i to_a nil first last count sizeof malloc free memcpy memset strlen".split()
)
_PYTHON_BARE = frozenset(dir(builtins))
_PYTHON_MEMBERS = frozenset(
    chain.from_iterable(dir(kind) for kind in (str, bytes, list, dict, set, tuple, int, float, object, BaseException))
)

_local = threading.local()


def is_everywhere(name: str, language: str, *, is_member: bool) -> bool:
    """Whether a name is the language's own and says nothing of what is linked."""
    if language == "tree_sitter_python":
        return name in (_PYTHON_MEMBERS if is_member else _PYTHON_BARE)
    return name in _COMMON


def query_for(grammar: Grammar, language: Language) -> Query:
    """Return this thread's query for definitions and uses.

    Args:
        grammar: Which nodes define something.
        language: What the parser was made from.
    """
    queries: dict[tuple[str, str], Query] = _local.__dict__.setdefault("queries", {})
    key = (grammar.module, grammar.function)
    if key not in queries:
        kinds = " ".join(f"({kind})" for kind in grammar.definitions)
        queries[key] = Query(language, f"[{kinds}] @definition\n{USES.get('.'.join(key), '')}")
    return queries[key]
