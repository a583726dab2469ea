"""Which definitions and files a name means: the rules, without a store.

A wrong link is worse than a missing one. A name that was imported means what its module defines and nothing else; a
bare name of a language with imports means something of its own file; what is left may mean what few others define.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from functools import lru_cache

from memory_fabric.store.drafts import Reference
from memory_fabric.store.names import FILE, LinkedItem, Named

__all__ = [
    "MOST",
    "family_of",
    "is_explained",
    "is_test_path",
    "leads_to",
    "may_mean",
    "meant_definitions",
    "meant_files",
]

MOST = 3
"""Definitions that an unexplained name may have: with more of them it says nothing."""

_FAMILIES = {
    suffix: family
    for family, suffixes in {
        "python": "py pyi pyx",
        "ecma": "js jsx mjs cjs ts tsx mts cts vue svelte",
        "rust": "rs",
        "go": "go",
        "c": "c h cc cpp cxx hh hpp hxx inl",
        "java": "java",
        "csharp": "cs",
        "ruby": "rb rake",
        "php": "php",
        "shell": "sh bash",
    }.items()
    for suffix in suffixes.split()
}
_EXPLICIT = frozenset({"python", "ecma"})
"""Where every name of another file is imported by name."""

_ROOTS = frozenset({"src", "lib", "python", "app", "source"})
"""Folders in which sources stand beside tests and documents."""

_FOLDER_FILES = frozenset({"__init__", "index", "mod"})

_PATHS = 8_192
"""Paths whose parts are remembered: the rules ask for the same few again and again."""

_TEST_PATH = re.compile(r"(?:^|/)(?:tests?|__tests__|spec)/")
_PLAIN = re.compile(r"[a-z]+")
"""A word that prose may put in backticks for many reasons."""


@lru_cache(_PATHS)
def family_of(path: str) -> str:
    """Return the language family of a file by its suffix: within one, names can be used; empty for prose and data."""
    return _FAMILIES.get(path.rpartition(".")[2].lower(), "")


def is_test_path(path: str) -> bool:
    """Whether a file stands where tests stand."""
    return _TEST_PATH.search(path) is not None


@lru_cache(_PATHS)
def _forms(path: str) -> tuple[str, ...]:
    """Return what a file is called in imports: its path without suffix, of a package that of its folder too."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    return (f"{folder}/{stem}", folder) if stem in _FOLDER_FILES else (f"{folder}/{stem}",)


def is_explained(hint: str) -> bool:
    """Whether a source says where a name comes from."""
    return hint not in {"", ".", "self"}


def may_mean(module: str, target: str) -> bool:
    """Whether it is worth asking if an explained name is defined in the file `target`: cheap, and never wrongly no."""
    parts = module.rstrip("/").rsplit("/", 2)[-2:]
    return module.startswith(".") or any(f"/{part}" in target for part in parts)


def leads_to(module: str, source: str, target: str) -> bool:
    """Whether an import in `source` means the file `target`.

    Args:
        module: As `imports.py` writes it: `a/b`, `./a`, `../a`.
        source: Path of the importing file.
        target: Path of the other one.
    """
    family = family_of(target)
    forms = _forms(target)
    here = posixpath.dirname(source)
    if module.startswith("."):
        # a module of Rust has its parts in a folder of its own name
        homes = [here, source.rpartition(".")[0]] if family == "rust" else [here]
        return any(posixpath.normpath(f"{home}/{module}") in forms for home in homes)
    if family == "go":
        return _is_package(module, posixpath.dirname(target))
    tails = [module]
    if family in {"rust", "php"} and "/" in module:
        # the first part names the crate or the vendor
        tails.append(module.partition("/")[2])
    for form in forms:
        for tail in tails:
            if form.endswith(f"/{tail}") and (family != "python" or _is_root(form[: -len(tail) - 1], source)):
                return True
    return False


def _is_root(root: str, source: str) -> bool:
    """Python looks for modules from the root of the sources on, wherever the importing file stands below it."""
    above, _, name = root.rpartition("/")
    return source.startswith(f"{root}/") or (name in _ROOTS and source.startswith(f"{above}/"))


def _is_package(module: str, folder: str) -> bool:
    parts, there = module.split("/"), folder.split("/")
    common = 0
    while common < min(len(parts), len(there)) and parts[-1 - common] == there[-1 - common]:
        common += 1
    # the standard library has no dot in its first part, and must match whole
    return common >= (1 if "." in parts[0] else len(parts)) and (len(parts) > 1 or common > 1)


def _is_inside(module: str, source: str, target: str) -> bool:
    """Whether `target` stands below the package that an import names: packages hand on what their files define."""
    folder = posixpath.dirname(target)
    while len(folder) > 1:
        if leads_to(module, source, f"{folder}/__init__.py"):
            return True
        folder = posixpath.dirname(folder)
    return False


def meant_definitions(reference: Reference, source: LinkedItem, candidates: Sequence[Named]) -> list[Named]:
    """Return which of the definitions of a name a reference means; several share its weight.

    Args:
        reference: Of the kind `symbol`.
        source: The item in which it stands.
        candidates: Everything that its project defines under that name.
    """
    found = [c for c in candidates if c.definition.kind not in {FILE, "message"}]
    if not found:
        return []
    if source.modality != "code":
        return _meant_in_prose(reference, found)
    family = family_of(source.path)
    found = [c for c in found if family_of(c.item.path) == family]
    hint = reference.hint
    if is_explained(hint):
        return _meant_of_module(reference.name, hint, source, found)
    own = [c for c in found if c.item.key == source.key]
    if hint != "." and own:
        return own
    if hint == "" and family in _EXPLICIT:
        return []
    if hint == "self":
        found = [c for c in found if c.definition.kind == "method"]
    folder = posixpath.dirname(source.path)
    near = [c for c in found if posixpath.dirname(c.item.path) == folder] if family not in _EXPLICIT else []
    chosen = near or found
    return chosen if len(chosen) <= MOST else []


def _meant_of_module(name: str, module: str, source: LinkedItem, found: Sequence[Named]) -> list[Named]:
    exact = [c for c in found if leads_to(module, source.path, c.item.path)]
    if exact:
        # a name at the top of its file comes before a member of the same name
        return [c for c in exact if c.definition.symbol == name] or exact[:MOST]
    outer, _, owner = module.rpartition("/")
    if outer:
        members = [c for c in found if c.definition.symbol.endswith(f"{owner}.{name}")]
        exact = [c for c in members if leads_to(outer, source.path, c.item.path)]
        if exact:
            return exact
    handed = [c for c in found if c.definition.symbol == name and _is_inside(module, source.path, c.item.path)]
    return handed if len(handed) <= MOST else []


def _meant_in_prose(reference: Reference, found: Sequence[Named]) -> list[Named]:
    if reference.hint:
        tail = "/" + reference.hint.replace(".", "/")
        found = [c for c in found if _whole(c).endswith(tail)]
    elif _PLAIN.fullmatch(reference.name):
        # `open` may be a word, a command, a key: it must be one thing's name, and no test's
        found = [c for c in found if not is_test_path(c.item.path)]
        return list(found) if len(found) == 1 else []
    return list(found) if len(found) <= MOST else []


def _whole(named: Named) -> str:
    return f"{_forms(named.item.path)[-1]}/{named.definition.symbol}".replace(".", "/")


def meant_files(reference: Reference, source: LinkedItem, candidates: Sequence[LinkedItem]) -> list[LinkedItem]:
    """Return which files a path as written means: the one from where it stands, else those that end with it.

    Args:
        reference: Of the kind `file`.
        source: The item in which it stands.
        candidates: Files of its project with that name.
    """
    written = reference.hint
    if reference.relation == "touches":
        whole = f"{source.repo}/{written}"
        return [c for c in candidates if c.path == whole]
    place = source.path.partition("!/")[0]
    base = posixpath.normpath(f"{posixpath.dirname(place)}/{written}")
    exact = [c for c in candidates if c.path == base]
    if exact or written.startswith(".."):
        return exact
    tail = "/" + posixpath.normpath(written).lstrip("/")
    found = [c for c in candidates if c.path.endswith(tail) and c.key != source.key]
    return found if len(found) <= MOST else []
