"""Cutting identifiers and numbers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.index.sparse.identifiers import cut_word, identifier_parts


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("HTTPServer2Go", "HTTP Server 2 Go"),
        ("parseConfig", "parse Config"),
        ("parse_config", "parse config"),
        ("PARSE_CONFIG", "PARSE CONFIG"),
        ("XMLHttpRequest", "XML Http Request"),
        ("utf8", "utf 8"),
        ("getÜber", "get Über"),
        ("МойКласс", "Мой Класс"),
        ("plain", ""),
        ("Plain", ""),
        ("URL", ""),
        ("URLs", ""),
        ("2024", ""),
        ("a3f4b2c1d5e6f7a8b9", ""),
    ],
)
def test_parts(word: str, parts: str) -> None:
    """Parts follow capitals, underscores and digits; plain words and hashes have none."""
    assert identifier_parts(word) == tuple(parts.split())


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("parse_config", "parseconfig parse config"),
        ("parseConfig", "parseConfig parse Config"),
        ("well-known", "wellknown well known"),
        ("__init__", "init"),
        ("--dry-run", "dryrun dry run"),
        ("3·11", "3·11 3 11"),
        ("v1·2·3", "1·2·3 v 1 2 3"),
        ("python3·11", "3·11 python 3 11"),
        ("2026-01-15", "20260115 2026 01 15"),
        ("HTTPServer_parseURL", "HTTPServerparseURL HTTPServer HTTP Server parseURL parse URL"),
        ("___", ""),
        ("-", ""),
    ],
)
def test_cut(word: str, found: str) -> None:
    """A word is found whole, by its segments, and by their parts."""
    assert cut_word(word) == found.split()


@given(st.from_regex(r"\A[\w-]{1,40}\Z"))
def test_cutting_loses_nothing(word: str) -> None:
    """Every segment is among the terms, all of them joined come first, and no term holds a separator."""
    segments = [segment for segment in re.split("[_-]", word) if segment]
    found = cut_word(word)
    assert set(segments) <= set(found)
    assert not found or len(segments) > 8 or found[0] == "".join(segments)
    assert all(part and "_" not in part and "-" not in part for part in found)
