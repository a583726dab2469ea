"""Exported over private, the thing over its test, and only where both answer."""

from __future__ import annotations

import pytest

from foundation.ids import ChunkId
from memory_fabric.recall.fusion import Legs, fuse_adaptive
from memory_fabric.recall.precedence import is_generated, is_private, is_test, overshadowed
from memory_fabric.recall.query import plan_query
from memory_fabric.records import ChunkRow, Modality, RecallQuery
from tests.memory_fabric.rows import make_row

PLAN = plan_query(RecallQuery(text="keep the results of a function"))


def code(number: int, symbol: str, *, item: int = 1, language: str = "python", modality: Modality = "code") -> ChunkRow:
    """Return a fragment of code."""
    return make_row(number, item=item, symbol=symbol, symbol_kind="function", language=language, modality=modality)


@pytest.mark.parametrize(
    ("symbol", "language", "expected"),
    [
        ("lru_cache", "python", False),
        ("_lru_cache_wrapper", "python", True),
        ("_Pickler.save", "python", True),
        ("Counter.__init__", "python", False),
        ("Store._rows", "typescript", True),
        ("ns::_inner", "cpp", True),
        ("Server.serve", "go", True),
        ("Server.Serve", "go", False),
        ("serve", "rust", False),
        ("", "python", False),
        ("first, _second", "python", False),
    ],
)
def test_names_say_what_is_private(symbol: str, language: str, *, expected: bool) -> None:
    """By the custom of the language; a fragment of several definitions goes by its first."""
    assert is_private(code(1, symbol, language=language)) is expected


def test_an_underscore_in_prose_means_nothing() -> None:
    """Only code has private definitions."""
    assert not is_private(code(1, "_draft", modality="text"))


def test_only_a_neighbour_that_answers_overshadows() -> None:
    """One of another file, or one that answers much worse, leaves the helper where it is."""
    rows = [code(1, "_work"), code(2, "work"), code(3, "_work", item=2), code(4, "work", item=3)]
    scores = {ChunkId(1): 0.9, ChunkId(2): 0.8, ChunkId(3): 0.9, ChunkId(4): 0.9}
    assert overshadowed(rows, scores, PLAN) == {ChunkId(1): 1}
    assert overshadowed(rows, scores | {ChunkId(2): 0.5}, PLAN) == {}


def test_a_file_s_head_stands_behind_what_the_file_defines() -> None:
    """Its words are those of everything below it."""
    rows = [code(1, ""), code(2, "work"), code(3, "", item=2)]
    scores = {ChunkId(1): 0.9, ChunkId(2): 0.8, ChunkId(3): 0.9}
    assert overshadowed(rows, scores, PLAN) == {ChunkId(1): 1}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("how long are results kept", {1: 1}),
        ("which function keeps the results", {}),
        ("where is keep_results called", {}),
        ("what does cache.py keep", {}),
        ("какая функция хранит результаты", {}),
    ],
)
def test_prose_comes_before_code_unless_code_is_asked_for(question: str, expected: dict[int, int]) -> None:
    """People ask documents; who asks for code names it, or says so."""
    rows = [code(1, "keep"), make_row(2, path="/p/guide.md")]
    plan = plan_query(RecallQuery(text=question))
    assert overshadowed(rows, {ChunkId(1): 0.9, ChunkId(2): 0.8}, plan) == expected
    assert overshadowed(rows, {ChunkId(1): 0.9, ChunkId(2): 0.6}, plan) == {}


def test_a_turn_of_somebody_else_stands_behind_the_one_who_is_named() -> None:
    """What Ann said of herself before what Bob said of her."""
    rows = [make_row(n, text, modality="conversation") for n, text in ((1, "Bob: Ann sang"), (2, "Ann: I sang"))]
    plan = plan_query(RecallQuery(text="what did Ann do"))
    assert overshadowed(rows, {ChunkId(1): 0.9, ChunkId(2): 0.8}, plan) == {ChunkId(1): 1}


def rank(question: str) -> list[tuple[int, float]]:
    """Return ids and boosts of two fragments of one file, the helper a little better by words."""
    rows = [code(1, "_cache_wrapper"), code(2, "cache")]
    legs = Legs(dense=None, sparse={ChunkId(1): 1.0, ChunkId(2): 0.9})
    ranked = fuse_adaptive(rows, legs, plan_query(RecallQuery(text=question)), lambda _: 0.0, lambda _: 0.0)
    return [(int(entry.row.id), round(entry.parts.boost, 2)) for entry in ranked]


def test_the_exported_definition_comes_first() -> None:
    """The parts of the score say why the helper stands behind it."""
    assert rank("keep the results of a function") == [(2, 0.0), (1, -0.15)]


def test_a_helper_that_is_named_stays_first() -> None:
    """Who types a private name wants it."""
    assert [number for number, _ in rank("what does _cache_wrapper do")] == [1, 2]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/p/tests/store.py", True),
        ("/p/src/test_store.py", True),
        ("/p/store_test.go", True),
        ("/p/store.spec.ts", True),
        ("/p/conftest.py", True),
        ("/p/contest.py", False),
        ("/p/latest/store.py", False),
        ("/p/testing.py", False),
    ],
)
def test_paths_say_what_is_a_test(path: str, *, expected: bool) -> None:
    """By the custom of the language."""
    assert is_test(make_row(1, path=path, modality="code")) is expected
    assert not is_test(make_row(1, path=path))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": "keep the results"}, {1}),
        ({"text": "a test that keeps the results"}, set()),
        ({"text": "тесты журнала"}, set()),
        ({"text": "keep the results", "path_prefix": "/p/tests"}, set()),
    ],
)
def test_a_test_stands_behind_what_it_tests_unless_asked_for(fields: dict[str, str], expected: set[int]) -> None:
    """The question or its folder may ask for tests."""
    rows = [make_row(1, path="/p/tests/test_a.py", modality="code"), code(2, "keep", item=2)]
    plan = plan_query(RecallQuery(**fields))  # type: ignore[arg-type]  # texts only
    assert overshadowed(rows, {ChunkId(1): 0.9, ChunkId(2): 0.8}, plan).keys() == expected
    assert overshadowed(rows, {ChunkId(1): 0.9, ChunkId(2): 0.6}, plan) == {}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("/p/api/memory_pb2.py", "", True),
        ("/p/api/memory_pb2_grpc.pyi", "", True),
        ("/p/api/memory.pb.go", "", True),
        ("/p/web/app.min.js", "", True),
        ("/p/node_modules/left/pad.js", "", True),
        ("/p/poetry.lock", "", True),
        ("/p/parser.py", "# Generated by a tool. DO NOT EDIT.\nx = 1", True),
        ("/p/parser.py", "x = 1", False),
        ("/p/locks.py", "the lock", False),
        ("/p/distance/far.py", "", False),
    ],
)
def test_what_a_program_has_written(path: str, text: str, *, expected: bool) -> None:
    """By its path or by the mark in its first lines."""
    assert is_generated(make_row(1, text, path=path, modality="code")) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("the code that encodes a message", {1: 1}),
        ("the generated code that encodes a message", {}),
        ("what does a_pb2.py encode", {}),
    ],
)
def test_what_a_program_has_written_stands_behind(question: str, expected: dict[int, int]) -> None:
    """Unless it is asked for."""
    rows = [make_row(1, path="/p/a_pb2.py", modality="code"), code(2, "encode", item=2)]
    plan = plan_query(RecallQuery(text=question))
    assert overshadowed(rows, {ChunkId(1): 0.9, ChunkId(2): 0.8}, plan).get(ChunkId(1), 0) == expected.get(1, 0)
