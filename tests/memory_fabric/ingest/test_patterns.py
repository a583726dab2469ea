"""Every regular expression that reads other people's text takes linear time."""

from __future__ import annotations

import pytest

from tests.memory_fabric.ingest.linear import assert_ends

PROGRAM = r"""
import importlib, inspect, itertools, pkgutil, re, time
import memory_fabric.index.sparse, memory_fabric.ingest

# what a pattern is tried on at most, where its caller bounds that; see the callers
BOUNDS = {
    "memory_fabric.ingest.mime": 8192,
    "memory_fabric.ingest.mime._SHEBANG": 256,
    "memory_fabric.ingest.language._MARKUP": 600,
    "memory_fabric.ingest.drafts._DEFINITION": 200,
    "memory_fabric.ingest.drafts._SPEAKER": 200,
    "memory_fabric.ingest.drafts._PYTHON": 200,
    "memory_fabric.ingest.chunkers.anatomy._RECEIVER": 1000,
    "memory_fabric.ingest.readers.docx._WORD": 300,
    "memory_fabric.ingest.readers.table._NUMBER": 80,
    "memory_fabric.ingest.readers.markdown": 16384,
}
LENGTH = 50_000
UNITS = [
    *" \t\n\r.,;:-_*/<>()[]{}'\"`#+=|\\~!?$&%@^", "a", "A", "1", "aA", "a1", "a.", "a-", "a_", "a/", "a ", "1.", "1 ",
    "\n ", " \n", "a\n", "a:", "a=", "<a", "</", "<!--", "-->", "<!---->", "*/", "/*", "a[", "a]", "\x1b[", "\x1b[1;",
    "=?", "\";", "From ", "X-a: b\n", "#!", "# ", "C++", "a.js", "\u0431", "\u0411\u0431", "\u00b7", "\u3042", "\n--",
    "a<b>", "boundary ", "title: ", "title: a ", "http://", "end ", "// ", "\\\"", "public ", "def a",
]
HEADS = ["", "From x ", "title: a", "namespace", "\"", "<a ", "public a", "---\n", "boundary", "`", "class "]


def modules():
    for package in (memory_fabric.ingest, memory_fabric.index.sparse):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


count = 0
for module in modules():
    source = inspect.getsource(module)
    for name, value in list(vars(module).items()):
        values = value.values() if isinstance(value, dict) else [value]
        for pattern in values:
            if not isinstance(pattern, re.Pattern):
                continue
            count += 1
            full = f"{module.__name__}.{name}"
            length = BOUNDS.get(full, BOUNDS.get(module.__name__, LENGTH))
            ways = set(re.findall(rf"\b{name}\.(match|fullmatch|search|sub|split|findall|finditer)\(", source))
            ways = {"search" if way in {"split", "findall"} else way for way in ways} or {"finditer"}
            for way, head, unit in itertools.product(ways, HEADS, UNITS):
                text = (head + unit * (length // len(unit)))[: length - 2] + "\x01\x01"
                text = text.encode() if isinstance(pattern.pattern, bytes) else text
                run = getattr(pattern, way)
                begin = time.process_time()
                if way == "sub":
                    run(pattern.pattern[:0], text)
                elif way == "finditer":
                    for _ in run(text): pass
                else:
                    run(text)
                took = time.process_time() - begin
                assert took < 5, (full, way, head, unit, took)
assert count > 50, count
"""


@pytest.mark.slow
def test_every_pattern_is_linear() -> None:
    """No long repetition makes a pattern of the readers, chunkers or analyzers slow: they hold the interpreter lock."""
    assert_ends(PROGRAM, within_s=240.0)
