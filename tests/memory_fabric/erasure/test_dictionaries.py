"""Terms that a deletion leaves in a dictionary are found there, and are gone after an erasure."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from foundation.ids import ChunkId
from memory_fabric.erasure.dictionaries import dictionaries_below, left_over, left_terms
from memory_fabric.index.sparse.base import SparseDoc
from memory_fabric.index.sparse.tantivy import TantivyIndex
from tests.contracts.term_index import doc

pytestmark = pytest.mark.slow

DOCS = [doc(number, f"canary{number}word in a river", path=f"/a/secret{number}.md") for number in range(1, 51)]


@pytest.fixture
def index(tmp_path: Path) -> TantivyIndex:
    """An index of fifty documents in one segment, the first of them deleted."""
    made = TantivyIndex(tmp_path / "sparse")
    made.upsert(DOCS)
    made.flush()
    made.delete([ChunkId(1)])
    made.flush()
    made.optimize()
    return made


def reread(ids: Sequence[ChunkId]) -> list[SparseDoc]:
    """Give documents from the truth, in which the first is gone."""
    return [each for each in DOCS[1:] if each.id in set(ids)]


def test_a_deleted_document_leaves_its_terms(index: TantivyIndex, tmp_path: Path) -> None:
    """In the dictionary of words, of names and of folders; a word that others have is no trace."""
    traces = index.traces([DOCS[0]])
    assert dictionaries_below([tmp_path, tmp_path / "sparse"]) == [tmp_path / "sparse"]
    found = set(left_terms(tmp_path / "sparse", {field: sorted(terms) for field, terms in traces.terms.items()}))
    assert found >= {("body", "canary1word"), ("under", "/a/secret1.md")}
    assert not any(term in {"river", "/a"} for _, term in found)


def test_an_erased_document_leaves_none(index: TantivyIndex, tmp_path: Path) -> None:
    """And every other one is found as before."""
    traces = index.traces([DOCS[0]])
    before = {number: index.search(f"canary{number}word", 5) for number in range(2, 51)}
    evidence = index.erase([ChunkId(1)], reread)
    assert (evidence.gone, evidence.rewritten, evidence.limit) == (0, 49, "")
    assert list(left_terms(tmp_path / "sparse", {f: sorted(terms) for f, terms in traces.terms.items()})) == []
    assert [hit.id for number in before for hit in index.search(f"canary{number}word", 5)] == [
        hit.id for hits in before.values() for hit in hits
    ]


def test_a_file_of_an_earlier_commit_is_told(index: TantivyIndex, tmp_path: Path) -> None:
    """Nobody can read its dictionary; a new one, which is being written, is none of that."""
    old = tmp_path / "sparse/0123456789abcdef0123456789abcdef.term"
    old.write_bytes(b"x")
    os.utime(old, (time.time() - 100, time.time() - 100))
    (tmp_path / "sparse/ffff456789abcdef0123456789abcdef.term").write_bytes(b"x")
    assert left_over(tmp_path / "sparse", time.time() - 50) == [old.name]
