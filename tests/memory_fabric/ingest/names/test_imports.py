"""Import statements of each language name files and what comes out of them."""

from __future__ import annotations

import pytest

from memory_fabric.ingest.names.imports import imports_of

PY, JS, RS = "tree_sitter_python", "tree_sitter_typescript", "tree_sitter_rust"


@pytest.mark.parametrize(
    ("language", "statement", "modules", "names"),
    [
        (PY, "import a.b as c, d", ["a/b", "d"], []),
        (PY, "from a.b import (c as d,  # e\n    f)", ["a/b"], [("c", "d"), ("f", "f")]),
        (PY, "from . import x", ["./"], [("x", "x")]),
        (PY, "from ..up.here import y", ["../up/here"], [("y", "y")]),
        (PY, "from a import *", ["a"], []),
        (JS, "import { a, b as c } from './lib/x.js'", ["./lib/x"], [("a", "a"), ("b", "c")]),
        (JS, "import type { T } from '@/types'", ["types"], [("T", "T")]),
        (JS, "export * from '../y'", ["../y"], []),
        (JS, "import './side.css'", ["./side"], []),
        (JS, "require('./z')", ["./z"], []),
        (RS, "use crate::store::reads::{Reader, rows as r};", ["store/reads"], [("Reader", "Reader"), ("rows", "r")]),
        (RS, "use super::other::Thing;", ["./other"], [("Thing", "Thing")]),
        (RS, "pub(crate) mod parts;", ["./parts"], []),
        ("tree_sitter_go", 'alias "example.org/r/pkg"', ["example.org/r/pkg"], []),
        ("tree_sitter_c", '#include "a/b.h"', ["a/b"], []),
        ("tree_sitter_c", "#include <stdio.h>", ["stdio"], []),
        ("tree_sitter_java", "import com.x.Y;", ["com/x/Y"], [("Y", "Y")]),
        ("tree_sitter_java", "import static com.x.Y.z;", ["com/x/Y"], [("z", "z")]),
        ("tree_sitter_java", "import com.x.*;", [], []),
        ("tree_sitter_ruby", "require_relative 'a/b'", ["./a/b"], []),
        ("tree_sitter_ruby", "require 'json'", ["json"], []),
        ("tree_sitter_php", "use App\\Models\\User as U;", ["App/Models/User"], [("User", "U")]),
        ("tree_sitter_bash", "lib/common.sh", ["./lib/common"], []),
        ("tree_sitter_css", "@import 'x'", [], []),
    ],
)
def test_a_statement_is_taken_apart(
    language: str, statement: str, modules: list[str], names: list[tuple[str, str]]
) -> None:
    """Modules are paths without suffix; names carry what they are called here."""
    found = imports_of(statement, language)
    assert [one.module for one in found] == modules
    assert [pair for one in found for pair in one.names] == names


def test_a_default_import_names_its_file() -> None:
    """So that a member of it is looked for there."""
    (found,) = imports_of("import * as fs from './fs'", JS)
    assert (found.module, found.alias) == ("./fs", "fs")
