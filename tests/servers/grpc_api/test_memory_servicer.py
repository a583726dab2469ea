"""Every method of `Memory` over a real socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
import pytest

from memory_fabric.ingest.watch import ChangeSet
from proto.cairn.v1 import memory_pb2 as wire
from proto.cairn.v1.memory_pb2_grpc import MemoryStub
from tests.servers.grpc_api.serving import Serving, refused, violations

BAD = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
def memory(serving: Serving) -> Any:
    """A stub of the service."""
    return MemoryStub(serving.channel)  # type: ignore[no-untyped-call]  # generated


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two texts and a file that is none."""
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a.md").write_text("the quick brown fox")
    (folder / "b.md").write_text("the lazy dog")
    (folder / "c.bin").write_bytes(b"\xff\xfe\x00")
    return folder


def test_index_streams_progress_and_one_summary(memory: Any, tree: Path) -> None:
    """The summary is last, names what was skipped, and what was indexed is found."""
    events = list(memory.Index(wire.IndexRequest(paths=[str(tree)])))
    kinds = [event.WhichOneof("event") for event in events]
    assert kinds[-1] == "summary"
    assert set(kinds[:-1]) == {"progress"}
    summary = events[-1].summary
    assert (summary.files, summary.items, [s.reason for s in summary.skipped]) == (3, 2, ["binary"])
    found = memory.Recall(wire.RecallRequest(text="quick fox"))
    assert [hit.cite.path for hit in found.items] == [str(tree / "a.md")]


def test_watch_announces_itself_and_reports_a_burst(serving: Serving, memory: Any, tree: Path) -> None:
    """The first event is empty; then each burst brings its summary, until the client leaves."""
    serving.memory.bursts = (ChangeSet((str(tree / "a.md"),), 1, "main"),)
    events = memory.Watch(wire.WatchRequest(paths=[str(tree)]))
    first, second = next(events), next(events)
    events.cancel()
    assert first.changes == 0
    assert (second.changes, second.branch, second.summary.items) == (1, "main", 1)


def test_ingest_takes_many_messages(memory: Any) -> None:
    """Records of all messages are kept, under the project of their message or their own."""
    records = [wire.IngestRecord(id=str(n), text=f"record number {n}") for n in range(5)]
    messages = [
        wire.IngestRequest(project="p", records=records[:2]),
        wire.IngestRequest(records=records[2:]),
        wire.IngestRequest(records=[wire.IngestRecord(id="x", text="other one", project="q")]),
    ]
    assert memory.Ingest(iter(messages)).items == 6
    assert memory.Stats(wire.StatsRequest()).projects == {"p": 5, "q": 1}
    assert memory.Recall(wire.RecallRequest(text="number")).items[0].cite.uri == "jsonl:p/0"


def test_ingest_names_the_record_that_is_wrong(memory: Any) -> None:
    """All mistakes of the first bad record are told, by its number in the whole stream."""
    good = wire.IngestRecord(id="1", text="fine")
    bad = wire.IngestRecord(text="a\x00b", modality="image")
    messages = [wire.IngestRequest(project="p", records=[good]), wire.IngestRequest(records=[good, bad])]
    with refused(BAD) as held:
        memory.Ingest(iter(messages))
    assert violations(held[0]) == ["records[2].modality", "records[2].id", "records[2].text"]


@pytest.mark.parametrize("when", ["yesterday", "2026-13-45", "1700000000", "9999-12-31T23:59:59-23:00"])
def test_ingest_refuses_a_time_that_it_cannot_read(memory: Any, when: str) -> None:
    """A record without a time is undated; one with a wrong time is a mistake."""
    rows = [wire.IngestRecord(id=str(n), text="x", timestamp=t) for n, t in enumerate(["", "2026-01-31", when])]
    with refused(BAD) as held:
        memory.Ingest(iter([wire.IngestRequest(project="p", records=rows)]))
    assert violations(held[0]) == ["records[2].timestamp"]
    assert "0 records before it are stored" in held[0]["ErrorInfo"].metadata["fix"]


def test_ingest_refuses_records_without_a_project(memory: Any) -> None:
    """A record belongs somewhere."""
    with refused(BAD) as held:
        memory.Ingest(iter([wire.IngestRequest(records=[wire.IngestRecord(id="1", text="x")])]))
    assert violations(held[0]) == ["records[0].project"]


def test_remember_get_and_list(memory: Any) -> None:
    """What is remembered comes back whole by its id, and in pages."""
    item = memory.Remember(
        wire.RememberRequest(text="buy milk", project="home", tags=["todo"], title="shop", timestamp="2026-01-02")
    )
    assert (item.meta.layer, list(item.meta.tags)) == ("semantic", ["todo"])
    assert item.source.timestamp == "2026-01-02T00:00:00.000Z"
    assert memory.Get(wire.GetRequest(id=item.id)) == item
    memory.Remember(wire.RememberRequest(text="second"))
    page = memory.List(wire.ListRequest(limit=1))
    rest = memory.List(wire.ListRequest(limit=1, cursor=page.next_cursor))
    assert [page.items[0].text, rest.items[0].text, rest.next_cursor] == ["second", "buy milk", ""]
    assert len(memory.List(wire.ListRequest(project="home")).items) == 1


def test_get_of_an_unknown_item_is_not_found(memory: Any) -> None:
    """The advice travels in the metadata of ErrorInfo."""
    with refused(grpc.StatusCode.NOT_FOUND) as held:
        memory.Get(wire.GetRequest(id="mi_none"))
    assert held[0]["ErrorInfo"].metadata["fix"] == "see `cairn list`"


def test_context_pack_keeps_its_budget(memory: Any) -> None:
    """Fragments are numbered, and their sizes add up to no more than asked."""
    for text in ("alpha one", "alpha two two two", "alpha three"):
        memory.Remember(wire.RememberRequest(text=text))
    pack = memory.ContextPack(wire.ContextPackRequest(query=wire.RecallRequest(text="alpha"), budget_tokens=4))
    assert [f.number for f in pack.fragments] == [1, 2]
    assert pack.tokens == 4


def test_context_pack_names_its_model_and_its_second_question(memory: Any) -> None:
    """And asks none where it may not."""
    memory.Remember(wire.RememberRequest(text="alpha"))
    request = wire.ContextPackRequest(query=wire.RecallRequest(text="alpha"), budget_tokens=4, model="m")
    assert memory.ContextPack(request).second_question == "alpha for m"
    request.is_single = True
    assert memory.ContextPack(request).second_question == ""


def test_ask_quotes_or_says_that_it_does_not_know(memory: Any) -> None:
    """Sentences are numbered and cited; what is not in memory has what comes nearest instead."""
    memory.Remember(wire.RememberRequest(text="alpha one\ntwo"))
    answer = memory.Ask(wire.AskRequest(query=wire.RecallRequest(text="alpha one")))
    assert [(s.number, s.text) for s in answer.sentences] == [(1, "alpha one")]
    nothing = memory.Ask(wire.AskRequest(query=wire.RecallRequest(text="alpha nine")))
    assert (nothing.is_answered, len(nothing.sentences), len(nothing.nearest)) == (False, 0, 1)


def test_ask_refuses_an_empty_question_and_too_many_sentences(memory: Any) -> None:
    """Both mistakes at once."""
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as held:
        memory.Ask(wire.AskRequest(most=21))
    assert {v.field for v in held[0]["BadRequest"].field_violations} == {"query.text", "most"}


def test_link_joins_two_items(serving: Serving, memory: Any) -> None:
    """The edge arrives with its weight; 1 when none is given."""
    a, b = (memory.Remember(wire.RememberRequest(text=text)).id for text in "ab")
    memory.Link(wire.LinkRequest(src=a, dst=b, relation="mentions"))
    assert [(link.src, link.dst, link.weight) for link in serving.memory.links] == [(a, b, 1.0)]


def test_an_audited_forget_carries_its_erasure(memory: Any) -> None:
    """And it is listed afterwards; a dry run and a plain one have none."""
    for is_dry_run, is_audited in ((True, True), (False, True), (False, False)):
        memory.Remember(wire.RememberRequest(text="a fox", project="audited"))
        request = wire.ForgetRequest(project="audited", is_dry_run=is_dry_run, is_audited=is_audited)
        *_, last = memory.Forget(request)
        assert last.summary.HasField("erasure") == (is_audited and not is_dry_run)
    (listed,) = memory.Erasures(wire.ErasuresRequest()).erasures
    assert (listed.state, listed.items) == ("erased", 2)


def test_forget_shows_first_and_then_forgets(memory: Any) -> None:
    """A dry run leaves everything."""
    memory.Remember(wire.RememberRequest(text="secret", project="p"))
    for is_dry_run, left in ((True, 1), (False, 0)):
        *_, last = memory.Forget(wire.ForgetRequest(project="p", is_dry_run=is_dry_run))
        assert (last.summary.items, last.summary.is_dry_run) == (1, is_dry_run)
        assert memory.Stats(wire.StatsRequest()).items == left


def test_folders_are_kept_told_and_let_go(memory: Any) -> None:
    """Each answer tells all of them; an unknown one is refused by name."""
    kept = memory.Follow(wire.FollowRequest(paths=["/a", "/b"], project="p"))
    assert [(folder.path, folder.project) for folder in kept.folders] == [("/a", "p"), ("/b", "p")]
    left = memory.Follow(wire.FollowRequest(paths=["/a"], is_ended=True))
    assert [folder.path for folder in left.folders] == ["/b"]
    assert memory.Follow(wire.FollowRequest()) == left
    with pytest.raises(grpc.RpcError) as refused:
        memory.Follow(wire.FollowRequest(paths=["/a"], is_ended=True))
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.RpcError) as refused:
        memory.Follow(wire.FollowRequest(paths=["relative"]))
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_coverage_streams_each_source(memory: Any, tree: Path) -> None:
    """Skipped files are among them, with the reason."""
    list(memory.Index(wire.IndexRequest(paths=[str(tree)])))
    rows = {Path(row.path).name: (row.state, row.reason) for row in memory.Coverage(wire.CoverageRequest())}
    assert rows == {"a.md": ("indexed", ""), "b.md": ("indexed", ""), "c.bin": ("skipped", "binary")}


def test_compact_and_replay_end_with_their_last_progress(serving: Serving, memory: Any) -> None:
    """However fast they are, the final state is delivered."""
    assert list(memory.Compact(wire.CompactRequest()))[-1].done == 2
    assert list(memory.Replay(wire.ReplayRequest(names=["dense"])))[-1].phase == "replay"
    assert serving.memory.replayed == [("dense",)]


_RECALL = wire.RecallRequest


@pytest.mark.parametrize(
    ("method", "request_", "fields"),
    [
        ("Recall", _RECALL(), ["text"]),
        ("Recall", _RECALL(text=" \n"), ["text"]),
        ("Recall", _RECALL(text="a\x00b"), ["text"]),
        ("Recall", _RECALL(text="a" * 100_001), ["text"]),
        ("Recall", _RECALL(text="a", k=0), ["k"]),
        ("Recall", _RECALL(text="a", k=-1), ["k"]),
        ("Recall", _RECALL(text="a", k=10**9), ["k"]),
        ("Recall", _RECALL(text="a", modality=["smell"]), ["modality"]),
        ("Recall", _RECALL(text="a", layers=["cake"]), ["layers"]),
        ("Recall", _RECALL(text="a", strategy="luck"), ["strategy"]),
        ("Recall", _RECALL(text="a", since="soon"), ["since"]),
        ("Recall", _RECALL(text="a", since="2026-02-01", until="2026-01-01"), ["until"]),
        ("Recall", _RECALL(text="a", weights=wire.Weights(dense=float("nan"))), ["weights.dense"]),
        ("Recall", _RECALL(text="a", weights=wire.Weights(recency=1)), ["weights"]),
        ("Recall", _RECALL(text="a", signals=wire.Signals(terms=["x"] * 1001)), ["signals.terms"]),
        ("Recall", _RECALL(text="", k=0, since="x"), ["since", "text", "k"]),
        ("ContextPack", wire.ContextPackRequest(budget_tokens=-5), ["query.text", "budget_tokens"]),
        ("Remember", wire.RememberRequest(layer="x", timestamp="y"), ["text", "layer", "timestamp"]),
        ("Remember", wire.RememberRequest(text="a", tags=[""]), ["tags"]),
        ("Get", wire.GetRequest(), ["id"]),
        ("List", wire.ListRequest(limit=-1, cursor="²"), ["limit", "cursor"]),
        ("Link", wire.LinkRequest(src="a", relation="likes", weight=-1), ["dst", "relation", "weight"]),
        ("Index", wire.IndexRequest(), ["paths"]),
        ("Index", wire.IndexRequest(paths=["", "relative", "/a\x00b"]), ["paths"] * 3),
        ("Index", wire.IndexRequest(paths=["/does/not/exist"]), ["paths"]),
        ("Watch", wire.WatchRequest(), ["paths"]),
        ("Forget", wire.ForgetRequest(), ["ids"]),
        ("Forget", wire.ForgetRequest(ids=[""]), ["ids"]),
        ("Forget", wire.ForgetRequest(path="here"), ["path"]),
        ("Coverage", wire.CoverageRequest(path="here"), ["path"]),
        ("Replay", wire.ReplayRequest(names=["middle"]), ["names"]),
    ],
)
def test_bad_requests_name_every_field(memory: Any, method: str, request_: Any, fields: list[str]) -> None:
    """All mistakes are reported together, each with its field."""
    with refused(BAD) as held:
        answer = getattr(memory, method)(request_)
        list(answer)
    assert violations(held[0]) == fields


def test_a_request_full_of_mistakes_is_still_answered(memory: Any) -> None:
    """However much the user wrote, the refusal fits into what a client accepts."""
    with refused(BAD) as held:
        memory.Recall(wire.RecallRequest(text="a", modality=["\U0001f600" * 5000] * 500, layers=["я" * 9000] * 500))
    assert violations(held[0]) == ["modality"] * 6
