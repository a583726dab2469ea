"""Choosing readers, and the promise that nothing but `UnreadableError` comes out."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory_fabric.config import IngestConfig
from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.factory import read_bytes, read_bytes_with_skips
from memory_fabric.records import SkippedFile
from tests.memory_fabric.ingest.readers.samples import LIMITS, check_document, every_format, one

SAMPLES = every_format()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_format_is_read(name: str) -> None:
    """A small file of each format gives documents and nothing skipped but the picture."""
    documents, skipped = read_bytes_with_skips(name, SAMPLES[name], LIMITS)
    assert documents
    assert [skip.reason for skip in skipped] in ([], ["image/png is not indexed yet"])
    for document in documents:
        check_document(document)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"\x89PNG\r\n\x1a\n\x00", "image/png is not indexed yet"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "application/x-ole-storage is not indexed yet"),
        ("a.txt", b"\x7fELF\x02\x01\x01\x00", "binary"),
        ("a.py", b"print()\x00", "binary"),
        ("a.txt", b"x" * 101, "too large (101 B > 100 B)"),
    ],
)
def test_reasons_are_stable(name: str, data: bytes, reason: str) -> None:
    """What cannot be read says why in a short phrase."""
    with pytest.raises(UnreadableError) as caught:
        read_bytes(name, data, IngestConfig(max_file_bytes=100))
    assert caught.value.reason == reason


def test_a_given_type_overrides_the_name() -> None:
    """The caller may know better."""
    assert one("note", "a,b\n1,2\n", mime="text/csv").text == "a: 1; b: 2"


@pytest.mark.slow
def test_heavy_libraries_are_imported_when_needed() -> None:
    """Importing the factory brings neither the PDF library nor the archive, mail and XML modules."""
    heavy = ("pypdf", "tarfile", "email.message", "xml.parsers.expat", "html.parser")
    script = f"import sys, memory_fabric.ingest.readers.factory; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def swallow(name: str, data: bytes, mime: str | None = None) -> None:
    """Read and check; the one allowed error is fine."""
    try:
        documents, skipped = read_bytes_with_skips(name, data, LIMITS, mime=mime)
    except UnreadableError as error:
        documents, skipped = [], [SkippedFile(name, error.reason)]
    for document in documents:
        check_document(document)
    assert all(0 < len(skip.reason) < 120 for skip in skipped)


@given(st.sampled_from(sorted(SAMPLES)), st.binary(max_size=300))
def test_random_bytes_under_any_name(name: str, data: bytes) -> None:
    """Bytes without meaning give text or a reason."""
    swallow(name, data)


@pytest.mark.slow
@given(st.sampled_from(sorted(SAMPLES)), st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_real_files(name: str, data: st.DataObject) -> None:
    """Cut, overwritten and lengthened files give text or a reason."""
    raw = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(1, len(raw)))
    swallow(name, bytes(raw[:end]) + data.draw(st.binary(max_size=8)))


@pytest.mark.slow
@given(st.sampled_from(sorted(SAMPLES)), st.sampled_from(sorted(SAMPLES)))
@settings(max_examples=60, deadline=None)
def test_files_under_wrong_names(name: str, other: str) -> None:
    """The content of one format under the name of another gives text or a reason."""
    swallow(name, SAMPLES[other])
