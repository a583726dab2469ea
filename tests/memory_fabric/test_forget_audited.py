"""An audited forgetting leaves nothing in any file, proves it, and its auditor finds what a plain deletion leaves."""

from __future__ import annotations

import gzip
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from foundation.errors import BusyError
from foundation.ids import ItemId
from foundation.receipts import known_key, verify
from memory_fabric.config import DenseConfig, EmbedConfig, MemoryConfig, SparseConfig
from memory_fabric.erasure import erase as erasing
from memory_fabric.erasure.auditor import audit
from memory_fabric.erasure.job import Job, ScanReport
from memory_fabric.erasure.places import ProfilePlaces
from memory_fabric.errors import AuditError
from memory_fabric.fabric import MemoryFabric
from memory_fabric.operations import Erasure, ForgetSelector, IngestRecord
from tests.memory_fabric.embed.tiny_model import MANIFEST, write_model
from tests.memory_fabric.fabric_parts import ask, go_on, ignore, index, open_fabric

pytestmark = pytest.mark.slow

COUNT = 40
"""Canaries of each kind."""

BACKENDS = [("qdrant_edge", "tantivy"), ("exact", "fts5")]


def tiny(dense: str = "qdrant_edge", sparse: str = "tantivy") -> MemoryConfig:
    """Return a configuration with the test model."""
    return MemoryConfig(
        embed=EmbedConfig(model="tiny"),
        dense=DenseConfig(backend=dense),  # type: ignore[arg-type]  # names of the tests
        sparse=SparseConfig(backend=sparse),  # type: ignore[arg-type]  # names of the tests
    )


def word(kind: str, number: int) -> str:
    """Return a word that nothing else holds."""
    return f"{kind}kanar{number * 7919 + 100_003}vogel"


@pytest.fixture(autouse=True)
def _model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path / "models/tiny")
    (tmp_path / "models/tiny.toml").write_text(MANIFEST)
    monkeypatch.setenv("CAIRN_MODELS", str(tmp_path / "models"))


def fill(fabric: MemoryFabric, tree: Path) -> None:
    """Plant canaries of all kinds among things that stay."""
    tree.mkdir()
    for number in range(COUNT):
        (tree / f"kept{number}.md").write_text(f"# Kept {number}\n\nthe file reads a river number {number} of memory\n")
        (tree / f"{word('path', number)}.md").write_text(f"# {word('head', number)}\n\nthe file reads a river\n")
        (tree / f"code{number}.py").write_text(f"def {word('fn', number)}():\n    return '{word('code', number)}'\n")
    index(fabric, tree)
    records = [
        IngestRecord(
            id=f"r{number}",
            text=f"user: the memory of {word('talk', number)}\nassistant: a cache\n",
            title=word("title", number),
            modality="conversation",
            meta={"who": word("meta", number)},
        )
        for number in range(COUNT)
    ]
    fabric.ingest(records, project="canary", report=ignore, check=go_on)
    for number in range(COUNT):
        fabric.remember(f"the river {word('said', number)} reads", project="canary", tags=[word("tag", number)])
    fabric.wait_until_searchable(is_dense=True, report=ignore, check=go_on)


KINDS = ("path", "head", "fn", "code", "talk", "title", "meta", "said", "tag")


def forget_all(fabric: MemoryFabric, tree: Path, *, is_audited: bool) -> list[Erasure]:
    """Forget every canary: by project, and by path."""
    paths = [p for p in tree.iterdir() if not p.name.startswith("kept")]
    ids = [item_id for path in paths for item_id in _ids_of(fabric, path)]
    selectors = [ForgetSelector(project="canary"), ForgetSelector(ids=tuple(ids))]
    done = [fabric.forget(s, is_dry_run=False, is_audited=is_audited, report=ignore, check=go_on) for s in selectors]
    return [summary.erasure for summary in done if summary.erasure]


def _ids_of(fabric: MemoryFabric, path: Path) -> tuple[ItemId, ...]:
    return fabric._store.select_items(ForgetSelector(path=str(path))).item_ids


def raw_holders(folder: Path) -> list[str]:
    """Return the files that hold a canary letter by letter: a second opinion, as plain as it can be.

    In another process: SQLite loses its locks on a file that is closed in its own.
    """
    words = "\n".join(word(kind, number) for kind in KINDS for number in range(COUNT))
    command = ["grep", "--recursive", "--files-with-matches", "--text", "--fixed-strings", "--file=-", str(folder)]
    return sorted(subprocess.run(command, input=words, capture_output=True, text=True, check=False).stdout.split())


@pytest.mark.parametrize(("dense", "sparse"), BACKENDS)
def test_nothing_of_any_kind_is_left(tmp_path: Path, dense: str, sparse: str) -> None:
    """Text, code, conversation, notes, and what stands in titles, headings, paths and fields only."""
    with open_fabric(tmp_path / "memory", tiny(dense, sparse)) as fabric:
        fill(fabric, tmp_path / "work")
        assert raw_holders(tmp_path / "memory") != []
        before = [ask(fabric, f"river number {n} of memory").items[0].id for n in range(COUNT)]
        erasures = forget_all(fabric, tmp_path / "work", is_audited=True)
        assert [(e.state, e.found, e.limits) for e in erasures] == [("erased", 0, ())] * 2
        assert raw_holders(tmp_path / "memory") == []
        assert before == [ask(fabric, f"river number {n} of memory").items[0].id for n in range(COUNT)]
        looked = json.loads(erasures[0].receipt)["looked_for"]
        assert looked["silent"] == 0
        assert min(looked["patterns"], looked["vectors"], looked["terms"]) > 0


def spied(monkeypatch: pytest.MonkeyPatch) -> list[ScanReport]:
    """Note what every scan saw."""
    seen: list[ScanReport] = []

    def look(job: Job, **options: object) -> ScanReport:
        seen.append(audit(job, **options))  # type: ignore[arg-type]  # passed on
        return seen[-1]

    monkeypatch.setattr(erasing, "audit", look)
    return seen


@pytest.mark.parametrize(("dense", "sparse"), BACKENDS)
def test_the_auditor_finds_what_a_plain_deletion_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dense: str, sparse: str
) -> None:
    """With holders that only delete, the same scan finds paths and vectors in the shard, and texts in FTS5."""
    seen = spied(monkeypatch)
    with open_fabric(tmp_path / "memory", tiny(dense, sparse)) as fabric:
        fill(fabric, tmp_path / "work")
        monkeypatch.setattr(fabric._legs, "erase", lambda *_, **__: {})
        monkeypatch.setattr(fabric._store, "rewrite", lambda: None)
        erasures = forget_all(fabric, tmp_path / "work", is_audited=True)
        kinds = {(finding.place, finding.kind) for scan in seen for finding in scan.findings}
        if dense == "qdrant_edge":
            assert "incomplete" in {e.state for e in erasures}
            assert kinds >= {("dense", "vector"), ("dense", "text")}
        else:
            assert ("sparse", "text") in kinds
        receipts = [json.loads(erasure.receipt) for erasure in erasures]
        assert max(receipt["found"] for receipt in receipts) > 0
        assert all((receipt["verdict"] == "incomplete") == (receipt["found"] > 0) for receipt in receipts)


def test_a_content_that_stays_elsewhere_is_no_evidence(tmp_path: Path) -> None:
    """Twins share every word and the vector: the receipt says that nothing could be looked for."""
    with open_fabric(tmp_path / "memory", tiny()) as fabric:
        for project in ("a", "b"):
            fabric.ingest(
                [IngestRecord(id="1", text="the file reads a river of memory")],
                project=project,
                report=ignore,
                check=go_on,
            )
        fabric.wait_until_searchable(is_dense=True, report=ignore, check=go_on)
        summary = fabric.forget(
            ForgetSelector(project="a"), is_dry_run=False, is_audited=True, report=ignore, check=go_on
        )
        assert summary.erasure is not None
        assert summary.erasure.state == "erased"
        looked = json.loads(summary.erasure.receipt)["looked_for"]
        assert looked["shared_vectors"] > 0
        assert looked["common"] > 0
        assert len(ask(fabric, "river of memory").items) == 1


def test_a_dry_run_leaves_no_trace(tmp_path: Path) -> None:
    """No key, no intent, no receipt; and nothing goes."""
    with open_fabric(tmp_path / "memory", tiny()) as fabric:
        fabric.remember("the river reads a cache", project="a")
        summary = fabric.forget(
            ForgetSelector(project="a"), is_dry_run=True, is_audited=True, report=ignore, check=go_on
        )
        assert (summary.items, summary.is_dry_run, summary.erasure) == (1, True, None)
        assert fabric.erasures() == []
        assert not (tmp_path / "memory/receipt-key.pem").exists()


def test_the_receipt_is_signed_and_kept(tmp_path: Path) -> None:
    """It verifies with the profile's key, names no content, and any changed byte is noticed."""
    with open_fabric(tmp_path / "memory", tiny()) as fabric:
        fabric.remember("the river qzxsecretword reads", project="private-affairs")
        summary = fabric.forget(
            ForgetSelector(project="private-affairs"), is_dry_run=False, is_audited=True, report=ignore, check=go_on
        )
        assert summary.erasure is not None
        content = (tmp_path / f"memory/receipts/{summary.erasure.id}.json").read_bytes()
        assert content.decode() == summary.erasure.receipt == fabric.erasures()[0].receipt
        assert b"qzxsecretword" not in content
        assert b"private-affairs" not in content
        keys = {known_key(tmp_path / "memory")}
        assert verify(content, keys).is_valid
        assert (tmp_path / "memory/receipt-key.pem").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def noted(tmp_path: Path) -> Iterator[MemoryFabric]:
    """A memory with one note."""
    with open_fabric(tmp_path / "memory", tiny()) as fabric:
        fabric.remember("the river qzxsecretword reads a cache", project="a")
        fabric.wait_until_searchable(is_dense=True, report=ignore, check=go_on)
        yield fabric


def forget_note(fabric: MemoryFabric) -> Erasure:
    """Forget it with an audit."""
    summary = fabric.forget(ForgetSelector(project="a"), is_dry_run=False, is_audited=True, report=ignore, check=go_on)
    assert summary.erasure is not None
    return summary.erasure


def test_a_file_that_cannot_be_looked_at_is_not_claimed(noted: MemoryFabric, tmp_path: Path) -> None:
    """A link that leads elsewhere, and a packing that nobody here can undo."""
    (tmp_path / "memory/elsewhere").symlink_to(tmp_path)
    (tmp_path / "memory/old.zst").write_bytes(b"\x28\xb5\x2f\xfd" + b"x" * 100)
    erasure = forget_note(noted)
    assert erasure.state == "incomplete"
    assert erasure.found == 0
    assert sorted(limit.split(": ")[1] for limit in erasure.limits) == ["elsewhere", "old.zst"]


def test_a_copy_in_the_profile_is_found(noted: MemoryFabric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any encoding, and compressed."""
    (tmp_path / "memory/plain.txt").write_text("aaa the river qzxsecretword reads a cache")
    (tmp_path / "memory/wide.txt").write_text("aaa the river qzxsecretword reads a cache", "utf-16-be")
    (tmp_path / "memory/packed.gz").write_bytes(gzip.compress(b"aaa the river qzxsecretword reads a cache"))
    seen = spied(monkeypatch)
    erasure = forget_note(noted)
    assert erasure.state == "incomplete"
    assert {(Path(finding.path).name, finding.kind) for finding in seen[-1].findings} == {
        ("plain.txt", "text"),
        ("wide.txt", "utf-16"),
        ("packed.gz", "text"),
    }


def test_a_line_of_the_log_is_overwritten(noted: MemoryFabric, tmp_path: Path) -> None:
    """What else the log says stays, byte by byte."""
    logs = tmp_path / "logs"
    logs.mkdir()
    lines = ['{"event":"one"}', '{"event":"two","path":"/the river qzxsecretword reads"}', '{"event":"three"}']
    (logs / "daemon.jsonl").write_text("\n".join(lines) + "\n")
    noted._eraser._around = ProfilePlaces(tmp_path / "memory", logs, tmp_path / "memory")
    assert forget_note(noted).state == "erased"
    left = (logs / "daemon.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in left] == ["one", "erased", "three"]
    assert [len(line) for line in left] == [len(line) for line in lines]


def test_a_scan_that_fails_claims_nothing(noted: MemoryFabric, monkeypatch: pytest.MonkeyPatch) -> None:
    """The items are gone, and the receipt says that nobody looked."""

    def fail(*_: object, **__: object) -> ScanReport:
        raise AuditError("the scan did not come to an end: killed")

    monkeypatch.setattr(erasing, "audit", fail)
    erasure = forget_note(noted)
    assert erasure.state == "incomplete"
    assert "not looked through" in erasure.limits[0]
    assert json.loads(erasure.receipt)["places"] == {}
    assert ask(noted, "qzxsecretword").items == ()


def test_only_one_erasure_at_a_time(noted: MemoryFabric) -> None:
    """A second one is told to wait."""
    assert noted._eraser._turn.acquire()
    with pytest.raises(BusyError):
        forget_note(noted)
    noted._eraser._turn.release()
    assert forget_note(noted).state == "erased"


def test_writes_and_questions_go_on(tmp_path: Path) -> None:
    """What is remembered while an erasure runs is found after it, and every question is answered."""
    with open_fabric(tmp_path / "memory", tiny()) as fabric:
        fill(fabric, tmp_path / "work")
        stop, answers = threading.Event(), list[int]()
        written: list[str] = []

        def work() -> None:
            while not stop.is_set():
                number = len(written)
                written.append(f"meanwhile{number}word")
                fabric.remember(f"{written[-1]} reads the river", project="new")
                answers.append(len(ask(fabric, "river number 3 of memory").items))

        thread = threading.Thread(target=work)
        thread.start()
        erasures = forget_all(fabric, tmp_path / "work", is_audited=True)
        stop.set()
        thread.join()
        fabric.wait_until_searchable(is_dense=True, report=ignore, check=go_on)
        assert {e.found for e in erasures} == {0}
        assert answers
        assert min(answers) > 0
        assert all(ask(fabric, name).items for name in written)
        assert [check.ok for check in fabric.doctor(is_repairing=False, check=go_on)] == [True, True, True]


def test_vectors_of_two_formats(noted: MemoryFabric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vector is found as float32 and as float16, wherever it lies."""
    store = noted._store
    row = next(iter(store.chunks([int(i) for i in store.live_chunk_ids()]).values()))  # type: ignore[misc]  # ids
    vector = store.embeddings.get(noted._legs.model_name, [row.content_hash])[row.content_hash]
    (tmp_path / "memory/a.bin").write_bytes(b"xyz" + vector.astype(np.float32).tobytes())
    (tmp_path / "memory/b.bin").write_bytes(b"z" + vector.astype(np.float16).tobytes())
    seen = spied(monkeypatch)
    erasure = forget_note(noted)
    assert json.loads(erasure.receipt)["places"]["memory"]["found"] == erasure.found
    assert {(Path(finding.path).name, finding.kind) for finding in seen[-1].findings} == {
        ("a.bin", "vector"),
        ("b.bin", "vector"),
    }
