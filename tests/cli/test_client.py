"""The client against a real server: structs as documented, errors with reason, field and advice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.client import CairnClient
from cli.errors import NoDaemonError, RpcError
from cli.models import CheckRow, CoverageRow, EvalReport, ForgetSummary, IndexSummary, Progress
from foundation.errors import CairnError, InputError
from memory_fabric.ingest.watch import ChangeSet
from tests.servers.grpc_api.serving import Serving, serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that only we may enter, with a name that an address could misread."""
    folder = tmp_path / "run #1%20"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def serving(folder: Path) -> Iterator[Serving]:
    """A running server over a fake memory."""
    with serve(folder) as running:
        yield running


@pytest.fixture
def client(serving: Serving) -> Iterator[CairnClient]:
    """A client of it."""
    with CairnClient(serving.target) as connected:
        yield connected


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """A file to index."""
    path = tmp_path / "note.md"
    path.write_text("words of a note")
    return path


def _json(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def test_index_yields_progress_and_ends_with_the_summary(client: CairnClient, note: Path) -> None:
    """The summary has the documented names."""
    *progress, summary = client.index([str(note)], project="p")
    assert {type(event) for event in progress} == {Progress}
    assert isinstance(summary, IndexSummary)
    assert {"files", "items", "chunks", "skipped", "redacted", "took_s", "chunks_per_s"} <= _json(summary).keys()


def test_recall_is_the_documented_json(client: CairnClient, note: Path) -> None:
    """Names and shapes are those of the contract; a leg that did not answer is null, not 0."""
    list(client.index([str(note)]))
    found = _json(client.recall("words note", k=3))
    assert found.keys() == {"items", "took_ms", "stages", "degraded", "journal_seq", "applied_seq"}
    (hit,) = found["items"]
    assert hit["cite"] == {"path": str(note), "line": 1, "line_end": 1, "uri": str(note)}
    assert hit["parts"] == {
        "dense": None, "sparse": 1.0, "recency": 0.5, "quality": 0.0, "boost": 0.0, "rerank": None,
        "proof": None, "share": None,
    }  # fmt: skip
    assert hit["highlights"] == [[0, 4]]
    assert hit["freshness"] == "fresh"
    assert found["stages"] == {"sparse": 0.5}


def test_remember_get_list_link_and_forget(client: CairnClient, serving: Serving) -> None:
    """An item goes its whole way."""
    one = client.remember("first", project="p", tags=["t"], timestamp="2026-01-02T03:04:05Z")
    two = client.remember("second", project="p")
    assert client.get(one.id) == one
    assert (one.meta.tags, one.source.timestamp, one.source.line_start) == (("t",), "2026-01-02T03:04:05.000Z", None)
    page = client.list_items(limit=1)
    assert [page.items, client.list_items(cursor=page.next_cursor).items] == [(two,), (one,)]
    client.link(one.id, two.id, "supersedes", 0.5)
    assert serving.memory.links[0].weight == 0.5
    *_, forgotten = client.forget(ids=[one.id])
    assert isinstance(forgotten, ForgetSummary)
    assert (forgotten.items, forgotten.examples) == (1, (one,))


def test_context_pack_numbers_its_quotes(client: CairnClient) -> None:
    """Text, marks and sizes agree."""
    client.remember("alpha beta")
    pack = client.context_pack("alpha", budget_tokens=10)
    assert (pack.text, pack.tokens, pack.fragments[0].number) == ("[1] alpha beta", 2, 1)


def test_ask_gives_sentences_or_what_comes_nearest(client: CairnClient) -> None:
    """One shape for both."""
    client.remember("alpha beta\nmore", uri="note:1")
    answer, none = client.ask("alpha beta", most=2), client.ask("alpha zeta")
    assert _json(answer).keys() == {"is_answered", "sentences", "nearest", "confidence", "took_ms", "degraded"}
    assert [(s.number, s.text, s.cite.uri) for s in answer.sentences] == [(1, "alpha beta", "note:1")]
    assert (answer.is_answered, none.is_answered, none.sentences) == (True, False, ())
    assert [cite.uri for cite in none.nearest] == ["note:1"]


def test_stats_and_info_are_structs(client: CairnClient) -> None:
    """They can be printed as JSON as they are."""
    client.remember("x", project="p")
    stats, info = client.stats(), client.info()
    assert (stats.items, stats.projects, stats.indexes[0].name) == (1, {"p": 1}, "sparse")
    assert _json(info)["serving"] is True


def test_streams_of_rows(client: CairnClient, note: Path, serving: Serving) -> None:
    """Coverage, doctor, compaction, replay and watching, each with its own struct."""
    list(client.index([str(note)]))
    serving.memory.bursts = (ChangeSet((str(note),), 2, "main"),)
    assert list(client.coverage()) == [CoverageRow(str(note), "indexed", "", 1)]
    assert list(client.doctor(is_repairing=True))[-1] == CheckRow("sparse", True, "repaired", "")
    assert [list(client.compact())[-1].done, list(client.replay(["sparse"]))[-1].done] == [2, 1]
    events = client.watch([str(note)])
    assert [next(events).changes, next(events).branch] == [0, "main"]


def test_the_report_has_the_documented_names(client: CairnClient) -> None:
    """`recall@5` is no name of Python."""
    *_, report = client.run_eval("cairn")
    assert isinstance(report, EvalReport)
    assert _json(report) == {
        "set": "cairn", "queries": 3, "recall@5": 1.0, "recall@10": 1.0, "recall@20": 1.0, "ndcg@10": 1.0,
        "mrr@10": 1.0, "p50_ms": 2.0, "p95_ms": 3.0, "p99_ms": 4.0, "regressed": False,
        "degraded": [],
    }  # fmt: skip


def test_texts_of_the_process(client: CairnClient, serving: Serving) -> None:
    """Configuration and metrics as they are; drain reaches the daemon."""
    assert client.config().startswith("[daemon]")
    assert client.metrics() == "cairn_items 3\n"
    client.drain()
    assert serving.system.drained.is_set()


def test_ingest_sends_many_batches(client: CairnClient) -> None:
    """More records, and more bytes, than one message takes."""
    records = [{"id": str(n), "text": "x" * 9000, "meta": {"n": str(n)}} for n in range(450)]
    assert client.ingest(iter(records), project="p").items == 450


def test_a_broken_source_of_records_comes_out_as_it_is(client: CairnClient) -> None:
    """GRPC reads it on a thread of its own; what is raised there must not be lost."""

    def records() -> Iterator[dict[str, Any]]:
        yield {"id": "1", "text": "fine"}
        raise InputError("file", "line 2 is no JSON")

    with pytest.raises(InputError, match="line 2 is no JSON"):
        client.ingest(records(), project="p")


def test_an_import_that_the_daemon_refuses_names_the_record(client: CairnClient) -> None:
    """The field arrives at the caller."""
    with pytest.raises(RpcError) as caught:
        client.ingest([{"id": "1", "text": "a"}, {"id": "", "text": "b"}], project="p")
    assert caught.value.field == "records[1].id"


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"text": "\udcff"}, "text"), ({"text": "a", "k": "many"}, "k"), ({"text": "a", "colour": "red"}, "colour")],
)
def test_what_cannot_be_sent_is_an_input_error(client: CairnClient, fields: dict[str, Any], field: str) -> None:
    """A command line may hold bytes that are no text: the field is named, nothing is sent."""
    with pytest.raises(InputError) as caught:
        client.recall(**fields)
    assert caught.value.field == field


def test_a_refusal_carries_code_field_and_message(client: CairnClient) -> None:
    """The code decides the exit status of a command."""
    with pytest.raises(RpcError) as caught:
        client.recall(" ", k=0)
    error = caught.value
    assert (error.code, error.reason, error.field, error.is_retryable) == (
        "invalid_argument", "INVALID_ARGUMENT", "text", False,
    )  # fmt: skip
    assert str(error) == "`text`: must not be empty; `k`: must be from 1 to 1000, is 0"


def test_a_refusal_carries_advice(client: CairnClient) -> None:
    """It comes from the metadata of the details."""
    with pytest.raises(RpcError) as caught:
        client.get("mi_none")
    assert (caught.value.code, caught.value.fix) == ("not_found", "see `cairn list`")


def test_a_busy_daemon_says_when_to_come_back(client: CairnClient, serving: Serving, note: Path) -> None:
    """The error is retryable and knows the time."""
    serving.memory.gate.clear()
    streams = [client.watch([str(note)]) for _ in range(16)]
    for stream in streams:
        next(stream)
    with pytest.raises(RpcError) as caught:
        next(client.watch([str(note)]))
    assert (caught.value.is_retryable, caught.value.retry_after_s) == (True, 1.0)


def test_nobody_answers(folder: Path) -> None:
    """The advice says how to start the daemon."""
    with CairnClient(f"unix:{folder}/none.sock") as client, pytest.raises(NoDaemonError, match="cairn up"):
        client.info()


def test_a_deadline_is_an_error_of_ours(serving: Serving) -> None:
    """It passes on the client's side, so it has no details."""
    serving.memory.gate.clear()
    with CairnClient(serving.target, timeout_s=0.05) as client, pytest.raises(RpcError) as caught:
        client.recall("a")
    assert caught.value.code == "deadline_exceeded"
    assert caught.value.message == "no answer within 0.05 s"
    assert "`cairn status`" in caught.value.fix


def test_a_stream_that_is_closed_stops_the_work(client: CairnClient, serving: Serving, note: Path) -> None:
    """Leaving the loop is enough."""
    serving.memory.gate.clear()
    events = client.index([str(note)])
    assert isinstance(next(events), Progress)
    events.close()  # type: ignore[attr-defined]  # a generator
    assert serving.memory.stopped.wait(5)


def test_closing_the_client_stops_the_work(serving: Serving, note: Path) -> None:
    """What runs for it is cancelled, and the open stream says so."""
    serving.memory.gate.clear()
    client = CairnClient(serving.target)
    events = client.index([str(note)])
    next(events)
    client.close()
    assert serving.memory.stopped.wait(5)
    with pytest.raises(CairnError):
        next(events)
