"""JSON and JSON Lines."""

from __future__ import annotations

from tests.memory_fabric.ingest.readers.samples import one, place_of


def test_leaves_become_lines() -> None:
    """Keys are paths, arrays of plain values share a line, each line knows its source line."""
    document = one("a.json", '{\n "name": "cairn",\n "tags": ["a", "b"],\n "deep": [{"k": null}]\n}')
    assert document.text == "name: cairn\ntags: a, b\ndeep[0].k: null"
    assert document.source_lines == (2, 3, 4)
    assert (document.format, document.modality, document.mime) == ("json", "text", "application/json")


def test_text_values_keep_their_lines() -> None:
    """A long text in a string is read as lines, all from one source line."""
    document = one("a.json", '{"text": "one\\ntwo", "n": 1}')
    assert document.text == "text: one\ntwo\nn: 1"
    assert document.source_lines == (1, 1, 1)


def test_long_arrays_are_broken() -> None:
    """An array does not become one endless line."""
    document = one("a.json", str(list(range(1000))))
    assert max(map(len, document.text.split("\n"))) < 200


def test_json_lines_are_records() -> None:
    """One record a line; a broken record stays as it is; blank lines are passed over."""
    document = one("a.jsonl", '{"id": 1, "text": "a\\nb"}\n\nbroken {\n{"id": 2}\n')
    assert document.text == "id: 1; text: a b\nbroken {\nid: 2"
    assert document.source_lines == (1, 3, 4)
    assert document.format == "jsonl"


def test_json_lines_under_a_json_name() -> None:
    """Several documents in one `.json` are read as records."""
    assert one("a.json", '{"id": 1}\n{"id": 2}\n').text == "id: 1\nid: 2"


def test_broken_json_is_plain_text() -> None:
    """Text that only looks like JSON is kept as text."""
    document = one("a.json", '{"a": 1,\n oops')
    assert (document.text, document.mime, document.format) == ('{"a": 1,\n oops', "text/plain", "text")


def test_lone_surrogates_are_replaced() -> None:
    """Half an emoji in an escape cannot be stored."""
    assert one("a.json", '{"a": "\\ud83d x"}').text == "a: \ufffd x"


def test_places_of_values() -> None:
    """A value deep in a file is cited at its line."""
    document = one("a.json", '{\n"a": {\n"b": [\n1,\n2\n]\n},\n"word": "needle"\n}')
    assert place_of(document, "needle") == 8
