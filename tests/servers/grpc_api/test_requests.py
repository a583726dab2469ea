"""What of a request is refused at the door, over a real socket: the client's mistake, never an internal error."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import grpc
import pytest

from proto.cairn.v1 import memory_pb2 as wire
from proto.cairn.v1.memory_pb2_grpc import MemoryStub
from servers.grpc_api.requests import to_query
from servers.grpc_api.validate import MAX_K, MAX_QUERY_CHARS, MAX_TEXT_CHARS, Door
from tests.servers.grpc_api.serving import Serving, refused, violations

_NOBODY = "~nouser-of-this-name/x"
_LONG = "~" + 4_000 * "x"
_CASES = [
    ("Index", wire.IndexRequest(paths=[_NOBODY, _LONG]), ["paths"] * 2),
    ("Index", wire.IndexRequest(paths=["/a"] * 10_001), ["paths"]),
    ("Watch", wire.WatchRequest(paths=[_NOBODY, _LONG]), ["paths"] * 2),
    ("Watch", wire.WatchRequest(paths=["/a"] * 10_001), ["paths"]),
    ("Coverage", wire.CoverageRequest(path=_NOBODY), ["path"]),
    ("Coverage", wire.CoverageRequest(path=_LONG), ["path"]),
    ("Forget", wire.ForgetRequest(path=_NOBODY), ["path"]),
    ("Forget", wire.ForgetRequest(path=_LONG), ["path"]),
    ("Forget", wire.ForgetRequest(since="2026-02-01", until="2026-01-01"), ["until"]),
    ("Forget", wire.ForgetRequest(project="p", since="soon"), ["since"]),
    ("List", wire.ListRequest(since="2026-02-01", until="2026-02-01"), ["until"]),
    ("List", wire.ListRequest(limit=1_001, modality=["smell"], cursor="-1"), ["modality", "limit", "cursor"]),
    ("Recall", wire.RecallRequest(text="a" * 20_001), ["text"]),
    ("List", wire.ListRequest(path_prefix="src"), ["path_prefix"]),
    ("Recall", wire.RecallRequest(text="a", path_prefix="src"), ["path_prefix"]),
    ("Recall", wire.RecallRequest(text="a", path_prefix=_NOBODY), ["path_prefix"]),
    (
        "ContextPack",
        wire.ContextPackRequest(query=wire.RecallRequest(text="a", path_prefix=" ")),
        ["query.path_prefix"],
    ),
    ("Recall", wire.RecallRequest(text="a", since="2026-02-01", until="2026-01-01"), ["until"]),
    (
        "Recall",
        wire.RecallRequest(text="a", weights=wire.Weights(dense=1e308, sparse=1.01, recency=-0.1)),
        ["weights.dense", "weights.sparse", "weights.recency"],
    ),
    (
        "ContextPack",
        wire.ContextPackRequest(query=wire.RecallRequest(text="a" * 20_001, k=1_001), budget_tokens=1_000_001),
        ["query.text", "query.k", "budget_tokens"],
    ),
]


@pytest.mark.parametrize(("method", "request_", "fields"), _CASES, ids=[f"{m}-{f[0]}" for m, _, f in _CASES])
def test_a_bad_request_names_its_fields(serving: Serving, method: str, request_: Any, fields: list[str]) -> None:
    """Whatever would go wrong behind the door."""
    stub = MemoryStub(serving.channel)  # type: ignore[no-untyped-call]  # generated
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as held:
        list(getattr(stub, method)(request_))
    assert violations(held[0]) == fields


def test_the_longest_question_and_the_largest_weights_pass(serving: Serving) -> None:
    """Limits are included."""
    stub = MemoryStub(serving.channel)  # type: ignore[no-untyped-call]  # generated
    weights = wire.Weights(dense=1, sparse=1, recency=1, quality=1)
    stub.Recall(wire.RecallRequest(text="я" * 20_000, k=1_000, weights=weights))


def test_the_schema_tells_the_bounds_of_the_door() -> None:
    """Whoever writes a client reads the comments, not the door."""
    schema = Path(wire.__file__).with_name("memory.proto").read_text()
    told = {
        (message, field): int(most.replace(",", ""))
        for message, body in re.findall(r"^message (\w+) \{\n(.*?)^\}", schema, re.MULTILINE | re.DOTALL)
        for field, most in re.findall(r"(\w+) = \d+;\s*//\s*(?:\d+\.\.|at most )([\d,]+)", body)
    }
    assert told == {
        ("IngestRecord", "text"): MAX_TEXT_CHARS,
        ("RememberRequest", "text"): MAX_TEXT_CHARS,
        ("RecallRequest", "text"): MAX_QUERY_CHARS,
        ("RecallRequest", "k"): MAX_K,
        ("ContextPackRequest", "budget_tokens"): 1_000_000,
        ("RepoMapRequest", "budget_tokens"): 1_000_000,
    }


def test_a_second_look_is_wished_for_refused_or_left_to_the_configuration() -> None:
    """Absent is not false."""
    door = Door()
    told = [
        to_query(request, door).rerank
        for request in (
            wire.RecallRequest(text="a"),
            wire.RecallRequest(text="a", rerank=True),
            wire.RecallRequest(text="a", rerank=False),
        )
    ]
    assert told == [None, True, False]
