"""Import statements taken apart: which file each names, and which names come from it.

A module is written as a path without suffix: `a/b` from a root of the sources, `./a` and `../a` from the file itself.
"""

from __future__ import annotations

import re

import msgspec

__all__ = ["Import", "imports_of"]

_MAX_CHARS = 4_000
"""Of one statement; longer ones are generated."""

_MAX_NAMES = 200

_PY_FROM = re.compile(r"from\s+(\.{0,20})([\w.]{0,200})\s+import\s+(.+)", re.DOTALL)
_PY_COMMENT = re.compile(r"#[^\n]{0,500}")
_AS = re.compile(r"([\w.*]{1,200})(?:\s+as\s+(\w{1,200}))?")
_STRING = re.compile(r"""["'`<]([^"'`<>\n]{1,300})["'`>]""")
_JS_CLAUSE = re.compile(r"(?:import|export)\s+(?:type\s+)?([^\"']{1,3000}?)\s*from\s*[\"']")
_JS_NAME = re.compile(r"(?:type\s+)?([\w$]{1,200})(?:\s+as\s+([\w$]{1,200}))?")
_JS_SUFFIX = re.compile(r"\.(?:[cm]?[jt]sx?|vue|svelte|json|css)$")
_RUST_GROUP = re.compile(r"^(.*?)::\{(.*)\}$", re.DOTALL)
_C_SUFFIX = re.compile(r"\.(?:h|hh|hpp|hxx|inl|c|cc|cpp)$")


class Import(msgspec.Struct, frozen=True):
    """One file that a statement names."""

    module: str
    names: tuple[tuple[str, str], ...] = ()
    """What is taken out of it, and what it is called here."""
    alias: str = ""
    """What the file itself is called here."""


def imports_of(statement: str, language: str) -> list[Import]:
    """Return what a statement imports; nothing where the language's imports name no file.

    Args:
        statement: As it stands in the source.
        language: The grammar's wheel.
    """
    text = statement[:_MAX_CHARS]
    match language:
        case "tree_sitter_python":
            return _python(_PY_COMMENT.sub("", text))
        case "tree_sitter_javascript" | "tree_sitter_typescript":
            return _ecma(text)
        case "tree_sitter_rust":
            return _rust(text)
        case "tree_sitter_go":
            return [Import(found[1], alias=found[1].rpartition("/")[2]) for found in _STRING.finditer(text)]
        case "tree_sitter_c" | "tree_sitter_cpp":
            return [Import(_C_SUFFIX.sub("", found[1])) for found in _STRING.finditer(text)]
        case "tree_sitter_java":
            return _java(text)
        case "tree_sitter_ruby":
            return _ruby(text)
        case "tree_sitter_php":
            return _php(text)
        case "tree_sitter_bash":
            return [Import(_relative(text.strip().strip("\"'").removesuffix(".sh")))]
        case _:
            return []


def _aliased(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [(found[1], found[2] or found[1]) for found in _AS.finditer(text)]
    return tuple(pair for pair in pairs[:_MAX_NAMES] if pair[0] != "as")


def _python(text: str) -> list[Import]:
    found = _PY_FROM.match(text)
    if found is None:
        pairs = _aliased(text.removeprefix("import"))
        return [Import(name.replace(".", "/"), alias=alias) for name, alias in pairs]
    dots, module, names = found[1], found[2].replace(".", "/"), _aliased(found[3])
    if dots:
        module = ("./" if len(dots) == 1 else "../" * (len(dots) - 1)) + module
    return [Import(module, tuple(pair for pair in names if pair[0] != "*"))]


def _relative(path: str) -> str:
    return path if path.startswith(".") else f"./{path}"


def _ecma(text: str) -> list[Import]:
    target = list(_STRING.finditer(text))
    if not target:
        return []
    module = _JS_SUFFIX.sub("", target[-1][1])
    if module.startswith(("@/", "~/")):
        # what bundlers agree on for the root of the sources
        module = module[2:]
    clause = _JS_CLAUSE.match(text)
    if clause is None:
        return [Import(module)]
    inner = clause[1]
    named = inner[inner.find("{") + 1 : inner.rfind("}")] if "{" in inner else ""
    whole = inner.split("{", 1)[0].strip(" ,\n")
    pairs = tuple((n[1], n[2] or n[1]) for n in _JS_NAME.finditer(named) if n[1] != "type")[:_MAX_NAMES]
    alias = whole.rpartition(" ")[2].strip("*, ") if whole else ""
    return [Import(module, pairs, alias)]


def _rust(text: str) -> list[Import]:
    words = text.strip().rstrip(";").strip()
    words = re.sub(r"^pub(?:\([^)]{0,50}\))?\s+", "", words)
    if words.startswith("mod "):
        return [Import(f"./{words[4:].strip()}")]
    path = words.removeprefix("use ").strip()
    group = _RUST_GROUP.match(path)
    if group is None:
        module, _, last = path.rpartition("::")
        return [Import(_crate(module), _aliased(last))] if module else []
    return [Import(_crate(group[1]), _aliased(re.sub(r"\{[^{}]*\}", "", group[2])))]


def _crate(path: str) -> str:
    parts = [part.strip() for part in path.split("::")]
    if parts[0] == "self":
        return "/".join([".", *parts[1:]])
    if parts[0] == "super":
        return "/".join("." if part == "super" else part for part in parts)
    return "/".join(parts[1:] if parts[0] == "crate" else parts)


def _java(text: str) -> list[Import]:
    words = text.strip().rstrip(";").split()
    path = words[-1] if len(words) > 1 else ""
    if path.endswith("*") or "." not in path:
        return []
    if "static" in words:
        path, _, member = path.rpartition(".")
        return [Import(path.replace(".", "/"), ((member, member),))]
    name = path.rpartition(".")[2]
    return [Import(path.replace(".", "/"), ((name, name),))]


def _ruby(text: str) -> list[Import]:
    target = _STRING.search(text)
    if target is None:
        return []
    module = target[1].removesuffix(".rb")
    return [Import(_relative(module) if "require_relative" in text else module)]


def _php(text: str) -> list[Import]:
    found = []
    for part in re.sub(r"^use\s+(?:function\s+|const\s+)?", "", text.strip()).rstrip(";").split(","):
        path, _, alias = part.strip().partition(" as ")
        name = path.rpartition("\\")[2]
        if "{" not in path and "\\" in path:
            found.append(Import(path.strip("\\").replace("\\", "/"), ((name, alias.strip() or name),)))
    return found
