"""The parts of a definition: its name, body, signature and docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

from tree_sitter import Node

__all__ = [
    "ATTRIBUTES",
    "COMMENTS",
    "body_of",
    "comment_text",
    "holds_function",
    "inner_docstring",
    "lead_of",
    "name_of",
    "signature_of",
]

COMMENTS = frozenset({"comment", "line_comment", "block_comment", "marginalia"})
ATTRIBUTES = frozenset(
    {"attribute_item", "attribute_list", "attribute_declaration", "decorator", "annotation", "marker_annotation"}
)

_BODIES = frozenset(
    "block body_statement class_body compound_statement declaration_list enum_body enumerator_list "
    "field_declaration_list interface_body keyframe_block_list statement_block accessor_list".split()
)
_FUNCTION_VALUES = frozenset("arrow_function function_expression function generator_function class".split())
_SECTIONS = frozenset(
    "article aside footer form head header h1 h2 h3 h4 h5 h6 main nav script section style table template".split()
)
"""Elements that name a part of a page even without an id."""

_MAX_NAME = 120
_MAX_RECEIVER = 1_000
_MAX_COMMENT = 20_000
"""Characters of the comment above a definition that are looked at for its first words."""

_MAX_SIGNATURE = 240
_MAX_DOCSTRING = 600

_BRACKETS = re.compile(r"<[^<>]*>")
_RECEIVER = re.compile(r"(?<!\w)(\w++)\s*+(?:\[[^\[\]]*+\])?\s*+\)$")
_MARKS = re.compile(
    r"^[ \t]*(?:<!--|///?!?|/\*[*!]*|\*+/|\*|#+!?|--+)[ \t]?"
    r"|[ \t]{0,80}+(?:(?<!\*)\*++/|-->)[ \t]*+$|</?(?:summary|remarks|para)>",
    re.MULTILINE,
)
_EXPORTED = re.compile(r"^(?:module\.)?exports\.")


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


# ---- name -----------------------------------------------------------------------------------------------------


def name_of(node: Node) -> str:
    """Return the name of a definition, its own scopes joined by full stops; empty where it has none."""
    namer = _NAMERS.get(node.type)
    name = namer(node) if namer else _plain_name(node)
    if node.type not in _VERBATIM:
        if "<" in name and "operator" not in name:
            name = _BRACKETS.sub("", name)
        name = name.replace("::", ".").replace("\\", ".").strip(".")
    return " ".join(name.split())[:_MAX_NAME]


def _plain_name(node: Node) -> str:
    named = node.child_by_field_name("name") or _declared(node)
    return _text(named) if named is not None else ""


def _declared(node: Node) -> Node | None:
    """Return the name inside a declarator of C: behind pointers, references, arrays and parameters."""
    inner = node.child_by_field_name("declarator")
    while inner is not None:
        deeper = inner.child_by_field_name("declarator")
        if deeper is None and inner.type in {"reference_declarator", "parenthesized_declarator"}:
            deeper = inner.named_children[-1] if inner.named_children else None
        if deeper is None:
            return inner
        inner = deeper
    return None


def _first_named(node: Node) -> str:
    names = (child.child_by_field_name("name") for child in node.named_children)
    return next((_text(name) for name in names if name is not None), "")


def _implemented_type(node: Node) -> str:
    named = node.child_by_field_name("type")
    return _text(named) if named is not None else ""


def _method_name(node: Node) -> str:
    name = _plain_name(node)
    receiver = node.child_by_field_name("receiver")
    match = _RECEIVER.search(_text(receiver)[-_MAX_RECEIVER:]) if receiver is not None else None
    return f"{match[1]}.{name}" if match else name


def _assigned_name(node: Node) -> str:
    left = node.named_children[0].child_by_field_name("left")
    name = _text(left) if left is not None else ""
    return _EXPORTED.sub("", name).replace(".prototype.", ".")


def _property_name(node: Node) -> str:
    named = node.child_by_field_name("property") or node.child_by_field_name("name")
    return _text(named) if named is not None else ""


def _declaration_name(node: Node) -> str:
    """Return what a C declaration names: its function, or else the type that it defines."""
    named = _declared(node)
    kind = node.child_by_field_name("type")
    if kind is not None and kind.child_by_field_name("body") is not None:
        named = kind.child_by_field_name("name") or named
    return _text(named) if named is not None else ""


def _element_name(node: Node) -> str:
    tag = _text(node.named_children[0])[:_MAX_SIGNATURE] if node.named_children else ""
    match = re.match(r"<([\w:-]+)", tag)
    if match is None:
        return ""
    found = re.search(r"""\sid\s*=\s*["']?([^\s"'>]+)""", tag, re.IGNORECASE)
    if found:
        return f"{match[1].lower()}#{found[1]}"
    return match[1].lower() if match[1].lower() in _SECTIONS else ""


def _rule_name(node: Node) -> str:
    return _text(node)[: 2 * _MAX_NAME].split("{", 1)[0].rstrip("; \n")


def _statement_name(node: Node) -> str:
    made = node.named_children[0] if node.named_children else None
    if made is None or not made.type.startswith("create_"):
        return ""
    named = next((n for n in made.named_children if n.type in {"object_reference", "identifier"}), None)
    return _text(named) if named is not None else ""


_NAMERS: dict[str, Callable[[Node], str]] = {
    "at_rule": _rule_name,
    "declaration": _declaration_name,
    "element": _element_name,
    "expression_statement": _assigned_name,
    "field_definition": _property_name,
    "impl_item": _implemented_type,
    "keyframes_statement": _rule_name,
    "lexical_declaration": _first_named,
    "media_statement": _rule_name,
    "method_declaration": _method_name,
    "public_field_definition": _property_name,
    "rule_set": _rule_name,
    "script_element": _element_name,
    "statement": _statement_name,
    "style_element": _element_name,
    "supports_statement": _rule_name,
    "type_declaration": _first_named,
    "variable_declaration": _first_named,
}
_VERBATIM = frozenset(kind for kind, namer in _NAMERS.items() if namer in {_rule_name, _element_name})
"""Names with full stops and brackets of their own."""


# ---- body -----------------------------------------------------------------------------------------------------


def body_of(node: Node) -> Node | None:
    """Return what a definition holds: a block, the members of a type, the content of an element."""
    if node.type.endswith("element"):
        return node
    body = node.child_by_field_name("body")
    if body is None:
        body = next((child for child in node.named_children if child.type in _BODIES), None)
    if body is None:
        inner = _value_of(node) or node.child_by_field_name("type")
        body = body_of(inner) if inner is not None and inner.type != node.type else None
    return body


def lead_of(body: Node) -> Node:
    """Return the first of the comments right before a body, which some grammars leave outside, or the body."""
    lead, before = body, body.prev_named_sibling
    while before is not None and before.type in COMMENTS:
        lead, before = before, before.prev_named_sibling
    return lead


def _value_of(node: Node) -> Node | None:
    """Return what a variable, a field, an assignment or a type name stands for."""
    if node.type in {"lexical_declaration", "variable_declaration"}:
        values = (child.child_by_field_name("value") for child in node.named_children)
        return next((value for value in values if value is not None), None)
    if node.type in {"field_definition", "public_field_definition"}:
        return node.child_by_field_name("value")
    if node.type == "expression_statement" and node.named_children:
        return node.named_children[0].child_by_field_name("right")
    if node.type == "type_declaration" and node.named_children:
        return node.named_children[0].child_by_field_name("type")
    return None


def holds_function(node: Node) -> bool:
    """Whether a variable, a field or an assignment of JavaScript holds a function or a class."""
    value = _value_of(node)
    if value is not None and value.type == "call_expression":
        # a wrapped function, as in `memo((props) => ...)`
        arguments = value.child_by_field_name("arguments")
        return arguments is not None and any(child.type in _FUNCTION_VALUES for child in arguments.named_children)
    return value is not None and value.type in _FUNCTION_VALUES


# ---- signature and docstring ----------------------------------------------------------------------------------


def signature_of(source: bytes, outer: Node, body: Node | None) -> str:
    """Return a definition up to its body, on one line and without decorators; the first line where it has no body.

    Args:
        source: UTF-8 of the document.
        outer: The definition with its export or template around it.
        body: From `body_of`.
    """
    begin = _after_attributes(outer)
    if body is not None and body.type.endswith("element"):
        end = body.named_children[0].end_byte if body.named_children else body.end_byte
    else:
        end = lead_of(body).start_byte if body is not None else outer.end_byte
    text = source[begin : min(max(end, begin), begin + 4 * _MAX_SIGNATURE)].decode("utf-8", "replace")
    if body is None and not text.rstrip().endswith((")", ";")):
        text = text.split("\n", 1)[0]
    return " ".join(text.split()).rstrip(" {(=")[:_MAX_SIGNATURE]


def _after_attributes(node: Node) -> int:
    for child in node.children:
        if child.type == "modifiers" or child.type in ATTRIBUTES:
            inner = [c for c in child.children if c.type not in ATTRIBUTES] if child.type == "modifiers" else []
            if inner:
                return inner[0].start_byte
            continue
        return child.start_byte
    return node.start_byte


def _first_child(node: Node) -> Node | None:
    """Return the first named child; broken syntax leaves nodes without any."""
    return node.named_child(0) if node.named_child_count else None


def comment_text(comment: str) -> str:
    """Return the words of the comment lines above a definition, without their marks."""
    lines = [line for line in comment[:_MAX_COMMENT].splitlines() if not line.lstrip().startswith(("@", "#[", "["))]
    return _MARKS.sub("", "\n".join(lines)).strip()[:_MAX_DOCSTRING]


def inner_docstring(body: Node) -> str:
    """Return the string at the beginning of a Python body, or nothing."""
    first = _first_child(body)
    if first is not None and first.type == "expression_statement":
        first = _first_child(first)
    if first is None or first.type != "string":
        return ""
    content = "".join(_text(child) for child in first.named_children if child.type == "string_content")
    return (inspect.cleandoc(content) if "\n" in content else content.strip())[:_MAX_DOCSTRING]
