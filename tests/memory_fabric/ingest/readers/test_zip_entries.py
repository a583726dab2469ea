"""Entries of zip files: names and refusals."""

from __future__ import annotations

import zipfile

import pytest

from memory_fabric.config import IngestConfig
from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.base import Budget
from memory_fabric.ingest.readers.zip_entries import entry_name, open_zip, read_entry, refusal
from tests.memory_fabric.ingest.readers.samples import LIMITS, zipped


@pytest.mark.parametrize("encoding", ["utf-8", "cp866"])
def test_names_without_the_unicode_flag(encoding: str) -> None:
    """Russian names are read as the common tools of each system write them."""
    info = zipfile.ZipInfo("x")
    info.filename = "папка\\файл.txt".encode(encoding).decode("cp437")
    assert entry_name(info) == "папка/файл.txt"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a/b.txt", ""),
        ("a..b", ""),
        ("/etc/passwd", "absolute path in the archive"),
        ("C:/x", "absolute path in the archive"),
        ("a/../../x", "path leaves the archive"),
        ("a\nb", "bad name in the archive"),
        ("a!/b", "bad name in the archive"),
        ("", "bad name in the archive"),
    ],
)
def test_refusals(name: str, reason: str) -> None:
    """Paths that leave the archive, or could not be cited, are refused with the reason."""
    assert refusal(name) == reason


def test_an_archive_that_unpacks_to_too_much() -> None:
    """Ratio and total are checked before anything is unpacked."""
    data = zipped({"zeros": b"\x00" * (4 << 20)})
    with pytest.raises(UnreadableError, match="archive bomb"):
        open_zip(data, LIMITS)
    with pytest.raises(UnreadableError, match="too large"):
        open_zip(data, IngestConfig(max_archive_ratio=10_000, max_archive_bytes=1 << 20))


def test_damaged_content_is_told() -> None:
    """A flipped byte fails the checksum."""
    data = bytearray(zipped({"a.txt": "some words that are here"}, method=zipfile.ZIP_STORED))
    data[data.index(b"words")] ^= 1
    with open_zip(bytes(data), LIMITS) as archive, pytest.raises(UnreadableError, match="broken archive member"):
        read_entry(archive, archive.infolist()[0], LIMITS, Budget(1000))
