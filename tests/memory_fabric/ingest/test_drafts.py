"""What the store keeps of a document and of an imported record."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.config import IngestConfig
from memory_fabric.ingest.drafts import content_key, draft_document, draft_record, record_modality
from memory_fabric.ingest.readers.factory import read_bytes_with_skips
from memory_fabric.operations import IngestRecord
from memory_fabric.records import Document
from memory_fabric.store.store import ItemDraft
from tests.memory_fabric.ingest.readers.samples import pdf

LIMITS = IngestConfig()


def drafted(path: str, text: str) -> ItemDraft:
    """Read a file's bytes as the ingest does, and draft it."""
    [document], _ = read_bytes_with_skips(path, text.encode(), LIMITS)
    return draft_document(document, path, project="p", limits=LIMITS, fallback_time_s=12.0)


def test_prose_keeps_lines_headings_and_language() -> None:
    """A fragment's context is the title and the headings above it; its lines are those of the file."""
    body = "\n\n".join(f"Sentence number {n} tells something of gardens and of rain." * 4 for n in range(6))
    autumn = "Осенью собирают урожай и готовят землю к зиме."
    text = f"# Garden\n\nIntroduction.\n\n## Осень\n\n{autumn}\n\n## Spring\n\n{body}\n"
    item = drafted("/w/garden.md", text)
    lines = text.split("\n")
    assert (item.modality, item.title, item.path, item.uri) == ("text", "garden.md", "/w/garden.md", "/w/garden.md")
    assert (item.timestamp_s, item.project, item.layer) == (12.0, "p", "document")
    for chunk in item.chunks:
        first = chunk.text.lstrip("\n").split("\n")[0]
        assert first in lines[chunk.line_start - 1 : chunk.line_end]
    fall = next(chunk for chunk in item.chunks if "урожай" in chunk.text)
    spring = [chunk for chunk in item.chunks if "number 5" in chunk.text]
    assert (fall.context, fall.language) == ("garden.md > Garden > Осень", "ru")
    assert {(chunk.context, chunk.language) for chunk in spring} == {("garden.md > Garden > Spring", "en")}


def test_code_keeps_symbol_and_scope() -> None:
    """The context is the file's stem and the scope, whatever folder it lies in: a moved folder keeps its vectors."""
    text = "class Parser:\n    def parse(self, text):\n        return text\n\n\ndef main():\n    pass\n"
    here, there = drafted("/a/parser.py", text), drafted("/b/c/parser.py", text)
    assert (here.modality, {chunk.language for chunk in here.chunks}) == ("code", {"python"})
    assert [chunk.content_hash for chunk in here.chunks] == [chunk.content_hash for chunk in there.chunks]
    assert all(chunk.context.startswith("parser") for chunk in here.chunks)
    assert any("Parser" in chunk.symbol for chunk in here.chunks)
    assert "".join(chunk.text for chunk in here.chunks).replace("\n", "") == text.replace("\n", "")


def test_each_page_is_cited_by_its_own_number() -> None:
    """A fragment of a PDF never mixes pages, however short they are."""
    [document], _ = read_bytes_with_skips("/w/a.pdf", pdf("one\ntwo", "", "three", "four"), LIMITS)
    item = draft_document(document, "/w/a.pdf", project="p", limits=LIMITS, fallback_time_s=0.0)
    assert [(chunk.text.strip(), chunk.page) for chunk in item.chunks] == [("one\ntwo", 1), ("three", 3), ("four", 4)]


def _notebook(cells: int) -> str:
    """A notebook as Jupyter writes it: keys in the order of the alphabet, so `outputs` stand before `source`."""
    written = [
        {
            "cell_type": "code",
            "execution_count": number,
            "metadata": {},
            "outputs": [
                {"name": "stdout", "output_type": "stream", "text": [f"printed{number}\n", f"ended{number}\n"]}
            ],
            "source": [f"first{number} = 1\n", f"last{number} = 2"],
        }
        for number in range(cells)
    ]
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4}, indent=1, sort_keys=True)


@pytest.mark.parametrize("chunk_chars", [40, 120, 600, 1000])
def test_a_notebooks_code_and_outputs_are_cited_where_they_stand(chunk_chars: int) -> None:
    """The file holds the outputs before the code: the lines cited are the lowest and the highest of a fragment's."""
    text = _notebook(9)
    lines = text.split("\n")
    [document], _ = read_bytes_with_skips("/w/a.ipynb", text.encode(), LIMITS)
    limits = IngestConfig(chunk_chars=chunk_chars)
    item = draft_document(document, "/w/a.ipynb", project="p", limits=limits, fallback_time_s=0.0)
    found = 0
    for chunk in item.chunks:
        words = re.findall(r"(?:first|last|printed|ended)\d", chunk.text)
        places = [number for word in words for number, line in enumerate(lines, 1) if word in line]
        assert len(places) == len(words)
        if places:
            assert (chunk.line_start, chunk.line_end) == (min(places), max(places))
        found += len(words)
    assert found == 36


@pytest.mark.parametrize(
    ("name", "text", "cited"),
    [
        ("a.json", '{\n "hosts": [\n "alpha",\n "bravo",\n "charlie",\n "deltafox"\n ]\n}\n', (3, 6)),
        ("a.csv", 'name,note\nbean,"one\ntwo\nthree"\n', (2, 4)),
        ("a.eml", "Subject: plans\n for the\n garden\n\n", (1, 3)),
        ("a.jsonl", '{"id": 1,\n"hosts": ["alpha"]}\n{"id": 2}\n', (1, 3)),
        ("a.yaml", "hosts:\n  - alpha\n  - bravo\n", (1, 3)),
    ],
)
def test_a_line_put_together_is_cited_by_all_its_source_lines(name: str, text: str, cited: tuple[int, int]) -> None:
    """What a reader joins in one line of text is cited from the first to the last line of the file it came from."""
    [chunk] = drafted(f"/w/{name}", text).chunks
    assert (chunk.line_start, chunk.line_end) == cited


def test_empty_lines_between_parts_do_not_widen_a_citation() -> None:
    """A fragment that begins with the gap after the part before it is cited by its own lines."""
    document = Document(
        text="\nbeans\n \npeas\n", modality="text", format="text", mime="text/plain", source_lines=(90, 7, 80, 5, 1)
    )
    item = draft_document(document, "/w/a.txt", project="p", limits=LIMITS, fallback_time_s=0.0)
    assert [(chunk.line_start, chunk.line_end) for chunk in item.chunks] == [(5, 7)]


def test_a_member_of_an_archive_has_an_address_of_its_own() -> None:
    """Path and uri name archive and member; the title falls back to the member's name."""
    document = Document(text="words", modality="text", format="text", mime="text/plain", inner_path="d/e.txt")
    item = draft_document(document, "/w/old.zip", project="p", limits=LIMITS, fallback_time_s=None)
    assert (item.path, item.uri, item.title) == ("/w/old.zip!/d/e.txt", "/w/old.zip!/d/e.txt", "e.txt")
    assert item.timestamp_s is None


def test_a_documents_own_time_wins_over_the_files() -> None:
    """A letter was written when it says, not when it was copied."""
    document = Document(text="words", modality="text", format="text", mime="text/plain", timestamp_s=99.0)
    item = draft_document(document, "/w/a.txt", project="p", limits=LIMITS, fallback_time_s=12.0)
    assert item.timestamp_s == 99.0


def test_repository_commit_and_hash_are_kept() -> None:
    """What the ingest knows of the file goes with the item."""
    document = Document(text="words", modality="text", format="text", mime="text/plain")
    item = draft_document(
        document,
        "/w/a.txt",
        project="p",
        limits=LIMITS,
        fallback_time_s=0.0,
        repo="/w",
        commit="c" * 40,
        source_hash=b"h" * 16,
    )
    assert (item.repo, item.commit, item.content_hash) == ("/w", "c" * 40, b"h" * 16)


@pytest.mark.parametrize("text", ["", "\n\n\n", " \t \n"])
def test_nothing_but_white_space_gives_no_fragment(text: str) -> None:
    """The item stands, so the file counts as read; nothing of it can be found."""
    document = Document(text=text, modality="text", format="text", mime="text/plain")
    item = draft_document(document, "/w/a.txt", project="p", limits=LIMITS, fallback_time_s=0.0)
    assert item.chunks == ()


def test_every_source_file_of_this_package_keeps_its_words() -> None:
    """No word of a real file is lost, no fragment is too long, and lines are in order."""
    for path in sorted(Path("memory_fabric").rglob("*.py")):
        text = path.read_text()
        if not text.strip():
            continue
        item = drafted(str(path), text)
        assert "".join("".join(chunk.text for chunk in item.chunks).split()) == "".join(text.split()), path
        assert max(len(chunk.text) for chunk in item.chunks) <= LIMITS.max_chunk_chars
        assert all(chunk.line_start <= chunk.line_end <= text.count("\n") + 1 for chunk in item.chunks)


# ---- records ------------------------------------------------------------------------------------------------------


def test_a_record_that_fits_stays_whole() -> None:
    """Its author chose the cut; its id is its address."""
    item = draft_record(
        IngestRecord(id="7", text="one\n\ntwo", title="T", meta={"k": "v"}), project="set", limits=LIMITS
    )
    assert (item.uri, item.path, item.meta, len(item.chunks)) == ("jsonl:set/7", "", {"k": "v"}, 1)
    assert (item.chunks[0].context, item.chunks[0].line_start, item.chunks[0].line_end) == ("T", 1, 3)


def test_a_long_record_is_cut() -> None:
    """Below the hard limit, nothing lost."""
    text = "\n\n".join(f"Paragraph {n}. " + "words and more words " * 20 for n in range(20))
    item = draft_record(IngestRecord(id="7", text=text), project="set", limits=LIMITS)
    assert len(item.chunks) > 1
    assert max(len(chunk.text) for chunk in item.chunks) <= LIMITS.max_chunk_chars
    assert "".join("".join(chunk.text for chunk in item.chunks).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("record", "modality"),
    [
        (IngestRecord("1", "def add(a, b):\n    return a + b"), "code"),
        (IngestRecord("1", "#include <stdio.h>\nint main() { return 0; }"), "code"),
        (IngestRecord("1", "Ann: I planted tulips"), "conversation"),
        (IngestRecord("1", "Анна: посадила тюльпаны\nОлег: молодец", timestamp="2024-05-01"), "conversation"),
        (IngestRecord("1", "Note: this is a text\nof several lines"), "text"),
        (IngestRecord("1", "The function returns the sum of both."), "text"),
        (IngestRecord("1", "import duties rose again this year"), "text"),
        (IngestRecord("1", "let me think; package arrived"), "text"),
        (IngestRecord("1", ""), "text"),
        (IngestRecord("1", "x = 1", modality="code"), "code"),
        (IngestRecord("1", "def f(): pass", modality="text"), "text"),
        (IngestRecord("1", "anything", modality="nonsense"), "text"),
    ],
)
def test_what_kind_of_text_a_record_is(record: IngestRecord, modality: str) -> None:
    """As its author says, else by its look."""
    assert record_modality(record) == modality


# ---- times and keys -----------------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_keys_tell_contents_apart(one: list[str], other: list[str]) -> None:
    """Equal for equal parts, other for others, lone surrogates included."""
    if "\0" not in "".join(one + other):
        assert (content_key(*one) == content_key(*other)) == (one == other)
    assert len(content_key(*one, "\ud800")) == 16
