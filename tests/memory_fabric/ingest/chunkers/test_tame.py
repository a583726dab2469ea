"""Texts that no parser may see."""

from __future__ import annotations

import pytest

from memory_fabric.ingest.chunkers.tame import is_tame
from tests.memory_fabric.ingest.chunkers.samples import SAMPLES
from tests.memory_fabric.ingest.linear import assert_ends


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ruby", "''.join('<<A%d,' % i for i in range(20_000))"),
        ("ruby", "'cat ' + ''.join(\"<<-'A%d' \" % i for i in range(20_000)) + '\\n'"),
        ("ruby", "'<a\\n' * 2700"),
        ("ruby", "'<!--' * 2700"),
        ("rust", "'%q[' * 30_000"),
        ("c", "'%w(' * 30_000"),
        ("c", "'a:not(' * 200_000"),
        ("bash", "'[' * 200_000 + ']' * 200_000"),
        ("python", "'/*' * 30_000 + '*/' * 30_000"),
        ("csharp", "'<a\\n' * 30_000"),
        ("csharp", "'template<' * 30_000"),
        ("java", "'a<' * 30_000"),
        ("java", "'a=>' * 30_000"),
        ("c", "'a=>' * 30_000"),
        ("tsx", "'a<b,' * 30_000"),
        ("typescript", "'a<b,' * 30_000"),
        ("html", "'<<A <<B\\n' * 1_500"),
    ],
)
def test_hostile_programs_are_cut_by_lines(language: str, text: str) -> None:
    """What crashes a parser, or takes it hours, is cut like any other text, and the process goes on."""
    program = (
        "from memory_fabric.ingest.chunkers.code import chunk_code\n"
        f"text = {text}\n"
        f"spans = chunk_code(text, language={language!r}, wanted_chars=1000, max_chars=1600)\n"
        "assert ''.join(text[span.start:span.end] for span in spans) == text\n"
    )
    assert_ends(program)


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_programs_are_tame(language: str) -> None:
    """A long program is parsed: its brackets are closed, and its heredocs are few."""
    assert is_tame(SAMPLES[language].source.encode() * 100, f"tree_sitter_{language}")


def test_shifts_are_no_heredocs() -> None:
    """`<<` means something else in most languages."""
    assert is_tame(b"cout <<a;\n" * 5_000, "tree_sitter_cpp")
    assert not is_tame(b"f <<a\n" * 5_000, "tree_sitter_ruby")


def test_long_lists_are_tame() -> None:
    """Lists of numbers, of definitions of the preprocessor and of assignments are no endless statements."""
    assert is_tame(b"int a[] = {" + b"1, " * 100_000 + b"};", "tree_sitter_c")
    assert is_tame(b"#define A (1 << 3) /* one */\n" * 5_000, "tree_sitter_c")
    assert is_tame(b"a = b / c * d\n" * 5_000, "tree_sitter_python")


def test_closing_brackets_do_not_make_room() -> None:
    """A thousand brackets too many at the beginning hide no depth."""
    assert not is_tame(b")" * 5_000 + b"(" * 5_000, "tree_sitter_c")
