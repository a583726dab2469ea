"""JSON and JSON Lines."""

from __future__ import annotations

import json
import re

import pytest

from memory_fabric.ingest.readers.base import TOO_LONG
from memory_fabric.ingest.readers.factory import read_bytes_with_skips
from memory_fabric.ingest.readers.lines import Lines
from tests.memory_fabric.ingest.readers.samples import LIMITS, one, place_of, range_of


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


def test_an_array_on_lines_of_its_own_is_cited_whole() -> None:
    """Values that share a line in the text come from all their lines of the file."""
    document = one("a.json", '{\n "hosts": [\n "alpha",\n "bravo",\n "charlie",\n "deltafox"\n ],\n "n": 1\n}')
    assert document.text == "hosts: alpha, bravo, charlie, deltafox\nn: 1"
    assert (range_of(document, "deltafox"), range_of(document, "n: 1")) == ((3, 6), (8, 8))


def test_each_line_of_a_broken_array_is_cited_by_its_own_values() -> None:
    """An array too long for one line gives every line its part of the file."""
    source = json.dumps({"hosts": [f"host{number:03}" for number in range(100)]}, indent=1)
    document = one("a.json", source)
    written = source.split("\n")
    for line in document.text.split("\n"):
        names = re.findall(r"host\d+", line)
        first, last = range_of(document, line)
        assert (names[0] in written[first - 1], names[-1] in written[last - 1]) == (True, True)


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


def test_long_labels_keep_their_end() -> None:
    """A key of a book's length is not repeated with every member."""
    members = ",".join(f'"m{number}": {number}' for number in range(4000))
    document = one("a.json", f'{{"{"k" * 20_000}": {{{members}}}}}')
    assert len(document.text) < 4000 * 220
    assert document.text.endswith("kkk.m3999: 3999")


def test_text_that_outgrows_its_file_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a few bytes blow up to is cut, and the reason told."""
    monkeypatch.setattr(Lines.__init__, "__defaults__", (1000,))
    for name in ("a.json", "a.jsonl"):
        data = "\n".join(f'{{"{"k" * 100}": {number}}}' for number in range(100)).encode()
        documents, skipped = read_bytes_with_skips(name, data, LIMITS)
        assert 900 < len(documents[0].text) <= 1000
        assert [(skip.path, skip.reason) for skip in skipped] == [(name, TOO_LONG)]
