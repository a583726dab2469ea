"""The field that is no text is found in the bytes."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.cairn.v1 import memory_pb2
from servers.grpc_api.malformed import Malformed
from tests.servers.grpc_api.serving import Serving, refused, violations

_BAD = b"\xff\xfe"
_MARK = "MARK"
"""Stands in a good message where the bad bytes go; they have another length, so the lengths around are kept by hand."""


def _raw(data: bytes) -> bytes:
    return data


def _spoiled(message: Any) -> bytes:
    """Return a message's bytes with two bytes of its mark replaced."""
    data: bytes = message.SerializeToString()
    assert data.count(_MARK.encode()) == 1
    return data.replace(_MARK.encode(), _BAD + b"RK")


_RECORD = memory_pb2.IngestRecord
_CASES = [
    ("Recall", memory_pb2.RecallRequest(text=_MARK), "text"),
    ("Recall", memory_pb2.RecallRequest(text="good", modality=["text", _MARK], k=3), "modality[1]"),
    ("Recall", memory_pb2.RecallRequest(signals=memory_pb2.Signals(terms=["a", "b", _MARK])), "signals.terms[2]"),
    ("ContextPack", memory_pb2.ContextPackRequest(query=memory_pb2.RecallRequest(project=_MARK)), "query.project"),
    ("Index", memory_pb2.IndexRequest(paths=["/a", _MARK]), "paths[1]"),
    ("Forget", memory_pb2.ForgetRequest(ids=[_MARK]), "ids[0]"),
    ("Ingest", memory_pb2.IngestRequest(project=_MARK), "project"),
    ("Ingest", memory_pb2.IngestRequest(records=[_RECORD(id="1"), _RECORD(id="2", text=_MARK)]), "records[1].text"),
    ("Ingest", memory_pb2.IngestRequest(records=[_RECORD(meta={"good": "good", "key": _MARK})]), "records[0].meta"),
    ("Ingest", memory_pb2.IngestRequest(records=[_RECORD(meta={_MARK: "value"})]), "records[0].meta"),
]


@pytest.mark.parametrize(("method", "message", "field"), _CASES, ids=[f"{m} {f}" for m, _, f in _CASES])
def test_the_bad_field_is_named(serving: Serving, method: str, message: Any, field: str) -> None:
    """However deep it lies, with its place in a list."""
    path = f"/cairn.v1.Memory/{method}"
    data = _spoiled(message)
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as held:
        if method == "Ingest":
            serving.channel.stream_unary(path, _raw, _raw)(iter([data]))
        elif method in {"Index", "Forget"}:
            list(serving.channel.unary_stream(path, _raw, _raw)(data))
        else:
            serving.channel.unary_unary(path, _raw, _raw)(data)
    assert violations(held[0]) == [field]
    assert "is not UTF-8" in held[1].details()


def test_the_message_of_a_stream_is_told(serving: Serving) -> None:
    """Everything before it was good; nothing after it is read."""
    good = memory_pb2.IngestRequest(project="p", records=[_RECORD(id="1", text="x")]).SerializeToString()
    bad = _spoiled(memory_pb2.IngestRequest(records=[_RECORD(id="2", text=_MARK)]))
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as held:
        serving.channel.stream_unary("/cairn.v1.Memory/Ingest", _raw, _raw)(iter([good, good, bad, good]))
    (row,) = held[0]["BadRequest"].field_violations
    assert row.field == "records[0].text"
    assert row.description.endswith("is not UTF-8, in message 3 of the stream")


@given(st.binary(max_size=60))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    """A field and a reason, whatever was sent."""
    for method in ("Recall", "Ingest"):
        field, reason = Malformed(data, f"/cairn.v1.Memory/{method}").violation()
        assert field
        assert reason.startswith("is not ")
