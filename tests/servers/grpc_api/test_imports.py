"""Records in batches."""

from __future__ import annotations

import pytest

from memory_fabric.operations import IndexSummary
from memory_fabric.records import SkippedFile
from proto.cairn.v1 import memory_pb2 as wire
from servers.errors import RequestError
from servers.grpc_api.imports import added, read_batches


def _message(*texts: str, project: str = "") -> wire.IngestRequest:
    return wire.IngestRequest(
        project=project, records=[wire.IngestRecord(id=str(n), text=t) for n, t in enumerate(texts)]
    )


def test_batches_are_full_and_the_last_is_what_is_left() -> None:
    """Messages have no say in it; nothing at all is one empty batch."""
    messages = [_message(*["x"] * 300, project="p"), _message(*["y"] * 300), _message(*["z"] * 400)]
    batches = list(read_batches(messages))
    assert [len(batch) for batch in batches] == [500, 500, 0]
    assert {record.project for batch in batches for record in batch} == {"p"}
    assert list(read_batches([])) == [[]]


def test_long_texts_fill_a_batch_sooner() -> None:
    """What is held in memory has a limit, however long each record is."""
    batches = list(read_batches([_message(*["x" * 9_000_000] * 3, project="p")]))
    assert [len(batch) for batch in batches] == [2, 1]


def test_a_bad_record_keeps_the_batches_before_it() -> None:
    """Its number counts from the first record of the stream."""
    read = read_batches([_message(*["x"] * 500, "a\x00b", project="p")])
    assert len(next(read)) == 500
    with pytest.raises(RequestError, match=r"records\[500\]\.text"):
        next(read)


def test_summaries_add_up() -> None:
    """All of them, and the pace by the time of both."""
    one = IndexSummary(3, 0, 2, 10, 0, 0, (SkippedFile("a", "empty"),), 1, 2.0, 5.0)
    two = IndexSummary(1, 0, 1, 20, 0, 0, (), 0, 1.0, 20.0)
    assert added(one, two) == IndexSummary(4, 0, 3, 30, 0, 0, (SkippedFile("a", "empty"),), 1, 3.0, 10.0)
