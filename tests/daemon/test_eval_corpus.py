"""What an evaluation may read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from daemon.eval_corpus import Admitted, admit
from daemon.evaluation import Evaluation
from memory_eval.corpora import corpus_folder
from memory_eval.errors import GoldenSetError
from memory_fabric.config import IngestConfig
from tests.memory_fabric.fabric_parts import NO_MODEL, go_on, ignore


class Home:
    """A folder that the user opened, with a corpus in it, and one that is nobody's business.

    Args:
        folder: Holds both.
    """

    def __init__(self, folder: Path) -> None:
        self.open = folder / "open"
        self.private = folder / "private"
        self.corpus = self.open / "corpus"
        for place in (self.corpus, self.private):
            place.mkdir(parents=True)
            (place / "a.md").write_text("Apples keep in a cool cellar.\n")
        self.limits = IngestConfig(roots=(str(self.open),))

    def write(
        self,
        *,
        corpus: str = "",
        files: Sequence[str] = (),
        passage: str = "a.md",
        name: str = "mine",
        folder: Path | None = None,
    ) -> str:
        """Write a set of one question and return its path."""
        header = {"set": name, "about": "x", "corpus": corpus or str(self.corpus), "language": "en", "files": files}
        question = {"id": "1", "text": "apples", "passages": [{"path": passage, "contains": "Apples"}]}
        path = (folder or self.open) / "mine.jsonl"
        path.write_bytes(b"\n".join(map(msgspec.json.encode, (header, question))))
        return str(path)

    def admit(self, path: str, **limits: tuple[str, ...]) -> Admitted:
        """Admit a set under the user's limits."""
        return admit(path, msgspec.structs.replace(self.limits, **limits), ())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Both folders."""
    return Home(tmp_path)


def test_a_set_over_an_open_folder_is_admitted(home: Home) -> None:
    """And indexed by the user's own limits, not by wider ones."""
    admitted = home.admit(home.write())
    assert (admitted.paths, admitted.limits) == ((str(home.corpus),), home.limits)


def test_a_corpus_outside_the_roots_is_refused(home: Home) -> None:
    """With what to change, and under one field."""
    with pytest.raises(GoldenSetError, match=r"^`set`: `\S+private` is outside the allowed folders; .*ingest\.roots"):
        home.admit(home.write(corpus=str(home.private)))


def test_a_denied_corpus_is_refused(home: Home) -> None:
    """Even inside a root."""
    with pytest.raises(GoldenSetError, match="never indexed"):
        home.admit(home.write(), denied=(str(home.corpus),))


def test_a_corpus_of_nobody_is_refused(home: Home) -> None:
    """A `~` that stands for nothing is the set's mistake."""
    with pytest.raises(GoldenSetError, match="not on this machine: no user of this name"):
        home.admit(home.write(corpus="~nouser-of-this-name/c"))


def test_the_folders_of_the_daemon_are_denied(home: Home) -> None:
    """Its profile holds what was remembered."""
    with pytest.raises(GoldenSetError, match="never indexed"):
        admit(home.write(), home.limits, [home.corpus])


@pytest.mark.parametrize("is_passage", [False, True], ids=["files", "passage"])
@pytest.mark.parametrize("shipped", ["", "python-library"], ids=["own", "shipped"])
def test_a_path_that_leads_out_of_its_corpus_is_refused(home: Home, shipped: str, is_passage: bool) -> None:
    """To index it would keep it; to look for words in it would tell them."""
    out = str(home.private / "a.md")
    path = home.write(corpus=shipped, passage=out) if is_passage else home.write(corpus=shipped, files=[out])
    with pytest.raises(GoldenSetError, match="outside its corpus"):
        home.admit(path)


def test_a_link_that_leads_out_of_its_corpus_is_refused(home: Home) -> None:
    """It is judged by where it leads."""
    (home.corpus / "link.md").symlink_to(home.private / "a.md")
    with pytest.raises(GoldenSetError, match="outside its corpus"):
        home.admit(home.write(files=["link.md"]))


def test_a_passage_in_a_denied_folder_is_refused(home: Home) -> None:
    """The corpus around it is open."""
    keys = home.corpus / "keys"
    keys.mkdir()
    (keys / "a.md").write_text("Apples")
    with pytest.raises(GoldenSetError, match="never indexed"):
        home.admit(home.write(passage="keys/a.md"), denied=(str(keys),))


def test_the_file_of_a_set_must_be_open_itself(home: Home) -> None:
    """Its errors would quote it."""
    with pytest.raises(GoldenSetError, match="outside the allowed folders"):
        home.admit(home.write(folder=home.private))


@pytest.mark.parametrize("name", ["", "/anywhere/evil", "../evil", "a b", "evil\n", "a" * 101])
def test_a_set_is_named_by_plain_characters(home: Home, name: str) -> None:
    """Its reports are files of that name."""
    with pytest.raises(GoldenSetError, match="set"):
        home.admit(home.write(name=name))


@pytest.mark.parametrize("name", ["cairn", "python-library", "russian"])
def test_a_shipped_set_is_admitted_whatever_is_open(home: Home, name: str) -> None:
    """It came with Cairn."""
    admitted = home.admit(name)
    assert (admitted.corpus, admitted.report) == (corpus_folder(admitted.golden.corpus), name)


def test_sets_share_a_memory_by_corpus_and_files_alone(home: Home) -> None:
    """Names are the client's, and would let it choose whose memory it writes to."""
    assert home.admit("cairn").memory == home.admit("russian").memory
    own = home.admit(home.write(name="cairn"))
    assert own.memory not in {home.admit(home.write(files=["a.md"])).memory, home.admit("cairn").memory, "cairn"}
    assert own.report != "cairn"


def test_a_run_writes_below_its_folder_only(home: Home, tmp_path: Path) -> None:
    """One memory, one report, and a refused set leaves nothing at all."""
    config = msgspec.structs.replace(NO_MODEL, ingest=home.limits)
    folder = tmp_path / "eval"
    evaluation = Evaluation(config, folder, None)
    with pytest.raises(GoldenSetError):
        evaluation.run(home.write(name=str(tmp_path / "evil")), strategy="sparse", report=ignore, check=go_on)
    assert not folder.exists()
    assert not (tmp_path / "evil").exists()
    found = evaluation.run(home.write(), strategy="sparse", report=ignore, check=go_on)
    assert (found.set, found.recall_5) == ("mine", 1.0)
    admitted = home.admit(home.write())
    assert {path.name for path in folder.iterdir()} == {admitted.memory, f"{admitted.report}.sparse.json"}


def test_a_damaged_report_is_no_best_one(home: Home, tmp_path: Path) -> None:
    """A byte that is no text costs the comparison, not the run."""
    evaluation = Evaluation(msgspec.structs.replace(NO_MODEL, ingest=home.limits), tmp_path / "eval", None)
    path = home.write()
    report = tmp_path / "eval" / f"{home.admit(path).report}.sparse.json"
    report.parent.mkdir()
    report.write_bytes(b'{"set": "\xff"}')
    assert not evaluation.run(path, strategy="sparse", report=ignore, check=go_on).regressed
    assert b"\xff" not in report.read_bytes()
