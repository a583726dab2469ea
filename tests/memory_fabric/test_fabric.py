"""The whole memory on real files: remember, find, cite, follow changes, forget, repair."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import msgspec
import pytest

from foundation.errors import InputError, NotFoundError
from memory_fabric.config import IngestConfig
from memory_fabric.errors import UnreadableError
from memory_fabric.fabric import MemoryFabric
from memory_fabric.ingest import pipeline
from memory_fabric.ingest.opening import read_regular
from memory_fabric.ingest.walk import FoundFile, walk_tree
from memory_fabric.ingest.watch import ChangeSet
from memory_fabric.operations import ForgetSelector, IngestRecord
from memory_fabric.records import Filters
from tests.memory_fabric.fabric_parts import NO_MODEL, ask, go_on, ignore, index, open_fabric

pytestmark = pytest.mark.slow

PARSER = '''"""Reads configuration."""


class Parser:
    """Turns text into settings."""

    def parse_config(self, text):
        """Split lines into keys and values."""
        return dict(line.split("=") for line in text.splitlines())


def unrelated():
    return 42
'''

NOTES = """# Garden

## Tomatoes

Tomatoes want six hours of sun and even watering.

## Potatoes

Potatoes are hilled when the plants are a hand high.
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small folder of code and documents."""
    folder = tmp_path / "work"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "parser.py").write_text(PARSER)
    (folder / "notes.md").write_text(NOTES)
    (folder / "заметки.txt").write_text("Индексы перестраиваются после сбоя питания.\n")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    return folder


@pytest.fixture
def fabric(tmp_path: Path) -> Iterator[MemoryFabric]:
    """An open memory without a model."""
    with open_fabric(tmp_path / "memory") as opened:
        yield opened


def test_code_is_found_and_cited_by_line(fabric: MemoryFabric, tree: Path) -> None:
    """A question in plain words finds the method, with its file and first line."""
    index(fabric, tree)
    best = ask(fabric, "parse config lines into keys").items[0]
    assert best.cite.path == str(tree / "src" / "parser.py")
    assert best.cite.line <= 7 <= best.cite.line_end
    assert "parse_config" in best.snippet


def test_prose_is_found_under_its_heading(fabric: MemoryFabric, tree: Path) -> None:
    """The citation covers the paragraph and nothing of the next section's text is needed."""
    index(fabric, tree)
    best = ask(fabric, "when to hill potatoes").items[0]
    assert best.cite.path.endswith("notes.md")
    assert best.cite.line <= 9 <= best.cite.line_end


def test_russian_forms_are_found(fabric: MemoryFabric, tree: Path) -> None:
    """Another case of a Russian noun finds the sentence."""
    index(fabric, tree)
    assert ask(fabric, "перестраивание индекса после сбоев").items[0].cite.path.endswith("заметки.txt")


def test_what_cannot_be_read_is_listed(fabric: MemoryFabric, tree: Path) -> None:
    """A picture is skipped with its reason, on the second run too."""
    for _ in range(2):
        summary = index(fabric, tree)
        assert [Path(skip.path).name for skip in summary.skipped] == ["picture.png"]
        assert "image/png" in summary.skipped[0].reason


def test_a_second_run_reads_nothing(fabric: MemoryFabric, tree: Path) -> None:
    """Unchanged files are neither read nor written."""
    past = 1_600_000_000
    for path in tree.rglob("*"):
        os.utime(path, (past, past))
    assert index(fabric, tree).items == 3
    again = index(fabric, tree)
    assert (again.items, again.chunks) == (0, 0)
    assert again.unchanged + len(again.skipped) == again.files


def test_every_file_is_counted_once(fabric: MemoryFabric, tree: Path) -> None:
    """As unchanged, skipped or read; what is skipped inside an archive does not make the archive skipped."""
    with ZipFile(tree / "papers.zip", "w") as papers:
        papers.writestr("letter.txt", "A letter about the harvest.")
        papers.writestr("picture.png", b"\x89PNG\r\n\x1a\n\x00\x00")
    for path in tree.rglob("*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    first, again = index(fabric, tree), index(fabric, tree)
    assert (first.files, first.unchanged, len(first.skipped)) == (5, 0, 2)
    assert (again.files, again.unchanged, len(again.skipped)) == (5, 4, 2)
    (tree / "notes.md").rename(tree / "moved.md")
    moved = index(fabric, tree)
    assert (moved.files, moved.unchanged, moved.renamed, len(moved.skipped)) == (5, 4, 1, 2)


def test_an_edit_replaces_only_its_file(fabric: MemoryFabric, tree: Path) -> None:
    """The old words are gone, the new ones are found, the item keeps its id."""
    index(fabric, tree)
    before = ask(fabric, "tomatoes").items[0].id
    (tree / "notes.md").write_text(NOTES.replace("Tomatoes", "Cucumbers"))
    assert index(fabric, tree).items == 1
    assert ask(fabric, "cucumbers").items[0].id == before
    assert ask(fabric, "tomatoes").items == ()


def test_a_rename_keeps_the_id(fabric: MemoryFabric, tree: Path) -> None:
    """A moved file is recognised; its citation follows."""
    index(fabric, tree)
    before = ask(fabric, "tomatoes").items[0]
    (tree / "docs").mkdir()
    (tree / "notes.md").rename(tree / "docs" / "garden.md")
    summary = index(fabric, tree)
    after = ask(fabric, "tomatoes").items[0]
    assert (summary.renamed, summary.items) == (1, 0)
    assert after.id == before.id
    assert after.cite.path == str(tree / "docs" / "garden.md")


def test_a_file_written_anew_under_another_name_keeps_the_id(fabric: MemoryFabric, tree: Path) -> None:
    """A checkout of a branch that renamed it writes a new file; of two copies each keeps the id of its own name."""
    (tree / "copy").mkdir()
    shutil.copy(tree / "notes.md", tree / "copy" / "second.md")
    index(fabric, tree)
    before = {item.source.path: item.id for item in fabric.list_items(Filters()).items}
    (tree / "docs").mkdir()
    for name in ("copy/second.md", "notes.md"):
        old, new = tree / name, tree / "docs" / Path(name).name
        new.write_bytes(old.read_bytes())
        old.unlink()
    summary = index(fabric, tree)
    after = {item.source.path: item.id for item in fabric.list_items(Filters()).items}
    assert (summary.renamed, summary.items, summary.removed) == (2, 0, 0)
    assert after[str(tree / "docs" / "notes.md")] == before[str(tree / "notes.md")]
    assert after[str(tree / "docs" / "second.md")] == before[str(tree / "copy" / "second.md")]


@pytest.mark.parametrize("place", ["garden.md", "docs/notes.md"])
def test_a_file_that_was_renamed_and_edited_keeps_the_id(fabric: MemoryFabric, tree: Path, place: str) -> None:
    """Half of it stayed, and its folder or its name: to the user it is the same file."""
    index(fabric, tree)
    before = ask(fabric, "tomatoes").items[0].id
    (tree / "docs").mkdir()
    (tree / place).write_text(NOTES.replace("Potatoes are hilled", "Leeks are earthed up"))
    (tree / "notes.md").unlink()
    summary = index(fabric, tree)
    after = ask(fabric, "leeks").items[0]
    assert (summary.renamed, summary.removed, summary.items) == (1, 0, 1)
    assert (after.id, after.cite.path) == (before, str(tree / place))
    assert ask(fabric, "hilled").items == ()
    assert [row.path for row in fabric.coverage(str(tree)) if row.path.endswith(".md")] == [str(tree / place)]


@pytest.mark.parametrize("case", ["another text", "another place", "two came"])
def test_what_only_might_be_a_renamed_file_is_a_new_item(fabric: MemoryFabric, tree: Path, case: str) -> None:
    """An id that stood for something else would be worse than a new one."""
    index(fabric, tree)
    before = ask(fabric, "tomatoes").items[0].id
    edited = NOTES.replace("Potatoes are hilled", "Leeks are earthed up")
    (tree / "docs").mkdir()
    new = tree / "docs" / "garden.md" if case == "another place" else tree / "garden.md"
    new.write_text("# Garden\n\nNothing but leeks: they are earthed up.\n" if case == "another text" else edited)
    if case == "two came":
        (tree / "second.md").write_text(edited)
    (tree / "notes.md").unlink()
    summary = index(fabric, tree)
    assert (summary.renamed, summary.removed) == (0, 1)
    assert ask(fabric, "leeks").items[0].id != before
    with pytest.raises(NotFoundError):
        fabric.get(before)


def test_a_file_that_moves_to_another_project_is_a_new_item(fabric: MemoryFabric, tree: Path, tmp_path: Path) -> None:
    """It is found under the project it is in now."""
    other = tmp_path / "other"
    other.mkdir()
    index(fabric, tree, project="")
    (tree / "notes.md").rename(other / "notes.md")
    index(fabric, tree, other, project="")
    found = ask(fabric, "tomatoes").items[0]
    assert found.cite.path == str(other / "notes.md")
    assert fabric.get(found.id).meta.project == "other"


def test_a_deleted_file_is_forgotten(fabric: MemoryFabric, tree: Path) -> None:
    """The next run drops it."""
    index(fabric, tree)
    (tree / "notes.md").unlink()
    assert index(fabric, tree).removed == 1
    assert ask(fabric, "tomatoes").items == ()


def test_a_file_that_becomes_ignored_leaves(fabric: MemoryFabric, tree: Path) -> None:
    """Ignoring is a wish not to be remembered."""
    index(fabric, tree)
    (tree / ".cairnignore").write_text("*.md\n")
    index(fabric, tree)
    assert ask(fabric, "tomatoes").items == ()


def test_members_of_an_archive_are_items_with_their_path(fabric: MemoryFabric, tree: Path) -> None:
    """The citation names archive and member; a member that leaves the archive leaves the memory."""
    archive = tree / "old.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a/deep/one.txt", "a letter about porcupines")
        file.writestr("two.txt", "a letter about hedgehogs")
    index(fabric, tree)
    assert ask(fabric, "porcupines").items[0].cite.path == f"{archive}!/a/deep/one.txt"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("two.txt", "a letter about hedgehogs and more")
    index(fabric, tree)
    assert ask(fabric, "porcupines").items == ()
    assert ask(fabric, "hedgehogs").items[0].cite.path == f"{archive}!/two.txt"


def test_filters_narrow(fabric: MemoryFabric, tree: Path) -> None:
    """Modality, folder and project each restrict the answers."""
    index(fabric, tree)
    assert {hit.modality for hit in ask(fabric, "text config sun", modality=("code",)).items} == {"code"}
    assert ask(fabric, "tomatoes", path_prefix=str(tree / "src")).items == ()
    assert ask(fabric, "tomatoes", project="other").items == ()


def test_without_a_model_the_answer_says_so(fabric: MemoryFabric, tree: Path) -> None:
    """Recall by terms alone is degraded, and named as such."""
    index(fabric, tree)
    result = ask(fabric, "tomatoes")
    assert result.items[0].parts.dense is None
    assert any("no vector search" in reason for reason in result.degraded)


def test_imported_records_come_back_under_their_ids(fabric: MemoryFabric) -> None:
    """Ids, replacement, and records without text."""
    lines = [
        IngestRecord(id="1", text="Ann: I planted tulips", timestamp="2024-05-01T10:00:00Z"),
        IngestRecord(id="2", text="def add(a, b):\n    return a + b"),
        IngestRecord(id="3", text="   "),
    ]
    summary = fabric.ingest(lines, project="set", report=ignore, check=go_on)
    fabric.wait_until_searchable(is_dense=False, report=ignore, check=go_on)
    assert (summary.items, len(summary.skipped)) == (2, 1)
    best = ask(fabric, "tulips", project="set").items[0]
    assert (best.cite.uri, best.modality) == ("jsonl:set/1", "conversation")
    assert ask(fabric, "add", project="set").items[0].modality == "code"
    fabric.ingest([IngestRecord(id="1", text="Ann: I planted roses")], project="set", report=ignore, check=go_on)
    fabric.wait_until_searchable(is_dense=False, report=ignore, check=go_on)
    assert ask(fabric, "tulips", project="set").items == ()


def test_a_record_with_a_time_that_cannot_be_read_is_refused(fabric: MemoryFabric) -> None:
    """It is named by its number; without a time it would be undated, and nobody would know."""
    rows = [IngestRecord(id="1", text="x"), IngestRecord(id="2", text="y", timestamp="2026-13-45")]
    with pytest.raises(InputError, match=r"records\[1\]\.timestamp.*2026-13-45"):
        fabric.ingest(rows, project="set", report=ignore, check=go_on)


def test_a_note_is_remembered_listed_and_read(fabric: MemoryFabric) -> None:
    """What the user says is kept with its tags and found at once."""
    item = fabric.remember("The spare key is under the blue pot", project="home", tags=("keys",))
    fabric.wait_until_searchable(is_dense=False, report=ignore, check=go_on)
    assert ask(fabric, "where is the spare key").items[0].id == item.id
    assert fabric.get(item.id).text == "The spare key is under the blue pot"
    assert [listed.id for listed in fabric.list_items(Filters(projects=("home",))).items] == [item.id]
    assert fabric.get(item.id).meta.tags == ("keys",)


def test_forgetting_shows_first_and_then_leaves_nothing(fabric: MemoryFabric, tree: Path) -> None:
    """A dry run changes nothing; the real one empties truth and index."""
    index(fabric, tree)
    selector = ForgetSelector(path=str(tree / "src"))
    shown = fabric.forget(selector, is_dry_run=True, report=ignore, check=go_on)
    assert (shown.items, shown.is_dry_run) == (1, True)
    assert ask(fabric, "parse_config").items
    found = ask(fabric, "parse_config").items[0].id
    fabric.forget(selector, is_dry_run=False, report=ignore, check=go_on)
    assert ask(fabric, "parse_config", path_prefix=str(tree / "src")).items == ()
    with pytest.raises(NotFoundError):
        fabric.get(found)


@pytest.mark.parametrize("path", ["~nouser-of-this-name/x", "/a\x00b"])
def test_a_path_that_leads_nowhere_is_the_callers_mistake(fabric: MemoryFabric, path: str) -> None:
    """Wherever the memory takes one; the doors look first, but they are not the only callers."""
    with pytest.raises(InputError, match=r"^`path`: .* leads nowhere"):
        list(fabric.coverage(path))
    with pytest.raises(InputError, match=r"^`path`: .* leads nowhere"):
        fabric.forget(ForgetSelector(path=path), is_dry_run=True, report=ignore, check=go_on)


def test_a_followed_folder_of_nobody_is_the_callers_mistake(fabric: MemoryFabric) -> None:
    """It is not one that is gone."""
    with pytest.raises(InputError, match=r"^`paths`: `~nouser-of-this-name/x` leads nowhere"):
        fabric.sync(ChangeSet((), 0), ["~nouser-of-this-name/x"], project="", check=go_on)


def test_forgetting_without_a_choice_is_refused(fabric: MemoryFabric) -> None:
    """Nothing selected is never everything."""
    with pytest.raises(InputError):
        fabric.forget(ForgetSelector(), is_dry_run=False, report=ignore, check=go_on)


@pytest.mark.parametrize("path", ["", "\x00", "/nowhere/at/all", "/proc"])
def test_a_path_that_must_not_be_indexed_is_refused(fabric: MemoryFabric, path: str) -> None:
    """The error names the field."""
    with pytest.raises(InputError) as caught:
        fabric.index([path], report=ignore, check=go_on)
    assert caught.value.field == "paths"


def test_the_memory_survives_a_restart(tmp_path: Path, tree: Path) -> None:
    """What was found before is found after, and nothing is read again."""
    with open_fabric(tmp_path / "m") as first:
        index(first, tree)
        before = [hit.chunk_id for hit in ask(first, "config").items]
    with open_fabric(tmp_path / "m") as second:
        assert [hit.chunk_id for hit in ask(second, "config").items] == before
        assert all(check.ok for check in second.doctor(is_repairing=False, check=go_on))


@pytest.mark.parametrize("damage", ["delete", "truncate", "flip", "watermark"])
def test_a_damaged_index_is_noticed_and_rebuilt(tmp_path: Path, tree: Path, damage: str) -> None:
    """Losing an index costs time, never answers."""
    with open_fabric(tmp_path / "m") as first:
        index(first, tree)
        before = [hit.chunk_id for hit in ask(first, "config").items]
    folder = tmp_path / "m" / "indexes" / "sparse"
    victim = max((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    match damage:
        case "delete":
            shutil.rmtree(folder)
        case "truncate":
            victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
        case "flip":
            data = bytearray(victim.read_bytes())
            data[len(data) // 3] ^= 0x10
            victim.write_bytes(data)
        case "watermark":
            folder.with_suffix(".json").write_text("{")
    with open_fabric(tmp_path / "m") as second:
        second.wait_until_searchable(is_dense=False, report=ignore, check=go_on)
        assert [hit.chunk_id for hit in ask(second, "config").items] == before
        assert all(check.ok for check in second.doctor(is_repairing=False, check=go_on))


def test_replay_gives_the_same_answers(fabric: MemoryFabric, tree: Path) -> None:
    """An index built again from the journal answers alike."""
    index(fabric, tree)
    before = [hit.chunk_id for hit in ask(fabric, "config sun plants").items]
    fabric.replay(names=["sparse"], report=ignore, check=go_on)
    assert [hit.chunk_id for hit in ask(fabric, "config sun plants").items] == before


def test_a_stopped_run_goes_on_where_it_was(fabric: MemoryFabric, tmp_path: Path) -> None:
    """What was written before the stop is kept, the rest comes with the next run."""
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(300):
        (folder / f"{n}.txt").write_text(json.dumps({"number": n, "word": f"word{n}"}))
        os.utime(folder / f"{n}.txt", (1_600_000_000, 1_600_000_000))
    calls = 0

    class StopError(Exception):
        """The client has left."""

    def stop_later() -> None:
        nonlocal calls
        calls += 1
        if calls > 150:
            raise StopError

    with pytest.raises(StopError):
        fabric.index([str(folder)], report=ignore, check=stop_later)
    kept = fabric.stats().items
    assert 0 < kept < 300
    assert index(fabric, folder).items == 300 - kept
    assert fabric.stats().items == 300


# ---- what may go wrong between finding and reading ------------------------------------------------------------------


def test_more_paths_than_one_condition_holds(fabric: MemoryFabric, tree: Path) -> None:
    """A branch switch names each changed file: thousands are read, known again, and forgotten."""
    paths = [tree / f"n{n}.txt" for n in range(1_500)]
    for n, path in enumerate(paths):
        path.write_text(f"note {n}")
    assert index(fabric, *paths).items == 1_500
    assert index(fabric, *paths).items == 0
    for path in paths[:1_200]:
        path.unlink()
    assert index(fabric, tree).removed == 1_200


def test_a_file_that_cannot_be_read_is_tried_again(fabric: MemoryFabric, tree: Path, no_reading: set[str]) -> None:
    """Neither its size nor its time tells that it became readable; what it gave before is kept meanwhile."""
    index(fabric, tree)
    (tree / "notes.md").write_text(NOTES.replace("Tomatoes", "Cucumbers"))
    no_reading.add(str(tree / "notes.md"))
    refused = index(fabric, tree)
    assert [(skip.path, skip.reason) for skip in refused.skipped if skip.path.endswith(".md")] == [
        (str(tree / "notes.md"), "unreadable: Input/output error")
    ]
    assert ask(fabric, "tomatoes").items
    # the answer had it read once more, in vain
    fabric._repairs.settle()
    no_reading.clear()
    assert index(fabric, tree).items == 1
    assert ask(fabric, "cucumbers").items


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Paths whose bytes the disk does not give."""
    paths: set[str] = set()

    def read(path: str, max_bytes: int) -> bytes:
        if path in paths:
            raise UnreadableError("unreadable: Input/output error")
        return read_regular(path, max_bytes)

    monkeypatch.setattr(pipeline, "read_regular", read)
    return paths


def test_a_file_that_becomes_a_link_after_the_walk_leaks_nothing(
    fabric: MemoryFabric, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder was looked through, then somebody put a link to a private file in its place."""
    (tmp_path / "private.txt").write_text("the password is swordfish")
    (tree / "bait.txt").write_text("harmless")
    walk = walk_tree

    def walk_and_swap(*args: object, **options: object) -> list[FoundFile]:
        found = list(walk(*args, **options))  # type: ignore[arg-type]  # passed through
        (tree / "bait.txt").unlink()
        (tree / "bait.txt").symlink_to(tmp_path / "private.txt")
        return found

    monkeypatch.setattr(pipeline, "walk_tree", walk_and_swap)
    summary = index(fabric, tree)
    assert any(skip.path == str(tree / "bait.txt") for skip in summary.skipped)
    assert ask(fabric, "swordfish password").items == ()


def test_a_denied_folder_is_not_even_looked_into(tmp_path: Path, tree: Path) -> None:
    """Neither its files nor what would be said of them comes out."""
    secret = tree / "secret"
    secret.mkdir()
    (secret / "key.txt").write_text("tomatoes in secret")
    (secret / "link").symlink_to("/nowhere")
    config = msgspec.structs.replace(NO_MODEL, ingest=IngestConfig(denied=(str(secret),)))
    with open_fabric(tmp_path / "memory", config) as fabric:
        summary = index(fabric, tree)
        assert not any("secret" in skip.path for skip in summary.skipped)
        assert not any("secret" in (hit.cite.path or "") for hit in ask(fabric, "tomatoes").items)


def test_whatever_was_not_indexed_is_in_the_coverage(tmp_path: Path, tree: Path) -> None:
    """Also what the walk would not take, and members of archives; it leaves when the reason does."""
    config = msgspec.structs.replace(NO_MODEL, ingest=IngestConfig(max_file_bytes=100_000))
    (tree / "big.txt").write_text("a" * 100_001)
    (tree / "pipe").mkdir()
    (tree / "dangling").symlink_to(tree / "nowhere")
    with zipfile.ZipFile(tree / "old.zip", "w") as file:
        file.writestr("fine.txt", "a word about marmots")
        file.writestr("locked.png", b"\x89PNG\r\n\x1a\n" + bytes(200))
    expected = {"big.txt", "dangling", "picture.png", "old.zip!/locked.png"}
    with open_fabric(tmp_path / "memory", config) as fabric:
        for _ in range(2):
            summary = index(fabric, tree)
            assert {skip.path.removeprefix(f"{tree}/") for skip in summary.skipped} == expected
            rows = {row.path.removeprefix(f"{tree}/"): row for row in fabric.coverage(str(tree))}
            assert {path for path, row in rows.items() if row.state != "indexed"} == expected
            assert all(rows[path].reason for path in expected)
        (tree / "big.txt").write_text("small now")
        (tree / "dangling").unlink()
        with zipfile.ZipFile(tree / "old.zip", "w") as file:
            file.writestr("fine.txt", "a word about marmots")
        summary = index(fabric, tree)
        assert [skip.path for skip in summary.skipped] == [str(tree / "picture.png")]
        assert {row.path for row in fabric.coverage(str(tree)) if row.state != "indexed"} == {str(tree / "picture.png")}
        assert summary.removed == 0


def test_a_file_that_grew_too_large_is_forgotten(tmp_path: Path, tree: Path) -> None:
    """Its old words would be cited as if they were current."""
    config = msgspec.structs.replace(NO_MODEL, ingest=IngestConfig(max_file_bytes=1_000))
    with open_fabric(tmp_path / "memory", config) as fabric:
        index(fabric, tree)
        (tree / "notes.md").write_text(NOTES * 100)
        index(fabric, tree)
        assert ask(fabric, "tomatoes").items == ()
        assert [row.state for row in fabric.coverage(str(tree / "notes.md"))] == ["skipped"]


def test_forgetting_a_place_forgets_the_names_of_what_was_skipped_there(fabric: MemoryFabric, tree: Path) -> None:
    """Names tell something, too; forgetting by another condition leaves them."""
    index(fabric, tree)
    assert any(row.state == "skipped" for row in fabric.coverage(str(tree)))
    fabric.forget(ForgetSelector(project="nobody"), is_dry_run=False, report=lambda _: None, check=lambda: None)
    assert any(row.state == "skipped" for row in fabric.coverage(str(tree)))
    fabric.forget(ForgetSelector(path=str(tree)), is_dry_run=False, report=lambda _: None, check=lambda: None)
    assert list(fabric.coverage(str(tree))) == []
