"""Media types by content, names only among kinds of text."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.ingest.file_types import ENDING_LANGUAGE, ENDING_MIME, MAGIC, NAME_LANGUAGE
from memory_fabric.ingest.mime import detect, is_binary, programming_language
from tests.memory_fabric.ingest.linear import assert_ends

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def zipped(*names: str) -> bytes:
    """Return a zip archive with empty members, the first one stored first."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "application/epub+zip" if name == "mimetype" else "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("path", "head", "mime"),
    [
        ("picture.txt", PNG, "image/png"),
        ("paper.pdf", b"only words here\n", "text/plain"),
        ("paper.txt", b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        ("a.md", b"# Title\n", "text/markdown"),
        ("a.rst", b"Title\n=====\n", "text/x-rst"),
        ("a.json", b"{}", "application/json"),
        ("a.csv", b"a,b\n", "text/csv"),
        ("a.unknown", b"\x00\x01\x02", "application/octet-stream"),
        ("page", b"<!DOCTYPE html>\n<html>", "text/html"),
        ("page", b"<!-- x -->\n<html lang=en>", "text/html"),
        ("page", b"<!-- a - b -- c --> <!---->\n <BODY>", "text/html"),
        ("page", b"<!-- <html> -->\nplain", "text/plain"),
        ("feed", b"<?xml version='1.0'?><rss/>", "text/xml"),
        ("mail", b"From: a@b.org\nTo: c@d.org\nSubject: hello\n\nbody", "message/rfc822"),
        ("inbox", b"From a@b.org Thu Jan  1 00:00:00 2026\nFrom: a@b.org\n", "application/mbox"),
        ("inbox", b"From a@b.org Thu Jan  1 00:00:00 2026\r\nFrom: a@b.org\r\n", "application/mbox"),
        ("letter", b"From what I know, nothing\nnote: none\n", "text/plain"),
        ("tool", b"#!/usr/bin/env -S python3.11 -u\nprint()", "text/x-python"),
        ("tool", b"#!/bin/sh\n", "text/x-shellscript"),
        ("sound", b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        ("a.txt", b"ID3 tags are explained below", "text/plain"),
        ("a.txt", b"BZh is how bzip2 files begin", "text/plain"),
        ("a.txt", b"GIF89a is a format\n", "text/plain"),
        ("a.txt", "привет".encode("utf-16"), "text/plain"),
        ("a.txt", "Привет, мир".encode("cp1251"), "text/plain"),
        ("empty.py", b"", "text/x-python"),
        ("clip.mp4", b"\x00\x00\x00 ftypisom\x00\x00", "video/mp4"),
    ],
)
def test_types(path: str, head: bytes, mime: str) -> None:
    """Bytes decide between formats, the name between kinds of text."""
    assert detect(path, head) == mime


@pytest.mark.parametrize(
    ("names", "mime"),
    [
        (("a.txt",), "application/zip"),
        (
            ("[Content_Types].xml", "word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            ("[Content_Types].xml", "xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (("word/document.xml",), "application/zip"),
        (("META-INF/MANIFEST.MF", "A.class"), "application/java-archive"),
        (("mimetype", "content.opf"), "application/epub+zip"),
    ],
)
def test_zip_layouts(names: tuple[str, ...], mime: str) -> None:
    """What is inside tells documents from plain archives, whatever the name says."""
    assert detect("anything.bin", zipped(*names)) == mime


def test_a_cut_zip_is_still_a_zip() -> None:
    """An archive without its directory keeps its type; its reader tells that it is broken."""
    assert detect("a.docx", zipped("[Content_Types].xml", "word/document.xml")[:-30]) == "application/zip"


@pytest.mark.parametrize(
    ("path", "head", "language"),
    [
        ("a.py", b"", "python"),
        ("a.tsx", b"", "tsx"),
        ("A.KT", b"", "kotlin"),
        ("Makefile", b"", "make"),
        ("Makefile.am", b"", "make"),
        ("Dockerfile.dev", b"", "dockerfile"),
        ("a.h", b"int f(void);\n", "c"),
        ("a.h", b"namespace x {\nclass A;\n}", "cpp"),
        ("run", b"#!/usr/bin/env ruby\n", "ruby"),
        ("index", b"<?php echo 1;", "php"),
        ("a.html", b"", "html"),
        ("a.txt", b"#!/bin/sh\n", ""),
        ("README", b"hello", ""),
    ],
)
def test_languages(path: str, head: bytes, language: str) -> None:
    """Ending, name, first line and content name the language of code."""
    assert programming_language(path, head) == language


def test_tables_are_consistent() -> None:
    """Keys are lower case, endings begin with a dot, and no ending is both prose and code."""
    assert all(key == key.lower() and key.startswith(".") for key in [*ENDING_LANGUAGE, *ENDING_MIME])
    assert all(key == key.lower() for key in NAME_LANGUAGE)
    assert not ENDING_LANGUAGE.keys() & ENDING_MIME.keys()
    assert all(mark for _, mark, _ in MAGIC)


@given(st.text())
def test_text_is_not_binary(text: str) -> None:
    """Any printable text in UTF-8 is text."""
    assert not is_binary("".join(sign for sign in text if sign.isprintable()).encode())


@given(st.binary(max_size=400), st.text(max_size=20))
def test_any_bytes_have_a_type(data: bytes, name: str) -> None:
    """Detection never fails."""
    assert "/" in detect(name, data)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("page", "b'<!---->' * 40 + b'zz'"),
        ("page", "b'<!--' + b'-->' * 2000 + b'zz'"),
        ("inbox", "b'From x ' + b'1' * 4_000_000"),
        ("mail", "b'From: ' + b' ' * 4_000_000"),
        ("a.h", "b'\\n' * 4_000_000"),
        ("a.h", "b'namespace' + b' ' * 4_000_000"),
    ],
)
def test_a_hostile_head_takes_no_time(path: str, head: str) -> None:
    """However a file begins, its type is known at once: nothing is tried twice, and only the head is looked at."""
    assert_ends(f"from memory_fabric.ingest.mime import detect\nfor _ in range(20): detect({path!r}, {head})")
