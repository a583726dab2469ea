"""No way into the memory leads past the scan: files, archives, records, notes, titles, tags and names."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import msgspec
import pytest

from foundation.errors import InputError
from foundation.ids import ItemId
from memory_fabric.config import MemoryConfig, ScanConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.operations import IngestRecord
from memory_fabric.records import Filters, MemoryItem
from tests.memory_fabric.fabric_parts import NO_MODEL, ask, go_on, ignore, index, open_fabric

KEY = "AKIA" + "QRSTUVWXYZ234567"
"""Put together, so that this file holds none."""
MAIL = "ivan.petrov" + "@" + "mail.ru"


def _config(**policy: str) -> MemoryConfig:
    return msgspec.structs.replace(NO_MODEL, scan=msgspec.convert(policy, ScanConfig))


def _items(fabric: MemoryFabric) -> list[MemoryItem]:
    return [fabric.get(item.id) for item in fabric.list_items(Filters()).items]


def test_a_file_is_indexed_without_its_secret(tmp_path: Path) -> None:
    """The rest is found at the lines where it stands; the item says how much was cut out."""
    (tmp_path / "app.py").write_text(f'import os\nKEY = "{KEY}"\n\n\ndef connect_to_warehouse():\n    return KEY\n')
    with open_fabric(tmp_path / "m") as fabric:
        summary = index(fabric, tmp_path / "app.py")
        (item,) = _items(fabric)
        hits = ask(fabric, "connect_to_warehouse").items
        assert ask(fabric, KEY).items == () or KEY not in ask(fabric, KEY).items[0].snippet
    assert summary.redacted == 1
    assert (item.meta.secrets_redacted, item.meta.pii) == (1, False)
    assert 'KEY = "[redacted:aws-key**]"' in item.text
    assert hits[0].cite.line <= 5 <= hits[0].cite.line_end


def test_personal_data_is_told_by_get_and_list(tmp_path: Path) -> None:
    """An address stays in the text, and the item says that it holds one; so does a name of a file."""
    (tmp_path / "note.md").write_text(f"# Contacts\n\nThe accountant is {MAIL}\n")
    with open_fabric(tmp_path / "m") as fabric:
        index(fabric, tmp_path / "note.md")
        (brief,) = fabric.list_items(Filters()).items
        item = fabric.get(brief.id)
    assert (brief.meta.pii, item.meta.pii, item.meta.secrets_redacted) == (True, True, 0)
    assert MAIL in item.text


def test_members_of_an_archive_are_looked_at_one_by_one(tmp_path: Path) -> None:
    """What is refused in one of them is listed, and the others are indexed."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("bad.env", f"KEY={KEY}\n")
        archive.writestr("good.txt", "nothing but words\n")
    with open_fabric(tmp_path / "m", _config(cloud_key="refuse")) as fabric:
        summary = index(fabric, tmp_path / "a.zip")
        again = index(fabric, tmp_path / "a.zip")
        assert [item.source.path for item in _items(fabric)] == [f"{tmp_path}/a.zip!/good.txt"]
    (skipped,) = summary.skipped
    assert skipped.path == f"{tmp_path}/a.zip!/bad.env"
    assert skipped.reason.startswith("holds `aws-key` on line 1")
    assert again.skipped == summary.skipped


def test_a_refused_file_is_skipped_until_it_is_clean(tmp_path: Path) -> None:
    """The reason stays known, names no secret, and goes when the secret goes."""
    file = tmp_path / "a.env"
    file.write_text(f"KEY={KEY}\n")
    with open_fabric(tmp_path / "m", _config(cloud_key="refuse")) as fabric:
        first = index(fabric, file)
        (row,) = fabric.coverage(str(tmp_path))
        file.write_text("KEY=${FROM_VAULT}\n")
        second = index(fabric, file)
        assert len(_items(fabric)) == 1
    assert [skip.reason for skip in first.skipped] == [row.reason]
    assert row.state == "skipped"
    assert KEY not in row.reason
    assert second.skipped == ()


def test_a_name_that_holds_a_secret_is_not_stored(tmp_path: Path) -> None:
    """A name cannot be cut; the list of what was skipped shows it with a mark."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / f"dump-{KEY}.txt").write_text("words\n")
    (tree / f"{KEY}.bin").symlink_to(tree / "nowhere")
    with open_fabric(tmp_path / "m") as fabric:
        summary = index(fabric, tree)
        assert _items(fabric) == []
        assert KEY not in str(list(fabric.coverage(str(tree))))
        with pytest.raises(InputError, match="its name holds a secret"):
            index(fabric, tree / f"dump-{KEY}.txt")
    assert f"{tree}/dump-[redacted:aws-key**].txt" in [skip.path for skip in summary.skipped]
    assert KEY not in str(summary)


def test_a_redacted_file_is_recognised_when_it_is_written_anew_or_moved(tmp_path: Path) -> None:
    """By what is left of it: the hash of the whole is not kept, as a short secret could be guessed from it."""
    file = tmp_path / "t" / "app.env"
    file.parent.mkdir()
    file.write_text(f"# settings of the warehouse\nKEY={KEY}\n")
    with open_fabric(tmp_path / "m") as fabric:
        index(fabric, file.parent)
        (before,) = _items(fabric)
        shutil.copy(file, tmp_path / "copy")
        file.unlink()
        shutil.copy(tmp_path / "copy", file)
        again = index(fabric, file.parent)
        shutil.copy(file, file.parent / "moved.env")
        file.unlink()
        moved = index(fabric, file.parent)
        (after,) = _items(fabric)
    assert (again.items, again.unchanged) == (0, 1)
    assert (moved.items, moved.renamed, after.id) == (0, 1, before.id)
    assert before.meta.content_hash == after.meta.content_hash


def test_records_pass_with_titles_fields_and_ids(tmp_path: Path) -> None:
    """Every text of a record; an id that holds a secret cannot be cut, so the record is skipped."""
    records = [
        IngestRecord(id="1", text=f"the key is {KEY}", title=f"about {KEY}", meta={"api_key": "kJ8x2Lq9vB4nR7tY1wZ3"}),
        IngestRecord(id=KEY, text="words"),
    ]
    with open_fabric(tmp_path / "m") as fabric:
        summary = fabric.ingest(records, project="p", report=ignore, check=go_on)
        (item,) = _items(fabric)
    assert (summary.redacted, item.meta.secrets_redacted, item.meta.fields) == (
        3,
        3,
        {"api_key": "[redacted:secret***]"},
    )
    assert KEY not in str(item)
    assert [(skip.path, skip.reason) for skip in summary.skipped] == [
        ("jsonl:p/[redacted:aws-key**]", "its id holds a secret or a personal number")
    ]


def test_a_note_passes_with_title_address_and_tags(tmp_path: Path) -> None:
    """What a person says is looked at like everything else."""
    with open_fabric(tmp_path / "m") as fabric:
        item = fabric.remember(
            f"key {KEY}", title=KEY, uri=f"https://me:{KEY}@acme.io/", tags=["a", KEY], project="notes"
        )
        assert KEY not in str(fabric.get(ItemId(item.id)))
    assert item.meta.secrets_redacted == 4


def test_a_note_that_must_not_be_stored_is_refused(tmp_path: Path) -> None:
    """The refusal says what and where, and quotes nothing; so it is for the name of a project."""
    with open_fabric(tmp_path / "m", _config(cloud_key="refuse")) as fabric:
        with pytest.raises(InputError, match="holds `aws-key` on line 1") as caught:
            fabric.remember(f"key {KEY}")
        with pytest.raises(InputError, match="the name holds a secret") as named:
            fabric.remember("words", project=KEY)
        assert _items(fabric) == []
    assert KEY not in f"{caught.value} {named.value}"


def test_a_kept_secret_gives_a_tag(tmp_path: Path) -> None:
    """Whoever keeps secrets on purpose can list what holds them."""
    with open_fabric(tmp_path / "m", _config(cloud_key="tag")) as fabric:
        item = fabric.remember(f"key {KEY}", tags=["ops"])
    assert item.meta.tags == ("ops", "secret")
    assert KEY in item.text


def test_a_secret_across_a_cut_is_found(tmp_path: Path) -> None:
    """Documents are looked at, not their fragments: no place in a long line lets a key through."""
    with open_fabric(tmp_path / "m") as fabric:
        for number in range(0, 60, 3):
            (tmp_path / f"{number}.txt").write_text("x " * (780 + number) + KEY + " y" * 900)
        summary = index(fabric, *tmp_path.glob("*.txt"))
        assert all(KEY[:12] not in item.text for item in _items(fabric))
    assert summary.redacted == 20
