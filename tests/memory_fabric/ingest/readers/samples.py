"""Small real files of each format, made here so that nothing binary is kept in the repository."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from memory_fabric.config import IngestConfig
from memory_fabric.ingest.readers.factory import read_bytes
from memory_fabric.records import Document

LIMITS = IngestConfig()

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def one(path: str, data: bytes | str, *, limits: IngestConfig = LIMITS, mime: str | None = None) -> Document:
    """Read `data` and return its only document, after checking what holds for every document."""
    raw = data.encode() if isinstance(data, str) else data
    (document,) = read_bytes(path, raw, limits, mime=mime)
    check_document(document)
    return document


def check_document(document: Document) -> None:
    """Assert what every document promises: valid text, and a place for each of its lines."""
    document.text.encode()
    assert "\x00" not in document.text
    assert "\r" not in document.text
    count = len(document.text.split("\n"))
    assert document.source_lines is None or len(document.source_lines) == count
    assert document.pages is None or len(document.pages) == count
    assert document.source_lines is None or min(document.source_lines) >= 1
    if document.source_ends is not None:
        assert document.source_lines is not None
        assert all(first <= last for first, last in zip(document.source_lines, document.source_ends, strict=True))


def place_of(document: Document, words: str) -> int:
    """Return the source line of the first line that holds `words`."""
    lines = document.text.split("\n")
    index = next(number for number, line in enumerate(lines) if words in line)
    return document.source_lines[index] if document.source_lines else index + 1


def range_of(document: Document, words: str) -> tuple[int, int]:
    """Return the source lines at which the first line that holds `words` begins and ends."""
    lines = document.text.split("\n")
    index = next(number for number, line in enumerate(lines) if words in line)
    first = place_of(document, words)
    return first, document.source_ends[index] if document.source_ends else first


def pdf(*pages: str, title: str = "", password: str = "") -> bytes:
    """Return a PDF whose pages hold these lines of ASCII text."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for text in pages:
        page = writer.add_blank_page(200, 200)
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        shown = " 0 -14 Td ".join(f"({line}) Tj" for line in text.split("\n"))
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 10 180 Td {shown} ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def docx(body: str, *, styles: str = "", title: str = "", prologue: str = "", **margins: str) -> bytes:
    """Return a Word document with this body, in which tags have the prefix `w:`; margins are `header1` and the like."""
    core = (
        '<p xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:t="http://purl.org/dc/terms/">'
        f"<dc:title>{title}</dc:title><t:modified>2026-01-02T03:04:05Z</t:modified></p>"
    )
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f'{prologue}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
            "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{styles}</w:styles>',
            "docProps/core.xml": core,
            **{
                f"word/{name}.xml": f'<w:{name[:3]} xmlns:w="{WORD}">{inner}</w:{name[:3]}>'
                for name, inner in margins.items()
            },
        }
    )


def paragraph(text: str, style: str = "") -> str:
    """Return a Word paragraph."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def zipped(members: Mapping[str, bytes | str], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(members: Mapping[str, bytes | str], *extra: tarfile.TarInfo, packed: bool = False) -> bytes:
    """Return a tar archive; `extra` are members without content, such as links."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            raw = data.encode() if isinstance(data, str) else data
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
        for info in extra:
            archive.addfile(info)
    return gzip.compress(buffer.getvalue()) if packed else buffer.getvalue()


def notebook() -> str:
    """Return a notebook with a prose cell, a code cell with outputs, and a picture."""
    return json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "metadata": {}, "source": ["# Study\n", "\n", "Some words."]},
                {
                    "cell_type": "code",
                    "execution_count": 1,
                    "metadata": {},
                    "outputs": [
                        {"name": "stdout", "output_type": "stream", "text": ["answer 42\n"]},
                        {
                            "data": {"image/png": "iVBORw0KGgo=", "text/plain": ["<Figure>"]},
                            "output_type": "display_data",
                        },
                    ],
                    "source": ["x = 42\n", "print('answer', x)"],
                },
            ],
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
        },
        indent=1,
    )


MAIL = """\
From: =?utf-8?b?0JDQvdC90LA=?= <anna@example.org>
To: bo@example.org
Subject: Plans for
 the garden
Date: Fri, 02 Jan 2026 03:04:05 +0000
Message-ID: <1@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=XX

--XX
Content-Type: multipart/alternative; boundary=YY

--YY
Content-Type: text/plain; charset=utf-8

Tomatoes go south.
Beans go north.
--YY
Content-Type: text/html

<p>Tomatoes go south.</p>
--YY--
--XX
Content-Type: text/csv; name=seeds.csv
Content-Disposition: attachment; filename=seeds.csv
Content-Transfer-Encoding: base64

bmFtZSxjb3VudApiZWFuLDEyCg==
--XX
Content-Type: image/png
Content-Disposition: attachment; filename="../../photo.png"
Content-Transfer-Encoding: base64

iVBORw0KGgoAAAANSUhEUg==
--XX--
"""


def every_format() -> dict[str, bytes]:
    """Return one small file of each format by name."""
    return {
        "a.txt": b"plain words\nsecond line\n",
        "a.md": b"---\ntitle: T\n---\n# H\n\nwords\n",
        "a.rst": b"Title\n=====\n\nwords\n",
        "a.html": b"<html><head><title>T</title></head><body><h1>H</h1><p>words<table><tr><td>a<td>b</table></body>",
        "a.pdf": pdf("first page", "second page", title="T"),
        "a.docx": docx(paragraph("Head", "Heading1") + paragraph("words"), title="T"),
        "a.csv": b'name,note\nbean,"two\nlines"\npea,green\n',
        "a.json": b'{"a": {"b": [1, 2, {"c": "text \\ud83d\\ude00"}]}, "d": null}',
        "a.jsonl": b'{"a": 1}\n{"a": 2}\n',
        "a.ipynb": notebook().encode(),
        "a.eml": MAIL.encode(),
        "a.mbox": b"From x Thu Jan  1 00:00:00 2026\nSubject: one\n\nbody\n\nFrom y Thu Jan  1 00:00:00 2026\n"
        b"Subject: two\n\nbody\n",
        "a.py": b"def f():\n    return 1\n",
        "a.zip": zipped({"in/a.txt": "words", "in/b.zip": zipped({"c.md": "# C"})}),
        "a.tar": tarred({"in/a.txt": "words"}),
        "a.tgz": tarred({"in/a.txt": "words"}, packed=True),
    }
