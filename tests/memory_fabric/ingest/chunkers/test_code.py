"""Cutting code."""

from __future__ import annotations

import concurrent.futures

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.ingest.chunkers.code import chunk_code
from memory_fabric.records import ChunkSpan
from tests.memory_fabric.ingest.chunkers.coverage import assert_covers, pieces_of_code, texts
from tests.memory_fabric.ingest.chunkers.samples import SAMPLES


def _text(source: str, span: ChunkSpan) -> str:
    return source[span.start : span.end]


def _cut(source: str, language: str, wanted: int = 40, limit: int = 4000) -> list[ChunkSpan]:
    return chunk_code(source, language=language, wanted_chars=wanted, max_chars=limit)


# ---- properties -----------------------------------------------------------------------------------------------


@pytest.mark.slow
@given(text=texts, language=st.sampled_from(sorted(SAMPLES)), wanted=st.integers(1, 300), limit=st.integers(20, 400))
def test_covers_any_text(text: str, language: str, wanted: int, limit: int) -> None:
    """Text that is no program at all is covered whole too."""
    assert_covers(text, _cut(text, language, wanted, limit), limit)


@pytest.mark.slow
@given(piece=pieces_of_code, wanted=st.integers(1, 600), limit=st.integers(50, 900))
def test_covers_broken_programs(piece: tuple[str, str], wanted: int, limit: int) -> None:
    """Programs with parts left out, doubled and moved are covered whole."""
    language, source = piece
    assert_covers(source, _cut(source, language, wanted, limit), limit)


@pytest.mark.slow
@given(
    names=st.lists(st.sampled_from(sorted(SAMPLES)), min_size=1, max_size=4), language=st.sampled_from(sorted(SAMPLES))
)
def test_covers_mixed_programs(names: list[str], language: str) -> None:
    """Programs of several languages in one file are covered whole."""
    source = "\n".join(SAMPLES[name].source for name in names)
    assert_covers(source, _cut(source, language, 300, 500), 500)


# ---- each language --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_finds_the_definitions(language: str) -> None:
    """Every definition of the example has its scope name, kind, signature and docstring."""
    sample = SAMPLES[language]
    spans = _cut(sample.source, language)
    assert_covers(sample.source, spans, 4000)
    found = [(f"{span.symbol}, ", span.symbol_kind, span.signature, span.docstring) for span in spans]
    for name, *rest in sample.expected:
        assert any(symbols.startswith(f"{name}, ") and about == rest for symbols, *about in found)


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_definitions_begin_at_their_comments(language: str) -> None:
    """A span holds its whole definition: the comment above, and the last word before the next one."""
    sample = SAMPLES[language]
    for expected in sample.expected:
        if not expected.docstring:
            continue
        span = next(s for s in _cut(sample.source, language) if s.symbol == expected.symbol and s.docstring)
        assert expected.docstring.split("\n", maxsplit=1)[0] in _text(sample.source, span)


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_small_file_stays_readable(language: str) -> None:
    """With the usual sizes no span of an example is a crumb of brackets."""
    sample = SAMPLES[language]
    for span in _cut(sample.source, language, 1000, 1600):
        assert any(letter.isalpha() for letter in _text(sample.source, span))
        assert span.end - span.start > 20


def test_aliases_share_a_grammar() -> None:
    """`jsx` is read as JavaScript."""
    source = SAMPLES["javascript"].source
    assert _cut(source, "jsx") == _cut(source, "javascript")


# ---- sizes ----------------------------------------------------------------------------------------------------


def test_small_class_stays_whole() -> None:
    """A class that fits is one span that bears its name."""
    source = "class Point:\n    x = 0\n\n    def move(self):\n        self.x += 1\n"
    [span] = _cut(source, "python", 1000, 1600)
    assert (span.symbol, span.symbol_kind, span.line_start, span.line_end) == ("Point", "class", 1, 5)


def test_large_class_is_a_head_and_methods() -> None:
    """The rows before the first method bear the class's name; fields between methods are its module-level code."""
    method = "    def {0}(self):\n" + "        self.step()\n" * 12
    source = (
        "class Big:\n    '''Does much.'''\n\n    first_field = 1000000000\n    second_field = 2000000000\n"
        + method.format("one")
        + "\n    middle = 'a field of some length that stands between the methods of the class, and alone'\n\n"
        + method.format("two")
    )
    spans = _cut(source, "python", 400, 600)
    assert [(span.symbol, span.symbol_kind) for span in spans] == [
        ("Big", "class"),
        ("Big.one", "method"),
        ("Big", "module"),
        ("Big.two", "method"),
    ]
    assert spans[0].docstring == "Does much."


def test_head_of_a_class_goes_with_the_first_method() -> None:
    """A head of one line is no span of its own."""
    body = "        self.step()\n" * 12
    source = f"class Big:\n    def one(self):\n{body}\n    def two(self):\n{body}"
    assert [span.symbol for span in _cut(source, "python", 400, 600)] == ["Big, Big.one", "Big.two"]


def test_head_of_a_namespace_takes_the_name_of_its_first_member() -> None:
    """The opening line of a namespace says less than the function behind it, and the end of a file less still."""
    body = "  step();\n" * 50
    source = f"namespace a {{\nvoid one() {{\n{body}}}\nvoid two() {{\n{body}}}\n}}\nint last;\n"
    spans = _cut(source, "cpp", 500, 800)
    assert [(span.symbol, span.symbol_kind) for span in spans] == [("a.one", "function"), ("a.two", "function")]


def test_large_function_is_cut_between_statements() -> None:
    """Continuing spans keep symbol and signature and begin with a statement, not inside one."""
    statement = "    total = add(\n        first,\n        second,\n    )\n"
    source = "def long(first, second):\n" + statement * 40
    spans = _cut(source, "python", 400, 600)
    assert len(spans) > 3
    assert {(span.symbol, span.symbol_kind, span.signature) for span in spans} == {
        ("long", "function", "def long(first, second):")
    }
    assert all(_text(source, span).startswith("    total = add(") for span in spans[1:])
    assert_covers(source, spans, 600)


def test_flush_text_inside_a_function_is_no_border() -> None:
    """A string whose lines begin at the margin is not mistaken for the end of the function."""
    source = "def page():\n    text = '''\n" + "Some words here\n" * 10 + "'''\n" + "    call(text)\n" * 20
    spans = _cut(source, "python", 250, 300)
    assert _text(source, spans[1]).startswith("    call(text)")


def test_tiny_siblings_are_joined() -> None:
    """One-line getters share a span that bears all their names, in their order."""
    source = "".join(f"def get_{name}(self): return self.{name}\n\n\n" for name in ("a", "b", "c"))
    spans = _cut(source, "python", 1000, 1600)
    assert [span.symbol for span in spans] == ["get_a, get_b, get_c"]


def test_a_doubled_name_is_told_once() -> None:
    """Overloads are one symbol."""
    source = "int add(int a) { return a; }\nint add(int a, int b) { return a + b; }\nint sub(int a) { return -a; }\n"
    assert [span.symbol for span in _cut(source, "cpp", 1000)] == ["add, sub"]


def test_many_names_do_not_outweigh_the_text() -> None:
    """A sheet of hundreds of small rules names the first of them."""
    source = "".join(f".rule-{number} {{ top: 0 }}\n" for number in range(300))
    (span,) = _cut(source, "css", 20_000, 20_000)
    assert span.symbol.startswith(".rule-0, .rule-1, ")
    assert 250 < len(span.symbol) <= 300


def test_code_between_definitions_is_module_code() -> None:
    """Imports and constants before and between functions have no symbol."""
    constants = "".join(f"NAME_{number} = {number}\n" for number in range(12))
    body = "    return compute()\n" * 12
    source = f"{constants}\n\ndef one():\n{body}\n\n{constants}\n\ndef two():\n{body}"
    spans = _cut(source, "python", 1000, 1600)
    assert [(span.symbol, span.symbol_kind) for span in spans] == [
        ("", "module"),
        ("one", "function"),
        ("", "module"),
        ("two", "function"),
    ]


# ---- details --------------------------------------------------------------------------------------------------


def test_decorators_belong_to_the_function() -> None:
    """The span begins at the comment above the decorators; the signature leaves them out."""
    imports = "import " + ", ".join(["a_module_with_a_long_name"] * 4)
    source = f"{imports}\n\n# Why.\n@cache\n@other(1)\ndef f(\n    x: int,\n) -> int:\n    return x\n"
    span = _cut(source, "python", 1000, 1600)[-1]
    assert (span.line_start, span.signature, span.docstring) == (3, "def f( x: int, ) -> int:", "Why.")


def test_comment_apart_belongs_to_nothing() -> None:
    """A blank line parts a comment from the definition below it."""
    source = "# " + "a section of the file " * 5 + "\n\ndef f():\n    return 1\n"
    spans = _cut(source, "python", 1000, 1600)
    assert [(span.symbol, span.docstring) for span in spans] == [("", ""), ("f", "")]


def test_comment_behind_code_says_nothing_of_the_next_line() -> None:
    """A comment on the row of a statement is not the docstring of the function below."""
    source = "limit = 10  # " + "not too many of them " * 5 + "\ndef f():\n    return 1\n"
    span = _cut(source, "python", 1000, 1600)[-1]
    assert (span.symbol, span.line_start, span.docstring) == ("f", 2, "")


def test_use_strict_is_no_docstring() -> None:
    """Only Python documents with strings."""
    source = 'function run() {\n  "use strict";\n  return start();\n}\n'
    assert _cut(source, "javascript")[0].docstring == ""


def test_definitions_inside_guards_are_found() -> None:
    """Functions under `if` and `try` at the top level are definitions like others."""
    source = "try:\n    import fast\nexcept ImportError:\n    def slow(x):\n        return x * 2 + 1\n"
    assert "slow" in [span.symbol for span in _cut(source, "python")]


def test_functions_given_to_exports_and_prototypes() -> None:
    """Older JavaScript defines by assignment."""
    source = (
        "exports.open = function (path) {\n  return read(path).then(parse);\n};\n\n"
        "Store.prototype.put = function (row) {\n  return this.rows.push(row);\n};\n"
    )
    found = [(span.symbol, span.symbol_kind) for span in _cut(source, "javascript")]
    assert found == [("open", "function"), ("Store.put", "method")]


def test_wrapped_components_are_functions() -> None:
    """A function handed to a wrapper keeps the variable's name."""
    source = "export const Card = memo((props) => {\n  return <div>{props.title}</div>;\n});\n"
    assert _cut(source, "tsx")[0].symbol == "Card"


def test_groups_bear_the_first_name() -> None:
    """A group of types bears the first one's name."""
    source = "package p\n\n// Both.\ntype (\n\tA struct{ x int }\n\tB struct{ y int }\n)\n"
    assert _cut(source, "go")[-1].symbol == "A"


def test_letters_of_other_scripts_do_not_shift_spans() -> None:
    """Offsets are in characters although the parser counts bytes."""
    source = "ПРЕДЕЛ = 'ёж 😀'\n\n\nclass Ёж:\n    '''Колючий 😀.'''\n\n    def фыр(self):\n        return '日本語'\n"
    spans = _cut(source, "python")
    assert [(s.symbol, s.docstring) for s in spans] == [("Ёж", "Колючий 😀."), ("Ёж.фыр", "")]
    assert _text(source, spans[1]).startswith("    def фыр")


def test_lone_surrogates_are_survived() -> None:
    """Text that is no valid Unicode is cut all the same."""
    source = "def f():\n    return '\ud800'\n\n\ndef g():\n    return '\udfff'\n" * 5
    assert_covers(source, _cut(source, "python", 40, 80), 80)


def test_broken_syntax_keeps_the_rest() -> None:
    """One broken function does not hide the others."""
    source = "def broken(:\n    return (\n\n\ndef whole(x):\n" + "    x = x + 1 + 2 + 3 + 4 + 5\n" * 5
    spans = _cut(source, "python", 60, 200)
    assert_covers(source, spans, 200)
    assert "whole" in [span.symbol for span in spans]


def test_unknown_language_is_cut_by_lines() -> None:
    """What has no grammar is still covered, without symbols."""
    source = "key: value\n" * 100
    spans = _cut(source, "yaml", 200, 300)
    assert_covers(source, spans, 300)
    assert {span.symbol_kind for span in spans} == {""}


def test_blank_program_is_one_span() -> None:
    """White space alone needs no parser."""
    assert [(s.start, s.end, s.symbol_kind) for s in _cut(" \n\n", "python")] == [(0, 3, "")]


@pytest.mark.parametrize(
    ("language", "opening", "closing"),
    [("cpp", "namespace a {\n", "}\n"), ("html", "<div>\n", "</div>\n"), ("css", "@media print {\n", "}\n")],
)
def test_deep_nests_end(language: str, opening: str, closing: str) -> None:
    """Hundreds of scopes inside each other are cut without running out of stack."""
    source = opening * 600 + closing * 600
    assert_covers(source, _cut(source, language, 200, 300), 300)


def test_parsers_are_one_a_thread() -> None:
    """Many threads cut at once and all find the same."""
    jobs = sorted(SAMPLES) * 4
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda name: _cut(SAMPLES[name].source, name), jobs))
    assert found == [_cut(SAMPLES[name].source, name) for name in jobs]


def test_a_file_whose_tree_would_fill_the_memory_is_cut_by_lines() -> None:
    """A tree takes hundreds of bytes a character: 4 MB of calls took a gigabyte."""
    source = "def f(): pass\n" * 107_200
    assert {span.symbol for span in _cut(source, "python", 10_000, 16_000)} == {""}
