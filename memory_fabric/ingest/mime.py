"""What a file is: by its bytes first, by its name only among kinds of text."""

from __future__ import annotations

import io
import re
import zipfile
from os.path import basename, splitext

from memory_fabric.ingest.file_types import (
    ENDING_LANGUAGE,
    ENDING_MIME,
    INTERPRETER_LANGUAGE,
    LANGUAGE_MIME,
    MAGIC,
    NAME_LANGUAGE,
    RIFF_MIME,
)
from memory_fabric.ingest.readers.east_asian import wide_encoding

__all__ = ["BINARY", "HEAD_BYTES", "detect", "is_binary", "programming_language"]

BINARY = "application/octet-stream"
"""Type of what is neither text nor a known format."""

HEAD_BYTES = 8192
"""Bytes that decide the type of a text, and whether it is one."""

_MAX_CONTROL_SHARE = 0.02
"""Share of control characters beyond which bytes are no text; terminal logs stay below it, random bytes have 10 %."""

_TEXT_BYTES = bytes({7, 8, 9, 10, 12, 13, 27} | set(range(0x20, 0x100)) - {0x7F})
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_FIRST_BYTES = frozenset(mark[0] for offset, mark, _ in MAGIC if offset == 0)
_TEXTUAL_MAGIC = frozenset({"application/pdf", "application/rtf", "application/zip"})
"""Formats that may hold no binary byte; any other mark made of letters could begin a text."""

_OFFSET_MAGIC = tuple(entry for entry in MAGIC if entry[0])

_SHEBANG = re.compile(rb"#![ \t]*(?:\S*/)?env[ \t]+(?:-\S+[ \t]+)*(?:\S*/)?([\w.+-]+)|#![ \t]*(?:\S*/)?([\w.+-]+)")
# INVARIANT: no pattern tries one byte in two ways; `re` holds the interpreter lock, and a slow match stops every thread
_HTML = re.compile(
    rb"\s*+(?:<!--(?:[^-]|-(?!->))*+-->\s*+)*+<(?:!doctype\s++html|html|head|body)\b", re.IGNORECASE
)  # a comment ends at its first `-->`
_XML = re.compile(rb"\s*+<\?xml\s")
_MAIL = re.compile(
    rb"(?:(?:Return-Path|Received|Delivered-To|Date|From|To|Subject|Message-ID|MIME-Version|X-[\w-]++):[^\n]*+\n"
    rb"(?:[ \t][^\n]*+\n)*+){3}",
    re.IGNORECASE,
)
_MBOX = re.compile(rb"From \S++ ([^\n]*+)\n[\w-]++:")
_YEAR = re.compile(rb"\d{4}")
_CPLUSPLUS = re.compile(
    rb"^[^\S\n]*+(?:class\s++\w|namespace\s++[\w:]*+\s*+\{|template\s*+<|using\s++\w|public:|private:)", re.MULTILINE
)
_PHP = re.compile(rb"\s*+<\?php\b")


def detect(path: str, head: bytes) -> str:
    """Return the media type of a source.

    Args:
        path: Its name or path: tells Markdown from CSV, never a picture from a text.
        head: Its first bytes, at least `HEAD_BYTES` of them where there are as many; for a zip archive all of them,
            or its inner layout cannot be told. Of anything else no more than `HEAD_BYTES` is looked at.
    """
    if (magic := _by_magic(head)) is not None:
        return _by_zip_layout(head) if magic == "application/zip" else magic
    head = head[:HEAD_BYTES]
    if is_binary(head):
        return BINARY
    ending = splitext(path)[1].lower()
    if (known := ENDING_MIME.get(ending)) is not None:
        return known
    if language := programming_language(path, head):
        return LANGUAGE_MIME.get(language) or f"text/x-{language}"
    return _by_text(head)


def is_binary(head: bytes) -> bool:
    """Return whether the bytes are no text in any encoding that is read here."""
    sample = head[:HEAD_BYTES]
    if sample.startswith(_WIDE_MARKS):
        return False
    is_odd = b"\x00" in sample or len(sample.translate(None, _TEXT_BYTES)) > len(sample) * _MAX_CONTROL_SHARE
    return is_odd and not wide_encoding(sample)


def programming_language(path: str, head: bytes) -> str:
    """Return the language of code or configuration, such as `python` or `yaml`; empty for anything else.

    Args:
        path: Name or path of the source.
        head: Its first bytes; must be text.
    """
    head = head[:HEAD_BYTES]
    name = basename(path).lower()
    ending = splitext(name)[1]
    if found := NAME_LANGUAGE.get(name):
        return found
    if found := ENDING_LANGUAGE.get(ending):
        is_cplusplus = ending == ".h" and _CPLUSPLUS.search(head)
        return "cpp" if is_cplusplus else found
    if name.startswith(("dockerfile.", "makefile.")):
        return name.partition(".")[0].removesuffix("file") if name[0] == "m" else "dockerfile"
    if ending in {".html", ".htm", ".xhtml"}:
        return "html"
    return _by_first_line(head) if ending not in ENDING_MIME else ""


def _by_first_line(head: bytes) -> str:
    if head.startswith(b"#!") and (found := _SHEBANG.match(head, 0, 256)):
        name = (found[1] or found[2]).decode("ascii", "replace").lower()
        return INTERPRETER_LANGUAGE.get(name) or INTERPRETER_LANGUAGE.get(name.rstrip("0123456789."), "")
    return "php" if _PHP.match(head) else ""


def _by_magic(head: bytes) -> str | None:
    if head and head[0] in _FIRST_BYTES:
        for offset, mark, mime in MAGIC:
            if head.startswith(mark, offset) and (mime in _TEXTUAL_MAGIC or not mark.isascii() or is_binary(head)):
                return mime
    if head.startswith(b"RIFF"):
        return RIFF_MIME.get(head[8:12], BINARY)
    if head.startswith(b"MZ") and b"\x00" in head[:HEAD_BYTES]:
        return "application/x-msdownload"
    if head.startswith(b"BM") and head[6:10] == b"\x00\x00\x00\x00":
        return "image/bmp"
    for offset, mark, mime in _OFFSET_MAGIC:
        if head.startswith(mark, offset) and b"\x00" in head[:512]:
            return mime
    return None


def _by_text(head: bytes) -> str:
    if _HTML.match(head):
        return "text/html"
    if _XML.match(head):
        return "text/xml"
    if (first := _MBOX.match(head)) is not None and _YEAR.search(first[1]):
        return "application/mbox"
    if _MAIL.match(head):
        return "message/rfc822"
    return "text/plain"


_ZIP_MARKS = (
    ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)


def _by_zip_layout(data: bytes) -> str:
    # OpenDocument and EPUB begin with an uncompressed entry `mimetype` that holds the type
    if data[30:38] == b"mimetype":
        length = int.from_bytes(data[18:22], "little")
        kind = data[38 : 38 + min(length, 100)]
        if re.fullmatch(rb"[\w.+-]+/[\w.+-]+", kind):
            return kind.decode("ascii")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except Exception:  # a broken archive is told by its reader, with the reason
        return "application/zip"
    if "[Content_Types].xml" in names:
        for mark, mime in _ZIP_MARKS:
            if mark in names:
                return mime
    if "META-INF/MANIFEST.MF" in names:
        return "application/java-archive"
    return "application/zip"
