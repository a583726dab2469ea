"""The house: what modules export, how large they are, and what starting the daemon must not pull in."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
PACKAGES: list[str] = _SETTINGS["root_packages"]
MODULES = sorted(
    path for package in PACKAGES if package != "proto" for path in (ROOT / package).rglob("*.py") if path.stat().st_size
)
_MOST_LINES = 500
_MOST_FUNCTION_LINES = 60


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _public(tree: ast.Module) -> set[str]:
    """Return public classes and functions; a decorated function is a command, which a table exports."""
    found = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    found |= {
        n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and not n.decorator_list
    }
    return {name for name in found if not name.startswith("_")}


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__init__.py"], ids=_name)
def test_exports_are_what_is_there(path: Path) -> None:
    """`__all__` is sorted, names nothing that is missing, and leaves out no public class or function."""
    module = importlib.import_module(_module(path))
    exported = module.__all__
    assert exported == sorted(exported, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert [name for name in exported if not hasattr(module, name)] == []
    assert _public(ast.parse(path.read_text())) <= set(exported)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_files_and_functions_stay_readable(path: Path) -> None:
    """No file over 500 lines, no function over 60."""
    tree = ast.parse(path.read_text())
    assert len(path.read_text().splitlines()) <= _MOST_LINES
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < _MOST_FUNCTION_LINES, node.name


def test_importing_a_package_does_no_work() -> None:
    """An `__init__.py` holds a docstring, imports and `__all__`."""
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.Expr)
    for path in MODULES:
        if path.name == "__init__.py":
            assert all(isinstance(node, allowed) for node in ast.parse(path.read_text()).body), _name(path)


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_shadows_our_packages(package: str) -> None:
    """Some names are generic, and another distribution may bring the same ones."""
    origin = importlib.import_module(package).__file__
    assert origin is not None
    assert Path(origin).is_relative_to(ROOT)


@pytest.mark.slow
def test_starting_imports_nothing_heavy() -> None:
    """No model runtime, no readers, no index engine before they are used; PyTorch never."""
    heavy = {"torch", "transformers", "onnxruntime", "onnx", "tokenizers", "tantivy", "qdrant_edge", "pypdf", "docx"}
    script = f"import sys, daemon.app; print(*sorted({heavy!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.slow
def test_the_command_line_imports_no_server() -> None:
    """`cairn --help` needs click alone."""
    script = "import sys, cli.main; print(*sorted({'grpc', 'trio', 'numpy', 'structlog'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
